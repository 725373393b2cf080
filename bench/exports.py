"""Exports of few and of many labels in one process: how much more memory the many take, and rows per second.

    DATABASE_URL=postgres://postgres@127.0.0.1:5432/postgres python -m bench.exports [--labels 1000000]

Each format runs in a process of its own, as a worker would: first a hundredth of the labels, to warm up, then
all of them. The resident set is read every few milliseconds. Without DATABASE_URL an embedded PostgreSQL is
used.
"""

import argparse
import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from bench import stage
from bench.intake import SET_UP

MOST_GROWTH = 64
"""MiB."""

GUARDED = ("reviews_prediction", "reviews_reviewitem")
"""Tables whose rows need an event each; a bench's rows come without."""

IDS = """
CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT CASE kind
        WHEN 'prediction' THEN (
            lpad(to_hex((extract(epoch FROM date_trunc('hour', now())) * 1000)::bigint + n / 8), 12, '0')
            || '7' || lpad(to_hex(n % 8), 3, '0') || '8' || substr(md5(n::text), 1, 15))::uuid
        ELSE md5(kind || n)::uuid END
$$;
CREATE FUNCTION pg_temp.body(n bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'model', 'fraud-screen', 'version', '3.2.0', 'external_id', 'txn-' || n,
        'input', json_build_object('amount', n / 7.0, 'merchant', 'shop ' || n % 1000, 'country', 'DE',
            'hour', n % 24, 'note', repeat(md5(n::text), 4)),
        'output', json_build_object('label', 'fraud'), 'confidence', 0.61,
        'scores', json_build_object('fraud', 0.61, 'ok', 0.39),
        'segment', json_build_object('country', 'DE'))::text
$$;
"""
FILL = """
INSERT INTO reviews_prediction (id, event_version, model_id, version_id, version_name, schema_id,
    external_id, environment, status, decision, reasons, propensity, confidence, classes, policy_id,
    posted_by, training_use, routed_at, decided_at, outcome_version)
SELECT pg_temp.id('prediction', n), 1, m.id, NULL, '3.2.0', s.id,
    'txn-' || n, 'production', 'final', 'review', '{LOW_CONFIDENCE}', 1.0, 0.61, '{fraud}', p.id,
    'key:bench', true, now(), now(), 1
FROM NUMBERS n, registry_model m, registry_schemaversion s, reviews_routingpolicy p;

INSERT INTO reviews_payload (prediction_id, body, salt, subject_hash)
SELECT pg_temp.id('prediction', n), pg_temp.body(n), decode(md5(n::text) || md5(n::text), 'hex'),
    decode(md5((n / 3)::text), 'hex')
FROM NUMBERS n;

INSERT INTO reviews_reviewitem (id, event_version, prediction_id, model_id, queue_id, state, round, blocks,
    selected_by_routing, reasons, priority, reviewers, routed_at, due_at, sort_at, decided_at)
SELECT pg_temp.id('item', n), 0, pg_temp.id('prediction', n), m.id, q.id, 'decided', 1, true,
    true, '{LOW_CONFIDENCE}', 50, 1, now(), now(), now(), now()
FROM NUMBERS n, registry_model m, reviews_queue q;

INSERT INTO reviews_judgement (id, submission_id, submission_digest, item_id, round, n, reviewer_id,
    verdict, output, changed, diff, reasons, comment, shown_sha256, shown_mode, shown_suggestion, seconds,
    via, token, at, final_at, answer)
SELECT pg_temp.id('judgement', n), pg_temp.id('submission', n), '', pg_temp.id('item', n), 1, 1, a.id,
    'answer', CASE n % 2 WHEN 0 THEN '{"label":"ok"}' ELSE '{"label":"fraud"}' END, n % 2 = 0,
    CASE n % 2 WHEN 0
        THEN '[{"op":"replace","pointer":"/label","from":"fraud","to":"ok"}]'::jsonb ELSE '[]' END,
    '{}', '', repeat('0', 64), 'assisted', true, 4.5, 'page', 1, now(), now(), '{}'
FROM NUMBERS n, governance_person a;

INSERT INTO reviews_label (id, prediction_id, model_id, version, item_id, round, queue_id, judgement_id,
    source, changed, propensity, sample_weight, withdrawn, decided_at)
SELECT pg_temp.id('label', n), pg_temp.id('prediction', n), m.id, 1, pg_temp.id('item', n), 1, q.id,
    pg_temp.id('judgement', n), 'human', n % 2 = 0, 1.0, 1.0, false, now()
FROM NUMBERS n, registry_model m, reviews_queue q;
"""
ORDER = """
DELETE FROM audit_pending WHERE feed = 4;
INSERT INTO audit_position (feed, n, ref) SELECT 4, row_number() OVER (ORDER BY seq), seq FROM reviews_label;
UPDATE audit_feedstate SET size = (SELECT count(*) FROM reviews_label) WHERE feed = 4;
"""
REVIEWER = """
import django; django.setup()
from django.utils import timezone
from audit.trail.actors import OPERATOR
from governance.access import services
services.create_person(email="reviewer@example.org", name="R", password="correct horse battery staple",
    actor=OPERATOR, now=timezone.now())
"""


def fill(login: dict[str, Any], name: str, labels: int) -> None:
    """So many labels, each of a prediction of its own."""
    with psycopg.connect(**login, dbname=name, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        for table in GUARDED:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        connection.execute(IDS.encode())
        for first in range(1, labels + 1, 100_000):
            last = min(first + 99_999, labels)
            numbers = f"generate_series({first}::bigint, {last}::bigint)"
            connection.execute(FILL.replace("NUMBERS", numbers).encode())
            print(f"  {last:,} labels are there", flush=True)
        connection.execute(ORDER.encode())
        connection.execute("VACUUM ANALYZE")


class Resident:
    """The largest resident set while it watches, in MiB."""

    def __init__(self) -> None:
        self.largest = self.now()
        self._ended = threading.Event()

    @staticmethod
    def now() -> float:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 2**20

    def __enter__(self) -> "Resident":
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(0.005):
            self.largest = max(self.largest, self.now())


def run_one(format_: str, through: int) -> dict[str, Any]:
    """Make one export as a worker does; what it took."""
    from django.utils import timezone

    from audit.trail.actors import OPERATOR
    from reviews.exports import services, tasks
    from reviews.exports.body import read_request
    from reviews.exports.models import Export

    asked = read_request({"model": "fraud-screen", "format": format_, "split": {"train": 0.8, "test": 0.2}})
    # The broker is not part of this.
    services.notifications.wake_worker = lambda *_, **__: None  # type: ignore[assignment]
    export = services.ask(asked=asked._replace(through=through), actor=OPERATOR, now=timezone.now())
    before, began = Resident.now(), time.perf_counter()
    with Resident() as resident:
        tasks.run_export.run(export_id=str(export.pk))
    seconds = time.perf_counter() - began
    export = Export.objects.get(pk=export.pk)
    assert export.manifest is not None, export.failure
    return {
        "rows": export.manifest["rows"],
        "seconds": seconds,
        "before": before,
        "largest": resident.largest,
        "megabytes": sum(file["bytes"] for file in export.manifest["files"]) / 1e6,
    }


def child(format_: str, labels: int) -> None:
    """A process of its own: few labels, then all."""
    import django

    django.setup()
    few, many = run_one(format_, max(labels // 100, 1_000)), run_one(format_, labels)
    print(json.dumps({"few": few, "many": many}))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", type=int, default=1_000_000)
    parser.add_argument("--child", choices=["jsonl", "csv"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args.child, args.labels)
        return
    with contextlib.ExitStack() as stack:
        login = stack.enter_context(stage.server())
        ours = stack.enter_context(stage.database(login))
        stage.run(["-c", SET_UP], ours)
        stage.run(["-c", REVIEWER], ours)
        fill(login, ours["DATABASE_URL"].rpartition("/")[2], args.labels)
        for format_ in ("jsonl", "csv"):
            command = ["-m", "bench.exports", "--child", format_, "--labels", str(args.labels)]
            report(
                format_,
                json.loads(stage.run(command, ours | {"COUNTERSIGN_PROCESS": "worker"}).splitlines()[-1]),
            )


def report(format_: str, took: dict[str, Any]) -> None:
    few, many = took["few"], took["many"]
    for each in (few, many):
        print(
            f"  {format_:5} {each['rows']:>9,} rows, {each['megabytes']:.0f} MB in {each['seconds']:.1f} s: "
            f"{each['rows'] / each['seconds']:7,.0f} rows/s, at most {each['largest']:.0f} MiB resident"
        )
    growth, whole = many["largest"] - few["largest"], many["largest"] - few["before"]
    print(
        f"{format_}: {many['rows']:,} rows take {growth:.1f} MiB more than {few['rows']:,}, "
        f"and {whole:.1f} MiB more than an idle worker (at most {MOST_GROWTH})"
    )


if __name__ == "__main__":
    sys.exit(main())
