"""Claims beside each other and beside a floor, in one run: ratios, because the machine is whatever it is.

    DATABASE_URL=postgres://postgres@127.0.0.1:5432/postgres python -m bench.claims [--only cycle]

`--only latency`: p50 of a claim with 1 thousand and 1 million waiting, and with 50,000 snoozed or own-judged
rows at the head. `cycle`: claim and judgement over HTTP against a bare SKIP LOCKED claim and an insert view.
`race`: fifty threads, two thousand items. Without DATABASE_URL an embedded PostgreSQL is used, durable.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from typing import Any

import orjson
import psycopg

from bench import clients, stage
from bench.intake import PREDICTION, SET_UP

TOKENS = """
import django; django.setup()
from django.utils import timezone
from audit.trail.actors import OPERATOR
from governance.access import credentials, selectors, services
now = timezone.now()
for n in range({count}):
    person = services.create_person(email=f"reviewer{{n}}@example.org", name=f"R {{n}}",
        password="correct horse battery staple", actor=OPERATOR, now=now)
    everywhere = selectors.everywhere().pk
    services.grant(person_id=person.pk, role="reviewer", scope_id=everywhere, actor=OPERATOR, now=now)
    _, secret = credentials.create_token(person_id=person.pk, name="bench", actor=OPERATOR, now=now)
    print(person.pk, secret)
"""
GUARDS = ("audit_guard", "audit_no_change", "audit_no_truncate", "audit_complete")
FILL = """
WITH fresh AS (
    INSERT INTO reviews_reviewitem (id, event_version, prediction_id, model_id, queue_id, state, round,
        blocks, selected_by_routing, reasons, priority, reviewers, routed_at, due_at, sort_at, snoozed_until)
    SELECT gen_random_uuid(), 0, gen_random_uuid(), gen_random_uuid(), %(queue)s, %(state)s, 1, true, true,
        '{LOW_CONFIDENCE}', 50, 1, at, at + interval '4 hours', at, %(until)s
    FROM (SELECT now() - %(age)s * interval '1 day' + n * interval '1 ms' AS at
          FROM generate_series(1, %(count)s) n) n
    RETURNING id, sort_at
), kept AS (
    INSERT INTO reviews_exclusion (item_id, person_id, why, at)
    SELECT id, %(person)s, 'judged', now() FROM fresh WHERE %(lane)s = 1
)
INSERT INTO reviews_slot (item_id, n, queue_id, lane, sort_at, open, token)
SELECT id, 1, %(queue)s, %(lane)s, sort_at, %(state)s = 'waiting', 0 FROM fresh
"""


def latency(environment: Mapping[str, str], owner: Callable[[], Any], args: argparse.Namespace) -> None:
    """Claims of one person on four queues in turn; each given slot is taken away, outside the clock."""
    from django.utils import timezone

    from audit.trail.actors import OPERATOR
    from governance.access.models import Person
    from reviews.queue.models import Queue, Slot
    from reviews.queue.services import Taken, claim, create_queue

    system = Queue.objects.select_related("system").get(slug="bench-inbox").system
    person = Person.objects.get(email="reviewer0@example.org")
    queues = {
        name: create_queue(slug=name, name=name, system=system, actor=OPERATOR, now=timezone.now())
        for name in ("thousand", "million", "snoozed", "judged")
    }
    with owner() as connection:
        fill = partial(_fill, connection, person.pk)
        fill(queues["thousand"].pk, 1_000 + args.claims)
        fill(queues["million"].pk, args.waiting)
        for name, state, lane in (("snoozed", "snoozed", 0), ("judged", "waiting", 1)):
            fill(queues[name].pk, 50_000, state=state, lane=lane, age=2)
            fill(queues[name].pk, 1_000 + args.claims)
        connection.execute("VACUUM ANALYZE reviews_slot, reviews_reviewitem, reviews_exclusion")
    took: dict[str, list[float]] = {name: [] for name in queues}
    for turn in range(args.claims):
        for name, queue in queues.items():
            began = time.perf_counter()
            taken = claim(queue_ids=[queue.pk], actor=person, now=timezone.now())
            took[name].append(time.perf_counter() - began)
            assert isinstance(taken, Taken)
            Slot.objects.filter(pk=taken.lease.slot_id).delete()
        if turn == 50:  # the first ones plan and fill caches
            took = {name: [] for name in queues}
    p50 = {name: median(each) for name, each in took.items()}
    for name, seconds in p50.items():
        print(f"  claim, {name:9}: p50 {seconds * 1e3:.2f} ms")
    print(f"1 thousand to {args.waiting:,} waiting: {p50['million'] / p50['thousand']:.2f}x (at most 1.30)")
    for name in ("snoozed", "judged"):
        print(f"50,000 {name} at the head: {p50[name] / p50['thousand']:.2f}x (at most 2.00)")


def _fill(connection: Any, person: Any, queue: Any, count: int, *, state: str = "waiting", lane: int = 0,
          age: int = 1) -> None:  # fmt: skip
    until = "2100-01-01T00:00:00Z" if state == "snoozed" else None
    connection.execute(
        FILL,
        {
            "queue": queue, "count": count, "state": state, "lane": lane, "age": age, "person": person,
            "until": until,
        },
    )  # fmt: skip


def race(owner: Callable[[], Any], args: argparse.Namespace) -> None:
    """Fifty people, two thousand items: nothing twice, nothing left."""
    from django.db import connections, transaction
    from django.utils import timezone

    from audit.trail.actors import OPERATOR
    from governance.access.models import Person
    from reviews.queue import moves
    from reviews.queue.models import Queue, Slot
    from reviews.queue.services import Nothing, claim, create_queue

    system = Queue.objects.select_related("system").get(slug="bench-inbox").system
    queue = create_queue(slug="race", name="race", system=system, actor=OPERATOR, now=timezone.now())
    with owner() as connection:
        _fill(connection, None, queue.pk, 2_000)
    people = list(Person.objects.filter(email__startswith="reviewer"))[:50]

    def work(person: Any) -> list[Any]:
        got: list[Any] = []
        try:
            while True:
                taken = claim(queue_ids=[queue.pk], actor=person, now=timezone.now())
                if isinstance(taken, Nothing):
                    if taken.why == "empty":
                        return got
                    continue
                got.append(taken.item.pk)
                with transaction.atomic():
                    moves.lock(taken.item.pk)
                    Slot.objects.filter(pk=taken.lease.slot_id).delete()
        finally:
            connections.close_all()

    began = time.perf_counter()
    with ThreadPoolExecutor(50) as pool:
        given = Counter(item for got in pool.map(work, people) for item in got)
    seconds = time.perf_counter() - began
    double = sum(1 for times in given.values() if times > 1)
    print(
        f"50 threads, 2,000 items in {seconds:.1f} s: {double} double, "
        f"{2_000 - len(given)} unserved (0 and 0 wanted)"
    )


def cycle(
    floor: Callable[[int, float], float], ours: Callable[[int, float], float], args: argparse.Namespace
) -> None:
    for count in (1, 4):
        ratios = []
        for _ in range(args.rounds):
            below, above = floor(count, args.seconds), ours(count, args.seconds)
            ratios.append(above / below)
            print(f"  {count} reviewers: floor {below:5.0f}/s, ours {above:5.0f}/s, ratio {ratios[-1]:.2f}")
        print(f"claim + judgement, {count} reviewers: {median(ratios):.2f}x of the floor (at least 0.50)\n")


def _our_cycle(connection: clients.Connection, authorization: str) -> None:
    ask = partial(clients.request, "POST", authorization=authorization)
    status, raw = connection.ask(ask("/api/v1/queues/bench-inbox/claim", b"{}"))
    assert status == 200, raw
    given = _members(raw)
    body = {
        "token": given["lease"]["token"],
        "submission_id": str(uuid.uuid4()),
        "output": {"label": "ok"},
        "reasons": ["wrong_label"],
    }
    path = f"/api/v1/reviews/{given['review']['id']}/judgement"
    status, raw = connection.ask(ask(path, orjson.dumps(body)))
    assert status == 201, raw


def _floor_cycle(connection: clients.Connection, authorization: str) -> None:
    ask = partial(clients.request, "POST", authorization=authorization)
    status, raw = connection.ask(ask("/claim", b"{}"))
    assert status == 200, raw
    task = _members(raw)["task"]
    status, raw = connection.ask(ask("/answers", orjson.dumps({"task": task, "output": {"label": "ok"}})))
    assert status == 201, raw


def _members(raw: bytes) -> Any:
    """The object in a body that may still be chunked: the client does as little as it can."""
    return json.loads(raw[raw.index(b"{") : raw.rindex(b"}") + 1])


def _rate(
    port: int,
    authorizations: list[str],
    one: Callable[[clients.Connection, str], None],
    count: int,
    seconds: float,
) -> float:
    """Cycles per second of so many clients, each a process with a connection."""
    context = multiprocessing.get_context("fork")
    answers: Any = context.Queue()
    begin = context.Barrier(count)

    def work(authorization: str) -> None:
        connection = clients.Connection(port)
        done, began = 0, 0.0
        begin.wait()
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            one(connection, authorization)
            done += 1
        answers.put(done / (time.perf_counter() - began))

    processes = [
        context.Process(target=work, args=(authorizations[n % len(authorizations)],)) for n in range(count)
    ]
    for process in processes:
        process.start()
    total = sum(answers.get(timeout=seconds + 60) for _ in processes)
    for process in processes:
        process.join()
    return float(total)


@contextlib.contextmanager
def servers(stack: contextlib.ExitStack, login: dict[str, Any], ours: dict[str, str], key: str,
            tokens: list[str]) -> Iterator[tuple[Any, Any]]:  # fmt: skip
    """The floor's and our web processes, with enough to claim in both."""
    floor = stack.enter_context(stage.floor_database(login))
    floor |= {"DJANGO_SETTINGS_MODULE": "bench.queue_floor.settings"}
    stage.run(["-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"], floor)
    fill = (
        "import django; django.setup()\nfrom bench.queue_floor.models import Task\n"
        f"Task.objects.bulk_create([Task(body={PREDICTION!r}) for _ in range(40_000)], batch_size=5_000)"
    )
    stage.run(["-c", fill], floor)
    floor_port = stack.enter_context(stage.web("bench.queue_floor.wsgi:application", floor))
    our_port = stack.enter_context(
        stage.web("config.wsgi:application", ours | {"COUNTERSIGN_PROCESS": "web"})
    )
    connection = clients.Connection(our_port)
    for batch in range(4):
        lines = b"\n".join(
            orjson.dumps(PREDICTION | {"external_id": f"{batch}-{n}", "confidence": 0.61})
            for n in range(5_000)
        )
        asked = clients.request(
            "POST", "/api/v1/predictions", lines, authorization=f"Bearer {key}", kind="application/x-ndjson"
        )
        assert connection.ask(asked)[0] == 200
    yield (
        partial(_rate, floor_port, [f"Token {floor['FLOOR_TOKEN']}"], _floor_cycle),
        partial(_rate, our_port, [f"Bearer {token}" for token in tokens], _our_cycle),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=["latency", "cycle", "race"])
    parser.add_argument("--waiting", type=int, default=1_000_000)
    parser.add_argument("--claims", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        login = stack.enter_context(stage.server())
        ours = stack.enter_context(stage.database(login))
        key = stage.run(["-c", SET_UP], ours).strip()
        made = stage.run(["-c", TOKENS.format(count=50)], ours)
        tokens = [line.split()[1] for line in made.splitlines()]
        if args.only in (None, "cycle"):
            below, above = stack.enter_context(servers(stack, login, ours, key, tokens))
            below(2, 1.0)
            above(2, 1.0)
            cycle(below, above, args)
        if args.only != "cycle":
            in_process(login, ours, args)


def in_process(login: dict[str, Any], ours: dict[str, str], args: argparse.Namespace) -> None:
    """The parts that call the services themselves."""
    os.environ.update(ours)
    import django

    django.setup()
    from django.conf import settings

    @contextlib.contextmanager
    def owner() -> Iterator[Any]:
        name = settings.DATABASES["default"]["NAME"]
        with psycopg.connect(**login, dbname=name, autocommit=True) as connection:
            connection.execute("ALTER TABLE reviews_reviewitem DISABLE TRIGGER USER")
            yield connection
            for guard in GUARDS:
                connection.execute(f"ALTER TABLE reviews_reviewitem ENABLE ALWAYS TRIGGER {guard}".encode())

    if args.only in (None, "race"):
        race(owner, args)
    if args.only in (None, "latency"):
        latency(ours, owner, args)


if __name__ == "__main__":
    main()
