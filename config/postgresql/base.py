"""Django's PostgreSQL backend, with three changes.

A pooled connection is looked at before use without a round trip; a database that cannot be reached has
its own exception, so that commands can say how to start it; and the owner's role is assumed only
where it exists, so that one login for everything works too.
"""

import select
import time
from typing import Any, ClassVar

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

from audit.unreachable import DatabaseUnreachable


class Pool(ConnectionPool["psycopg.Connection[Any]"]):
    """Gives no connection that the server has closed.

    The pool's own way, its `check`, waits a second after the first dead connection, two after the second and
    so on: a restart of the server would make requests wait until they fail.
    """

    def getconn(self, timeout: float | None = None) -> "psycopg.Connection[Any]":
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            connection = super().getconn(max(0.0, deadline - time.monotonic()))
            if not is_dead(connection):
                return connection
            connection.close()
            self.putconn(connection)  # which makes another in its place


def is_dead(connection: "psycopg.Connection[Any]") -> bool:
    """Whether the server has closed an idle connection: its socket is readable then.

    Asking the server instead would cost every request a round trip.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection of one thread, from the pool where there is one."""

    _connection_pools: ClassVar[dict[str, "ConnectionPool[Any]"]] = {}
    """Ours, but known to Django under this name, which closes them."""

    @property
    def pool(self) -> "ConnectionPool[Any] | None":
        """The process's pool of this alias. Opened at first use, so never before a fork."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        if self.alias not in self._connection_pools:
            # Two threads may both come here; the first one's pool is kept.
            self._connection_pools.setdefault(
                self.alias,
                Pool(
                    kwargs={**self.get_connection_params(), "autocommit": True},
                    open=False,
                    configure=self._configure_connection,  # type: ignore[attr-defined]
                    **options,
                ),
            )
        return self._connection_pools[self.alias]

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError as error:
            raise DatabaseUnreachable(str(error)) from error

    def _configure_role(self, connection: Any) -> bool:
        role = self.settings_dict["OPTIONS"].get("assume_role")
        if role is None:
            return False
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
            if cursor.fetchone() is None:
                return False
        return bool(super()._configure_role(connection))  # type: ignore[misc]
