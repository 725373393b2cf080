"""The log beside its reaches, in one run: ratios where it can, because the machine is whatever it is.

    DATABASE_URL=postgres://postgres@127.0.0.1:5432/postgres python -m bench.log [--only changes]

`changes`: audited changes beside the same ones without audit. `drain`: leaves per second from a backlog.
`idle`: how long an event waits for its leaf while somebody's transaction stays open. `proofs`: inclusion
proofs and tiles of a large log. Without DATABASE_URL an embedded PostgreSQL is used, durable.
"""

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from statistics import median, quantiles
from typing import Any

import psycopg

from bench import changes, stage
from bench.filling import add_events

LEAST_OF_PLAIN = 0.7
LEAST_LEAVES = 40_000
"""Per second."""
LONGEST_DELAY = 1.0
"""Seconds."""
SLOWEST_PROOF = 0.020
"""Seconds, at the 95th percentile."""


def compare_changes(login: dict[str, Any], ours: Mapping[str, str], args: argparse.Namespace) -> None:
    """One service that changes a row, with its event and guards and without; the sequencer beside it."""
    ratios, used = [], []
    with stage.database(login) as bare, sequencer(ours):
        plain, audited = changes.Side(bare, audited=False), changes.Side(ours, audited=True)
        changes.take_guards_off(login, plain.name)
        for side in (plain, audited):
            side.prepare(args.clients)
            side.run(args.clients, 1.0)
        for _ in range(args.rounds):
            below = plain.run(args.clients, args.seconds)
            above = audited.run(args.clients, args.seconds)
            took = until(grown(login, audited.name))
            ratios.append(above.per_second / below.per_second)
            used.append(below.processor / above.processor)
            print(
                f"  plain {below.per_second:6.0f}/s {below.processor * 1e6:.0f} us,"
                f" audited {above.per_second:6.0f}/s {above.processor * 1e6:.0f} us, ratio {ratios[-1]:.2f};"
                f" the tree was there {took:.2f} s after the last"
            )
    print(
        f"audited changes, {args.clients} clients: {median(ratios):.2f}x of plain"
        f" (at least {LEAST_OF_PLAIN}); by processor time alone {median(used):.2f}x\n"
    )


def measure_drain(login: dict[str, Any], ours: Mapping[str, str], args: argparse.Namespace) -> None:
    """The sequencer's own loop over a backlog, with nothing else going on."""
    from audit.log import growing
    from audit.trail import sequencer

    passes = sequencer.Passes()
    passes.one()  # connects
    add_events(login, changes.name_of(ours), args.pending)
    places = leaves = 0.0
    began, used = time.perf_counter(), changes.processor_seconds()
    while True:
        at = time.perf_counter()
        moved = passes.one()
        between = time.perf_counter()
        grew = growing.grow()
        places, leaves = places + between - at, leaves + time.perf_counter() - between
        if not moved and not grew:
            break
    took, used = time.perf_counter() - began, changes.processor_seconds() - used
    print(
        f"drain of {args.pending:,} events: {args.pending / took:,.0f} leaves/s (at least {LEAST_LEAVES:,}),"
        f" by processor time alone {args.pending / used:,.0f}/s;"
        f" places {places:.1f} s, tree {leaves:.1f} s\n"
    )


def measure_idle(login: dict[str, Any], ours: Mapping[str, str], args: argparse.Namespace) -> None:
    """From an event's commit to its leaf, while a transaction with an id and a snapshot stays open.

    Also when much has passed through the queue meanwhile, which cannot be vacuumed before that one ends.
    """
    name = changes.name_of(ours)
    with sequencer(ours):
        _delay(login, name)  # it has started
        for where, database, passed in (
            ("nobody", None, 0),
            ("another database", "postgres", 0),
            ("the same database", name, 0),
            (f"the same database, {args.passed:,} events ago", name, args.passed),
        ):
            with idle(login, database):
                add_events(login, name, passed)
                until(grown(login, name))
                delays = [_delay(login, name) for _ in range(args.events)]
            print(
                f"  idle in {where}: a leaf after p50 {median(delays):.3f} s, at most {max(delays):.3f} s"
                f" (below {LONGEST_DELAY:.0f} s)"
            )
    print()


def _delay(login: dict[str, Any], name: str) -> float:
    """Seconds from the commit of one event to its leaf; nothing else may be on its way."""
    with psycopg.connect(**login, dbname=name, autocommit=True) as watcher:
        before = _leaves(watcher)
        add_events(login, name, 1)
        return until(lambda: _leaves(watcher) > before)


def _leaves(connection: "psycopg.Connection[Any]") -> int:
    row = connection.execute("SELECT sum(size) FROM audit_log").fetchone()
    return int(row[0]) if row else 0


def measure_proofs(login: dict[str, Any], ours: Mapping[str, str], args: argparse.Namespace) -> None:
    """What the page of an event reads, from its id on; each proof is checked, outside the clock."""
    from audit.log import growing
    from audit.trail import sequencer
    from bench import proofs

    name = changes.name_of(ours)
    missing = args.leaves - proofs.size()
    if missing > 0:
        add_events(login, name, missing)
        while sequencer.integrate_all() or growing.grow():
            pass
    for what, limit, took in (
        ("inclusion proofs", SLOWEST_PROOF, proofs.inclusions(args.proofs)),
        ("consistency proofs", None, proofs.consistencies(args.proofs)),
        ("tiles", None, proofs.tiles(args.proofs)),
        ("tiles of entries", None, proofs.entries(args.proofs // 4)),
    ):
        wanted = f" (at most {limit * 1e3:.0f})" if limit else ""
        print(
            f"{what} at {proofs.size():,} leaves: p50 {median(took) * 1e3:.2f} ms,"
            f" p95 {quantiles(took, n=100)[94] * 1e3:.2f} ms{wanted}"
        )


@contextlib.contextmanager
def sequencer(environment: Mapping[str, str]) -> Iterator[None]:
    command = [sys.executable, str(stage.ROOT / "manage.py"), "sequencer"]
    with stage.started(command, {**environment, "COUNTERSIGN_PROCESS": "sequencer"}):
        yield


@contextlib.contextmanager
def idle(login: dict[str, Any], database: str | None) -> Iterator[None]:
    """A transaction that has begun to write and does nothing more."""
    if database is None:
        yield
        return
    with psycopg.connect(**login, dbname=database) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("SELECT pg_current_xact_id()")
        yield
        connection.rollback()


def grown(login: dict[str, Any], name: str) -> Callable[[], bool]:
    """Asks whether every event is a leaf. The events counted are those of now."""
    connection = psycopg.connect(**login, dbname=name, autocommit=True)
    row = connection.execute("SELECT count(*) FROM audit_event").fetchone()
    wanted = row[0] if row else 0

    def ask() -> bool:
        if _leaves(connection) < wanted:
            return False
        connection.close()
        return True

    return ask


def until(asked: Callable[[], bool], patience: float = 120.0) -> float:
    """Seconds until the answer is yes."""
    began = time.perf_counter()
    while not asked():
        if time.perf_counter() - began > patience:
            raise TimeoutError(f"not within {patience:.0f} s")
        time.sleep(0.002)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=["changes", "drain", "idle", "proofs"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--pending", type=int, default=400_000)
    parser.add_argument(
        "--events", type=int, default=20, help="measured one by one beside an idle transaction"
    )
    parser.add_argument("--passed", type=int, default=200_000, help="through the queue beside it")
    parser.add_argument("--leaves", type=int, default=1_000_000)
    parser.add_argument("--proofs", type=int, default=2_000)
    args = parser.parse_args()
    parts = {
        "changes": compare_changes,
        "drain": measure_drain,
        "idle": measure_idle,
        "proofs": measure_proofs,
    }
    with contextlib.ExitStack() as stack:
        login = stack.enter_context(stage.server())
        ours = stack.enter_context(stage.database(login))
        # This process gives places and adds leaves, as only the sequencer's login may.
        os.environ.update({**ours, "COUNTERSIGN_PROCESS": "sequencer"})
        import django

        django.setup()
        for name, part in parts.items():
            if args.only in (None, name):
                part(login, ours, args)


if __name__ == "__main__":
    main()
