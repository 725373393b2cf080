"""Makes many of everything in a world: rows are copied past the services, as the database's owner."""

from typing import Any, Final

from psycopg import sql

MANY: Final = 60
"""More than a page of any list holds unless it is asked for more."""
ID: Final = "('01930000-0000-7{kind:03}-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
"""UUIDv7 of long ago."""


def _id(kind: int) -> str:
    return ID.format(kind=kind)


SYSTEM, MODEL, VERSION, REQUEST, PREDICTION, ITEM, QUEUE_SCOPE = range(7)
THING = 99
COPIES: Final[list[tuple[str, str, dict[str, str]]]] = [
    # table, of which rows one is copied, and what differs: SQL of each column by the copy's number `n`
    ("registry_aisystem", "slug = 'own-system'", {"id": _id(SYSTEM), "slug": "'many-' || n"}),
    ("governance_scope", "kind = 'system'", {"id": "1000000 + n", "system_id": _id(SYSTEM)}),
    ("registry_model", "true", {"id": _id(MODEL), "slug": "'many-' || n"}),
    ("registry_schemaversion", "true", {"id": _id(THING), "model_id": _id(MODEL)}),
    ("registry_modelversion", "version = '1.1.0'", {"id": _id(VERSION), "version": "'2.' || n"}),
    ("registry_artifact", "true", {"id": "1000000 + n", "version_id": _id(VERSION)}),
    ("registry_alias", "true", {"id": _id(THING), "name": "'many-' || n", "version_id": _id(VERSION)}),
    ("registry_protection", "true", {"id": _id(THING)}),
    ("registry_deployment", "true", {
        "id": _id(THING), "version_id": _id(VERSION), "number": "1000 + n",
        "ended_at": "now() + interval '1 day'"}),
    ("governance_assessment", "true", {"id": _id(THING), "number": "1000 + n"}),
    ("governance_override", "true", {"id": _id(THING), "state": "'refused'"}),
    ("governance_approvalpolicy", "true", {"id": _id(THING), "number": "1000 + n"}),
    ("governance_approvalrequest", "true", {"id": _id(REQUEST), "version_id": _id(VERSION)}),
    ("governance_stage", "true", {"id": _id(THING), "request_id": _id(REQUEST)}),
    ("governance_exclusion", "true", {"id": _id(THING), "request_id": _id(REQUEST)}),
    ("governance_evidence", "true", {"id": _id(THING), "item": "'many-' || n"}),
    ("governance_waiver", "true", {"id": _id(THING), "version_id": _id(VERSION)}),
    ("governance_delegation", "true", {"id": _id(THING)}),
    ("governance_suspension", "true", {"id": _id(THING), "version_id": _id(VERSION)}),
    ("governance_person", "name = 'somebody'", {
        "id": _id(THING), "email": "'many-' || n || '@example.org'", "pseudonym": "'many-' || n"}),
    ("governance_roleassignment", "revoked_at IS NULL", {"id": _id(THING), "person_id": _id(THING)}),
    ("governance_servicekey", "name = 'maker'", {"id": _id(THING), "secret_hash": "'many-' || n"}),
    ("config_storedmail", "true", {"id": _id(THING)}),
    ("audit_bundle", "true", {"id": _id(THING)}),
    ("audit_event", "entity_type = 'system'", {
        "id": _id(THING), "seq": "1000000 + n", "entity_version": "1000 + n"}),
    ("audit_position", "feed = 1", {"n": "1000000 + n", "ref": "1000000 + n"}),
    ("reviews_routingpolicy", "state = 'draft'", {"id": _id(THING), "number": "1000 + n"}),
    ("reviews_prediction", "external_id = 'waits'", {
        "id": _id(PREDICTION), "external_id": "'many-' || n"}),
    ("reviews_payload", "true", {"prediction_id": _id(PREDICTION)}),
    ("reviews_reviewitem", "state = 'waiting'", {"id": _id(ITEM), "prediction_id": _id(PREDICTION)}),
    ("reviews_slot", "leased_by_id IS NULL", {"id": "1000000 + n", "item_id": _id(ITEM)}),
    ("reviews_judgement", "true", {
        "id": _id(THING), "item_id": _id(ITEM), "submission_id": _id(THING)}),
    ("reviews_label", "true", {"id": _id(THING), "seq": "1000000 + n", "prediction_id": _id(PREDICTION)}),
    ("reviews_export", "true", {"id": _id(THING)}),
    ("reviews_erasure", "true", {"id": _id(THING)}),
    ("reviews_hold", "true", {"id": _id(THING)}),
]  # fmt: skip


def grow(owner: Any) -> None:
    """Copy one of everything `MANY` times, with the guards of its table lifted for that moment."""
    owner.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no table is altered that has checks pending
    for table, which, differing in COPIES:
        at = sql.Identifier(table)
        guards = owner.execute(
            "SELECT tgname, tgenabled::text FROM pg_trigger "
            "WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [table],
        ).fetchall()
        owner.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(at))
        pairs = ", ".join(f"'{column}', to_jsonb({_typed(said)})" for column, said in differing.items())
        made = owner.execute(
            f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT copy.* "
            f"FROM (SELECT one AS t FROM {table} AS one WHERE {which} LIMIT 1) AS x, "
            f"generate_series(1, {MANY}) AS n, LATERAL jsonb_populate_record("
            f"NULL::{table}, to_jsonb(t) || jsonb_build_object({pairs})) AS copy".encode()
        )
        assert made.rowcount == MANY, f"{made.rowcount} of {table}"
        for guard, enabled in guards:
            again = sql.SQL("ENABLE ALWAYS TRIGGER" if enabled == "A" else "ENABLE TRIGGER")
            owner.execute(sql.SQL("ALTER TABLE {} {} {}").format(at, again, sql.Identifier(guard)))


def _typed(said: str) -> str:
    """A bare literal has no type yet."""
    return f"({said})::text" if said[0] == "'" else said
