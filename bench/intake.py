"""Intake beside the floor, in one run: ratios, because the machine is whatever it is.

    DATABASE_URL=postgres://postgres@127.0.0.1:5432/postgres python -m bench.intake

Without DATABASE_URL an embedded PostgreSQL is used, with fsync and synchronous_commit on.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from statistics import median

import orjson

from bench import clients, stage

SET_UP = """
import django; django.setup()
from django.utils import timezone
from audit.trail.actors import OPERATOR
from governance.access import credentials
from registry.catalog import services as catalog
from registry.catalog.reading import NewVersion
from registry.systems import services as systems
from reviews.routing import services as routing
now = timezone.now()
schema = {"type": "object", "properties": {"label": {"enum": ["fraud", "ok"]}}, "required": ["label"]}
system = systems.register(actor=OPERATOR, slug="bench", name="Bench", now=now)
model = catalog.register_model(actor=OPERATOR, system_id=system.pk, slug="fraud-screen",
    task="classification", output_schema=schema, now=now)
catalog.register_version(model_id=model.pk, actor=OPERATOR, version=NewVersion("3.2.0"), now=now)
policy = routing.draft(model_id=model.pk, actor=OPERATOR, body={"queue": "bench-inbox", "threshold": 0.85,
    "qa_rate": 0.02}, now=now)
routing.publish(policy_id=policy.pk, actor=OPERATOR, now=now)
key, secret = credentials.create_key(name="bench", scopes=["predictions:write"], actor=OPERATOR, now=now)
print(secret)
"""

REVIEWED_EVERY = 10
"""One prediction of so many is uncertain: it gets a review."""
PREDICTION = {
    "model": "fraud-screen",
    "version": "3.2.0",
    "input": {"amount": 1200.5, "merchant": "Corner shop", "country": "DE", "hour": 14, "items": [1, 2, 3]},
    "output": {"label": "fraud"},
}


def body(name: str, confidence: float) -> bytes:
    return orjson.dumps(PREDICTION | {"external_id": name, "confidence": confidence})


def single(authorization: str, name: str) -> bytes:
    uncertain = int(name.rsplit("-", 1)[1]) % REVIEWED_EVERY == 0
    raw = body(name, 0.61 if uncertain else 0.97)
    return clients.request("POST", "/api/v1/predictions", raw, authorization=authorization)


def compare_single(
    floor: Callable[[int, float], clients.Measured],
    ours: Callable[[int, float], clients.Measured],
    args: argparse.Namespace,
) -> None:
    for count in (1, 8):
        ratios = []
        for _ in range(args.rounds):
            below, above = floor(count, args.seconds), ours(count, args.seconds)
            assert not below.failed, f"{below.failed} posts to the floor failed"
            assert not above.failed, f"{above.failed} posts to us failed"
            ratios.append(above.per_second / below.per_second)
            print(
                f"  {count} clients: floor {below.per_second:6.0f}/s p95 {below.percentile(95) * 1e3:.1f} ms,"
                f" ours {above.per_second:6.0f}/s p95 {above.percentile(95) * 1e3:.1f} ms,"
                f" ratio {ratios[-1]:.2f}"
            )
        print(f"single POST, {count} clients: {median(ratios):.2f}x of the floor (at least 0.60)\n")


def batch(authorization: str, lines: int, name: str) -> bytes:
    raw = b"\n".join(body(f"{name}-{n}", 0.61 if n % REVIEWED_EVERY == 0 else 0.97) for n in range(lines))
    return clients.request(
        "POST", "/api/v1/predictions", raw, authorization=authorization, kind="application/x-ndjson"
    )


def measure_batches(
    port: int, authorization: str, environment: Mapping[str, str], args: argparse.Namespace
) -> None:
    """Per second by the clock; and by processor time, which says what an idle machine would give."""
    for count, lines in ((1, 5_000), (2, 5_000), (2, 10_000), (4, 2_000)):
        rates, web, database, stored = [], 0.0, 0.0, 0
        for _ in range(args.rounds):
            before = stage.processor_seconds(port, environment)
            make = partial(batch, authorization, lines)
            seen = clients.run(count, port, make, seconds=args.seconds, status=200)
            after = stage.processor_seconds(port, environment)
            assert not seen.failed, f"{seen.failed} batches failed"
            # The time to make a batch is the client's own and is not counted.
            rates.append(count * lines / (sum(seen.latencies) / len(seen.latencies)))
            stored += lines * len(seen.latencies)
            web, database = web + after[0] - before[0], database + after[1] - before[1]
        each = (web + database) / stored
        print(
            f"NDJSON, {count} clients, {lines} lines: {median(rates):8.0f} predictions/s (at least 12,000);"
            f" processor {web / stored * 1e6:.0f} us web + {database / stored * 1e6:.0f} us database"
            f" = {2 / each:.0f}/s on two cores"
        )
    print()


@contextlib.contextmanager
def waiters(port: int, authorization: str, count: int) -> Iterator[None]:
    """So many callers that wait for a pending prediction, in a process of their own."""
    connection = clients.Connection(port)
    _, answer = connection.ask(single(authorization, f"waited-for-{time.time_ns()}0"))
    path = f"/api/v1/predictions/{json.loads(answer)['id']}?wait=30"
    command = [sys.executable, "-m", "bench.waiters", str(port), authorization, path, str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        time.sleep(3)
        yield
    finally:
        process.terminate()
        process.wait()


def compare_waiting(port: int, authorization: str, args: argparse.Namespace) -> None:
    ratios = []
    run = partial(clients.run, 2, port, partial(single, authorization), seconds=args.seconds)
    for _ in range(args.rounds):
        alone = run()
        with waiters(port, authorization, 200):
            among = run()
        assert not among.failed, f"{among.failed} posts failed while others waited"
        ratios.append(among.percentile(95) / alone.percentile(95))
        print(
            f"  p95 of a POST alone {alone.percentile(95) * 1e3:.1f} ms,"
            f" beside 200 waiters {among.percentile(95) * 1e3:.1f} ms"
        )
    print(f"200 waiters: p95 of a POST {median(ratios):.2f}x (at most 2.00)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--only", choices=["single", "batch", "waiting"])
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        login = stack.enter_context(stage.server())
        floor = stack.enter_context(stage.floor_database(login))
        ours = stack.enter_context(stage.database(login))
        secret = stage.run(["-c", SET_UP], ours).strip()
        floor_port = stack.enter_context(stage.web("bench.floor.wsgi:application", floor))
        our_port = stack.enter_context(
            stage.web("config.wsgi:application", ours | {"COUNTERSIGN_PROCESS": "web"})
        )
        sequencer = [sys.executable, str(stage.ROOT / "manage.py"), "sequencer"]
        stack.enter_context(stage.started(sequencer, ours | {"COUNTERSIGN_PROCESS": "sequencer"}))
        below = partial(_single, floor_port, f"Token {floor['FLOOR_TOKEN']}")
        above = partial(_single, our_port, f"Bearer {secret}")
        below(2, 1.0)
        above(2, 1.0)
        if args.only in (None, "single"):
            compare_single(below, above, args)
        if args.only in (None, "batch"):
            measure_batches(our_port, f"Bearer {secret}", ours, args)
        if args.only in (None, "waiting"):
            compare_waiting(our_port, f"Bearer {secret}", args)


def _single(port: int, authorization: str, count: int, seconds: float) -> clients.Measured:
    return clients.run(count, port, partial(single, authorization), seconds=seconds)


if __name__ == "__main__":
    main()
