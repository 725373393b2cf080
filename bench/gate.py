"""The gate beside a bare look-up, in one run: ratios, because the machine is whatever it is.

    DATABASE_URL=postgres://postgres@127.0.0.1:5432/postgres python -m bench.gate

Each answer is judged, signed and kept; the floor authenticates a token and reads one row by its key.
"""

import argparse
import contextlib
from functools import partial
from statistics import median

import orjson

from bench import clients, stage
from bench.intake import body

SLOWEST = 0.050
"""Seconds: the 95th percentile of the gate at one client."""
LEAST = 0.5
"""Of the floor."""
FIRST = 1
"""The key of the row that is looked up: the only one of the floor's database."""

VERSIONS = 5
"""So many are asked about at once; what they stand on is read again every second."""

SET_UP = """
import django; django.setup()
from django.utils import timezone
from audit.trail.actors import OPERATOR
from governance.access import credentials
from registry.catalog import services as catalog
from registry.catalog.reading import NewArtifact, NewVersion
from registry.systems import services as systems
now = timezone.now()
system = systems.register(actor=OPERATOR, slug="bench", name="Bench", now=now)
model = catalog.register_model(actor=OPERATOR, system_id=system.pk, slug="fraud-screen",
    task="classification", output_schema={"type": "object"}, now=now)
for n in range(50):
    files = [NewArtifact(f"file-{each}", "file:x", f"{n:032x}{each:032x}", 1) for each in range(3)]
    catalog.register_version(model_id=model.pk, actor=OPERATOR, now=now,
        version=NewVersion(f"3.{n}.0", artifacts=files))
key, secret = credentials.create_key(name="bench", scopes=["gate:read"], actor=OPERATOR, now=now)
print(secret)
"""


def question(authorization: str, name: str) -> bytes:
    """About one of a few versions, with a nonce and a context as pipelines send them."""
    number = int(name.rsplit("-", 1)[1]) % VERSIONS
    asked = {
        "model": "fraud-screen",
        "version": f"3.{number}.0",
        "environment": "production",
        "nonce": name,
        "context": {"tests": "green", "coverage": 0.93},
    }
    return clients.request("POST", "/api/v1/gate", orjson.dumps(asked), authorization=authorization)


def look_up(authorization: str, id_: int, name: str) -> bytes:
    return clients.request("GET", f"/api/v1/predictions/{id_}", authorization=authorization)


def compare(
    floor_port: int, token: str, our_port: int, secret: str, id_: int, args: argparse.Namespace
) -> None:
    for count in (1, 8):
        ratios, slowest = [], []
        for _ in range(args.rounds):
            below = clients.run(
                count, floor_port, partial(look_up, token, id_), seconds=args.seconds, status=200
            )
            above = clients.run(count, our_port, partial(question, secret), seconds=args.seconds, status=200)
            assert not below.failed, f"{below.failed} look-ups in the floor failed"
            assert not above.failed, f"{above.failed} questions to us failed"
            ratios.append(above.per_second / below.per_second)
            slowest.append(above.percentile(95))
            print(
                f"  {count} clients: floor {below.per_second:6.0f}/s p95 {below.percentile(95) * 1e3:.1f} ms,"
                f" gate {above.per_second:6.0f}/s p95 {slowest[-1] * 1e3:.1f} ms, ratio {ratios[-1]:.2f}"
            )
        print(
            f"POST /gate, {count} clients: {median(ratios):.2f}x of the floor (at least {LEAST:.2f}),"
            f" p95 {median(slowest) * 1e3:.1f} ms (below {SLOWEST * 1e3:.0f} at one client)\n"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        login = stack.enter_context(stage.server())
        floor = stack.enter_context(stage.floor_database(login))
        ours = stack.enter_context(stage.database(login))
        secret = f"Bearer {stage.run(['-c', SET_UP], ours).strip()}"
        token = f"Token {floor['FLOOR_TOKEN']}"
        floor_port = stack.enter_context(stage.web("bench.floor.wsgi:application", floor))
        our_port = stack.enter_context(
            stage.web("config.wsgi:application", ours | {"COUNTERSIGN_PROCESS": "web"})
        )
        posted = clients.request("POST", "/api/v1/predictions", body("looked-up", 0.9), authorization=token)
        status, _ = clients.Connection(floor_port).ask(posted)
        assert status == 201, status
        compare(floor_port, token, our_port, secret, FIRST, args)


if __name__ == "__main__":
    main()
