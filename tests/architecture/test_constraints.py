"""Check constraints of governance: each is broken by raw SQL somewhere in the suite, the others here.

Here a row goes into a copy of the table that has this one constraint and nothing else, so that no trigger and
no other constraint refuses it first.
"""

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction

ID = "01930000-0000-7000-8000-000000000001"
OTHER = "01930000-0000-7000-8000-000000000002"
DIGEST = "a" * 64
EARLY, LATE = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
Row = dict[str, Any]
DIGESTS = {"digest": DIGEST, "artifacts_sha256": DIGEST, "record_sha256": DIGEST}
SIGNED = {"meaning": "m", "printed_name": "x", "proof": "password"}
WAIVED = {"requirement": "revalidation"}

BROKEN: dict[str, tuple[str, Row, list[Row]]] = {
    "governance_nobody_is_superuser": ("person", {"is_superuser": False}, [{"is_superuser": True}]),
    "governance_known_theme": ("person", {"theme": "dark"}, [{"theme": "pink"}]),
    "governance_scope_names_its_thing": (
        "scope", {"kind": "system", "system_id": ID}, [{"system_id": None}, {"kind": "everywhere"}],
    ),
    "governance_known_role": ("roleassignment", {"role": "auditor"}, [{"role": "owner"}]),
    "governance_key_has_a_scope": ("servicekey", {"scopes": ["gate:read"]}, [{"scopes": []}]),
    "governance_token_revoked_after_made": (
        "personaltoken", {"created_at": EARLY, "revoked_at": LATE},
        [{"created_at": LATE, "revoked_at": EARLY}],
    ),
    "governance_known_approval_policy_state": ("approvalpolicy", {"state": "draft"}, [{"state": "maybe"}]),
    "governance_known_approval_state": ("approvalrequest", {"state": "open"}, [{"state": "maybe"}]),
    "governance_approval_is_about_one_thing": (
        "approvalrequest", {"version_id": ID, "environment_id": "production"},
        [{"environment_id": None}, {"version_id": None}, {"suspension": ID}],
    ),
    "governance_approval_binds_digests": (
        "approvalrequest", DIGESTS, [{name: "none"} for name in DIGESTS],
    ),
    "governance_decided_approval_says_when": (
        "approvalrequest", {"state": "approved", "decided_at": EARLY},
        [{"decided_at": None}, {"state": "open"}],
    ),
    "governance_approval_ends": (
        "approvalrequest", {"state": "approved", "decided_at": EARLY, "expires_at": LATE},
        [{"expires_at": EARLY}, {"expires_at": None}],
    ),
    "governance_stage_needs_signatures": (
        "stage", {"number": 1, "quorum": 1}, [{"quorum": 0}, {"number": 0}],
    ),
    "governance_known_verdict": ("signature", {"verdict": "approve"}, [{"verdict": "maybe"}]),
    "governance_signature_has_meaning": ("signature", SIGNED, [{name: ""} for name in SIGNED]),
    "governance_delegation_is_to_another": (
        "delegation", {"giver_id": ID, "taker_id": OTHER}, [{"taker_id": ID}],
    ),
    "governance_delegation_has_an_end": (
        "delegation", {"begins_at": EARLY, "ends_at": LATE}, [{"ends_at": EARLY}],
    ),
    "governance_delegation_of_a_role": ("delegation", {"role": "auditor"}, [{"role": "owner"}]),
    "governance_evidence_has_digest": ("evidence", {"sha256": DIGEST}, [{"sha256": "none"}]),
    "governance_evidence_is_file_or_metric": (
        "evidence", {"kind": "file", "filename": "a.pdf"},
        [{"filename": ""}, {"kind": "metric"}, {"kind": "x"}],
    ),
    "governance_version_evidence_names_model": (
        "evidence", {"version_id": ID, "model_id": OTHER}, [{"model_id": None}],
    ),
    "governance_known_override_state": ("override", {"state": "proposed"}, [{"state": "maybe"}]),
    "governance_suspended_version_has_its_model": (
        "suspension", {"version_id": ID, "model_id": OTHER}, [{"model_id": None}],
    ),
    "governance_known_waiver_state": ("waiver", {"state": "proposed"}, [{"state": "maybe"}]),
    "governance_waiver_has_reason": ("waiver", {"reason": "because"}, [{"reason": ""}]),
    "governance_waiver_is_about_something": (
        "waiver", WAIVED, [{"requirement": "everything"}, {"requirement": "evidence:"}],
    ),
}  # fmt: skip


@pytest.mark.django_db
def test_every_check_is_broken_somewhere() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid "
            "WHERE contype = 'c' AND relname LIKE 'governance\\_%%'"
        )
        named = {name for (name,) in cursor.fetchall() if name.startswith("governance_")}
    suite = "".join(path.read_text() for path in Path(__file__).parents[1].rglob("test_*.py"))
    generated = {name for name in named if name.endswith("_check")}  # Django's own, of positive integers

    assert sorted(name for name in named - generated if name not in suite) == []


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_refuses_by_raw_sql(name: str, committed_db: Any) -> None:
    """As the owner: the application makes no tables. Nothing of it is committed."""
    table, sound, wrongs = BROKEN[name]
    with transaction.atomic(using="admin"):
        with connections["admin"].cursor() as cursor:
            _copy_with(cursor, f"governance_{table}", name)
            _insert(cursor, sound)
            for wrong in wrongs:
                with pytest.raises(IntegrityError, match=name), transaction.atomic(using="admin"):
                    _insert(cursor, sound | wrong)
        transaction.set_rollback(True, using="admin")


def _copy_with(cursor: Any, table: str, constraint: str) -> None:
    """A table `tried` with the columns of this one and only this constraint."""
    cursor.execute(f"CREATE TABLE tried AS SELECT * FROM {table} WITH NO DATA")
    cursor.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass",
        [constraint, table],
    )
    ((definition,),) = cursor.fetchall()
    cursor.execute(f"ALTER TABLE tried ADD CONSTRAINT {constraint} {definition}")


def _insert(cursor: Any, row: Row) -> None:
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    cursor.execute(f"INSERT INTO tried ({names}) VALUES ({places})", list(row.values()))
