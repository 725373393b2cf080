"""Every list that grows, at a thousand and at a hundred thousand rows, in one run: are they flat?

    python -m bench.lists [--rows 1000 100000]

The rows are copies of one of each thing, made by SQL past the guards. Statements are counted for a page of 5
and a page of 200. The seconds are those of the page of 200: the fastest call, with both sizes asked in turns,
because what else the machine does only adds, and it does not add evenly. Whoever looks is everywhere, or has
a role on one of the systems: the oldest one, so that its rows are few and far from the newest.
"""

import argparse
import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psycopg
from psycopg import sql

from bench import stage

Found = dict[str, dict[str, Any]]
ROUNDS = 3
FLAT = 2.0
"""A list at the most rows may take so many times what it takes at the fewest..."""
UNSEEN = 0.010
"""...or so many seconds more: below that the machine's noise is larger."""

A_PAGE = 250
"""There are at least so many of everything: pages are as full at the fewest rows as at the most."""

LISTS = [
    "/api/v1/systems?limit=5", "/api/v1/models?limit=5", "/api/v1/models/{model}/versions?limit=5",
    "/api/v1/systems/{system}/assessments?limit=5",
    "/api/v1/approvals?limit=5", "/api/v1/approvals?state=open&limit=5",
    "/api/v1/approvals?model={model}&limit=5", "/api/v1/approvals?system={system}&limit=5",
    "/api/v1/deployments?limit=5", "/api/v1/deployments?live=true&limit=5",
    "/api/v1/deployments?environment=staging&limit=5", "/api/v1/deployments?model={model}&limit=5",
    "/api/v1/suspensions?limit=5", "/api/v1/suspensions?live=true&limit=5",
    "/api/v1/suspensions?system={system}&limit=5",
    "/api/v1/evidence?limit=5", "/api/v1/evidence?model={model}&limit=5",
    "/api/v1/evidence?item=test-report&limit=5",
    "/api/v1/waivers?limit=5", "/api/v1/waivers?state=proposed&limit=5",
    "/api/v1/waivers?model={model}&limit=5",
    "/api/v1/gate/answers?limit=5", "/api/v1/gate/answers?decision=allow&limit=5",
    "/api/v1/gate/answers?model={model}&limit=5",
    "/api/v1/audit/events?limit=5", "/api/v1/audit/events?kind=approvals.request.signed&limit=5",
    "/", "/portfolio", "/portfolio?class=high_risk", "/systems", "/approvals", "/suspensions",
    "/environments/production", "/models/{model}", "/models/{model}/deployments", "/models/{model}/gate",
    "/systems/{system}", "/audit/events",
]  # fmt: skip

UID = "('01930000-0000-7{kind}-8000-' || lpad(to_hex({n}), 12, '0'))::uuid"
"""UUIDv7 from before the bench: what is copied is older than what was made, in the order of its number."""


def uid(kind: str, n: str = "n") -> str:
    return UID.format(kind=kind, n=n)


SYSTEM, MODEL, VERSION = "001", "002", "003"
AT = "now() - interval '200 days' + n * interval '1 minute'"


def copies(rows: int) -> list[tuple[str, int, dict[str, str]]]:
    """Table, how many copies, and what differs: SQL of each column by the copy's number `n`."""
    systems, models = max(rows // 50, A_PAGE), max(rows // 20, A_PAGE)
    model = f"(n % {models}) + 1"
    its_system = uid(SYSTEM, f"(n % {systems}) + 1")
    system = f"(({model}) % {systems}) + 1"
    of_version = {
        "system_id": uid(SYSTEM, system), "model_id": uid(MODEL, model), "version_id": uid(VERSION),
    }  # fmt: skip
    few = f"(n % 50 = 0 OR n <= {A_PAGE})"
    return [
        ("registry_aisystem", systems, {
            "id": uid(SYSTEM), "slug": "'bulk-' || lpad(n::text, 6, '0')", "name": "'Bulk ' || n"}),
        ("governance_scope", systems, {"id": "1000000 + n", "kind": "'system'", "system_id": uid(SYSTEM)}),
        ("registry_model", models, {
            "id": uid(MODEL), "slug": "'bulk-model-' || n", "system_id": its_system}),
        ("registry_schemaversion", models, {"id": uid("017"), "model_id": uid(MODEL)}),
        ("registry_modelversion", rows, {
            "id": uid(VERSION), "model_id": uid(MODEL, model), "version": "'1.' || n || '.0'"}),
        ("registry_artifact", rows, {"id": "1000000 + n", "version_id": uid(VERSION)}),
        ("governance_assessment", rows, {
            "id": uid("005"), "system_id": its_system, "number": f"n / {systems} + 1",
            "outcome": "jsonb_set(jsonb_set((t).outcome, '{trace}', '[]'), '{obligations}', '[]')"}),
        ("governance_approvalrequest", rows, {
            "id": uid("006"), "version_id": uid(VERSION), "system_id": uid(SYSTEM, system),
            "state": f"CASE WHEN {few} THEN 'open' ELSE 'approved' END",
            "stage": f"CASE WHEN {few} THEN 1 ELSE 2 END",
            "decided_at": f"CASE WHEN {few} THEN NULL ELSE (t).decided_at END"}),
        ("governance_stage", 2 * rows, {
            "id": uid("007"), "request_id": uid("006", "(n + 1) / 2"), "number": "2 - n % 2"}),
        ("governance_exclusion", rows, {"id": uid("008"), "request_id": uid("006")}),
        ("governance_signature", 2 * rows, {
            "id": uid("009"), "request_id": uid("006", "(n + 1) / 2"), "stage": "2 - n % 2"}),
        ("registry_deployment", rows, {
            "id": uid("011"), "model_id": uid(MODEL, model), "version_id": uid(VERSION),
            "number": f"n / {models} + 1", "deployed_at": AT, "fallback_id": "NULL",
            "environment_id": "CASE WHEN n % 3 = 0 THEN 'staging' ELSE 'production' END",
            "ended_at": f"CASE WHEN n > {rows - models} THEN NULL ELSE now() - interval '1 day' END"}),
        ("governance_suspension", rows, {
            "id": uid("012"), **of_version, "raised_at": AT,
            "lift_reason": f"CASE WHEN {few} THEN '' ELSE 'Well.' END",
            "lifted_by": f"CASE WHEN {few} THEN '' ELSE 'operator' END",
            "lifted_at": f"CASE WHEN {few} THEN NULL ELSE now() END",
            "raised_told_at": "now()", "lifted_told_at": "now()"}),
        ("governance_evidence", rows, {"id": uid("013"), **of_version}),
        ("governance_waiver", rows, {
            "id": uid("014"), "version_id": uid(VERSION),
            "state": f"CASE WHEN {few} THEN 'proposed' ELSE 'refused' END"}),
        ("governance_gateanswer", rows, {
            "id": uid("015"), "version_id": uid(VERSION), "decision": "'deny'",
            "reasons": "ARRAY['NOT_APPROVED']", "asked_at": AT}),
        ("audit_event", rows, {
            "id": uid("016"), "seq": "1000000 + n", "entity_id": uid("006"), "entity_version": "1000",
            "system_id": uid(SYSTEM, system), "at": AT}),
        ("audit_position", rows, {"feed": "1", "n": "1000 + n", "ref": "1000000 + n"}),
    ]  # fmt: skip


def fill(login: dict[str, Any], name: str, rows: int) -> None:
    """Multiply one of each thing, with the guards lifted for that moment."""
    with psycopg.connect(**login, dbname=name) as database:
        for table, count, given in copies(rows):
            at = sql.Identifier(table)
            database.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER ALL").format(at))
            pairs = ", ".join(
                f"'{column}', to_jsonb({_typed(expression)})" for column, expression in given.items()
            )
            statement = (
                f"INSERT INTO {table} SELECT copy.* FROM (SELECT one AS t FROM {table} AS one LIMIT 1) AS x,"
                f" generate_series(1, {count}) AS n, LATERAL jsonb_populate_record("
                f"NULL::{table}, to_jsonb(t) || jsonb_build_object({pairs})) AS copy"
            )
            if table == "audit_event":  # the feed's own numbers say the order
                statement = statement.replace("SELECT copy.*", "OVERRIDING SYSTEM VALUE SELECT copy.*")
            database.execute(statement.encode())
            database.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER ALL").format(at))
        database.execute(
            b"UPDATE audit_feedstate SET size = (SELECT max(n) FROM audit_position WHERE feed = 1)"
        )
    with psycopg.connect(**login, dbname=name, autocommit=True) as database:
        database.execute(b"VACUUM ANALYZE")


def _typed(expression: str) -> str:
    """A bare literal has no type yet."""
    return f"({expression})::text" if expression[0] == "'" or expression == "NULL" else expression


@contextlib.contextmanager
def world(login: dict[str, Any], rows: int) -> Iterator[Callable[[], Found]]:
    """A database of so many rows; call it to measure every list of every looker."""
    with stage.database(login) as environment:
        made = json.loads(_inside("make()", environment).splitlines()[-1])
        _inside("place()", environment | {"COUNTERSIGN_PROCESS": "sequencer"})
        stage.manage(["collectstatic", "--noinput", "--verbosity", "0"], environment)
        fill(login, environment["DATABASE_URL"].rsplit("/", 1)[1], rows)
        addresses = [each.format(**made["things"]) for each in LISTS]

        def measured() -> Found:
            told = _inside(f"measure({made['lookers']!r}, {addresses!r})", environment).splitlines()[-1]
            found: Found = json.loads(told)
            return found

        yield measured


def _best(rounds: Iterable[Found]) -> Found:
    """Each list as it was when it was fastest."""
    best: Found = {}
    for found in rounds:
        for name, each in found.items():
            if name not in best or each["seconds"] < best[name]["seconds"]:
                best[name] = each
    return best


def _inside(call: str, environment: dict[str, str]) -> str:
    code = f"from bench import lists_world; lists_world.{call}"
    return stage.manage(["shell", "--no-imports", "-c", code], environment)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--statements", action="store_true", help="print the slowest of what is not flat")
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        login = stack.enter_context(stage.server())
        worlds = {rows: stack.enter_context(world(login, rows)) for rows in args.rows}
        rounds: dict[int, list[Found]] = {rows: [] for rows in args.rows}
        for n in range(ROUNDS):
            for rows, measured in worlds.items():
                rounds[rows].append(measured())
            print(f"round {n + 1} of {ROUNDS}", flush=True)
    report({rows: _best(each) for rows, each in rounds.items()}, args.statements)


def report(found: dict[int, Found], statements: bool) -> None:
    fewest, most = min(found), max(found)
    failed = 0
    print(f"statements at 5 and 200 rows of a page; the fastest at {fewest:,} and {most:,} of each thing")
    for name, large in found[most].items():
        small = found[fewest].get(name, large)
        counts = [*small["statements"], *large["statements"]]
        slower = large["seconds"] / small["seconds"]
        flat = slower < FLAT or large["seconds"] - small["seconds"] < UNSEEN
        same = max(counts[2:]) <= max(counts[:2]) and counts[2] == counts[3]
        failed += not (flat and same)
        words = f"{'' if flat else '  NOT FLAT'}{'' if same else '  MORE STATEMENTS'}"
        both = f"{small['seconds'] * 1e3:7.1f} {large['seconds'] * 1e3:7.1f} ms {slower:5.2f}x"
        print(f"{large['status']} {name:64} {counts} {both}{words}")
        if statements and not flat:
            print(f"    {large['slowest_seconds'] * 1e3:.0f} ms: {large['slowest']}")
    print(f"{failed} of {len(found[most])} are not flat")


if __name__ == "__main__":
    main()
