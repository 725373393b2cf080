"""config.postgresql.base.Pool: the connections of web processes."""

import time
from collections.abc import Iterator

import psycopg
import pytest

from config.postgresql.base import Pool
from tests.servers import Server


@pytest.fixture
def pool(database_server: Server) -> Iterator[Pool]:
    with Pool(kwargs={**database_server.login, "dbname": "postgres"}, min_size=6, max_size=8) as pool:
        pool.wait(20)
        yield pool


def test_gives_a_live_connection_at_once_although_every_one_in_it_is_dead(
    pool: Pool, database_server: Server
) -> None:
    held = [pool.getconn() for _ in range(6)]
    pids = [connection.info.backend_pid for connection in held]
    for connection in held:
        pool.putconn(connection)
    with psycopg.connect(**database_server.login, dbname="postgres", autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) AS pid", [pids])
    began = time.monotonic()

    with pool.connection() as connection:
        answer = connection.execute("SELECT pg_backend_pid()").fetchone()

    assert answer
    assert answer[0] not in pids
    # The pool's own check would wait one second after the first, two after the second, half a minute in all.
    assert time.monotonic() - began < 10
