"""A trail with a log over it, the logins that attack it, and what an outsider kept of it."""

from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import transaction
from django.utils import timezone

from audit.log import growing
from audit.merkle import leaf_hash, root_hash
from audit.roles import roles_of
from audit.trail import sequencer
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from tests.servers import TestDatabase


def login(database: TestDatabase, role: str) -> "psycopg.Connection[Any]":
    """A connection as one of the logins, as `owner` (the migrator in its role) or as `superuser`."""
    if role == "superuser":
        return psycopg.connect(**database.login, dbname=database.name)
    names = roles_of(database.name)
    user = names.migrator if role == "owner" else getattr(names, role)
    it = psycopg.connect(
        **database.login | {"user": user, "password": database.password}, dbname=database.name
    )
    if role == "owner":
        it.execute(f'SET ROLE "{names.owner}"'.encode())
    return it


def write(count: int) -> None:
    """Events that are in the feed and in the tree."""
    with transaction.atomic():
        for n in range(count):
            trail.remark(
                kind="test.noted", actor=OPERATOR, entity_type="test", details={"n": n}, now=timezone.now()
            )
    sequencer.integrate_all()
    growing.grow()


@dataclass(frozen=True)
class Anchor:
    """What somebody outside kept: how large the tree was, and its root."""

    size: int
    root: bytes


def leaves(database: TestDatabase) -> list[bytes]:
    """Hashes of the events in the order of their places, from their bytes as they are now."""
    with login(database, "superuser") as it:
        rows = it.execute(
            "SELECT body FROM audit_position JOIN audit_event ON seq = ref WHERE feed = 1 ORDER BY n"
        ).fetchall()
    return [leaf_hash(bytes(body)) for (body,) in rows]


def anchor(database: TestDatabase) -> Anchor:
    """Keep what the tree is now."""
    found = leaves(database)
    return Anchor(len(found), root_hash(found))


def extends(database: TestDatabase, kept: Anchor) -> bool:
    """Whether what the database holds now begins with what was anchored."""
    found = leaves(database)
    return len(found) >= kept.size and root_hash(found[: kept.size]) == kept.root


def agrees_with_itself(database: TestDatabase) -> bool:
    """Whether the database's own tree says what its events say: all that one can see without an anchor."""
    with login(database, "superuser") as it:
        row = it.execute("SELECT size, root FROM audit_log WHERE number = 1").fetchone()
    assert row is not None
    found = leaves(database)
    return (row[0], bytes(row[1])) == (len(found), root_hash(found))
