"""What PostgreSQL refuses about approvals, asked by raw SQL as the application's login."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.ids import uuid7
from audit.trail.actors import OPERATOR
from governance.access import services as access
from governance.access.models import Person
from governance.approvals.models import ApprovalRequest, Stage
from tests import factories
from tests.governance.approvals.making import Scene, scene, sign

pytestmark = pytest.mark.django_db


def run(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def refused(name: str, act: Callable[..., Any]) -> None:
    with pytest.raises(DatabaseError, match=name), transaction.atomic():
        act()


def raw_sign(request: ApprovalRequest, person: Person, **given: Any) -> None:
    row = {
        "id": uuid7(), "request_id": request.pk, "round": request.round, "stage": request.stage,
        "person_id": person.pk, "on_behalf_of_id": None, "verdict": "approve", "meaning": "m", "comment": "",
        "conditions": "[]", "printed_name": "x", "digest": request.digest, "role": "risk_officer",
        "role_granted_by": "", "proof": "none", "signed_at": timezone.now(),
    } | given  # fmt: skip
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    run(f"INSERT INTO governance_signature ({names}) VALUES ({places})", *row.values())


def raw_move(request: ApprovalRequest, state: str) -> None:
    now = timezone.now()
    decided = None if state in ("open", "changes_requested") else now
    run(
        "UPDATE governance_approvalrequest SET state = %s, decided_at = %s, expires_at = %s, "
        "event_version = event_version + 1 WHERE id = %s",
        state, decided, now + dt.timedelta(days=1), request.pk,
    )  # fmt: skip


@pytest.fixture
def made() -> Scene:
    return scene()


def test_nobody_approves_without_signatures(made: Scene) -> None:
    refused("governance_approval_needs_its_quorum", lambda: raw_move(made.request(), "approved"))


def test_one_stage_of_two_is_not_enough(made: Scene) -> None:
    request = sign(made.request(), made.risk)

    refused("governance_approval_needs_its_quorum", lambda: raw_move(request, "approved"))


def test_a_change_needs_its_event(made: Scene) -> None:
    request = made.request()

    refused(
        "audit_change_needs_event",
        lambda: run("UPDATE governance_approvalrequest SET note = 'x' WHERE id = %s", request.pk),
    )


@pytest.mark.parametrize("who", ["owner", "author"])
def test_neither_requester_nor_author_signs(made: Scene, who: str) -> None:
    person = getattr(made, who)
    factories.grant(person, "risk_officer")
    request = made.request()

    refused("governance_signers_are_independent", lambda: raw_sign(request, person))


def test_nobody_of_their_independence_group_signs(made: Scene) -> None:
    request = made.request()
    for person in (made.author, made.risk):
        access.set_independence_group(person_id=person.pk, group="north", actor=OPERATOR, now=timezone.now())

    refused("governance_signers_are_independent", lambda: raw_sign(request, made.risk))


def test_only_those_whom_the_policy_names_sign(made: Scene) -> None:
    request, reviewer = made.request(), factories.person("reviewer")

    refused("governance_signers_are_named", lambda: raw_sign(request, reviewer))
    refused("governance_signers_are_named", lambda: raw_sign(request, reviewer, role="reviewer"))


def test_a_role_on_another_system_is_none_here(made: Scene) -> None:
    elsewhere = factories.person("risk_officer", at=factories.system())

    refused("governance_signers_are_named", lambda: raw_sign(made.request(), elsewhere))


def test_who_has_left_does_not_sign(made: Scene) -> None:
    request = made.request()
    access.deactivate(person_id=made.risk.pk, actor=_with_administrator(), now=timezone.now())

    refused("governance_signers_are", lambda: raw_sign(request, made.risk))


def test_stages_are_signed_in_order(made: Scene) -> None:
    request = made.request()

    refused(
        "governance_stages_are_signed_in_order",
        lambda: raw_sign(request, made.compliance, stage=2, role="compliance_officer"),
    )


def test_a_signature_is_bound_to_the_digest(made: Scene) -> None:
    request = made.request()

    refused("governance_signature_is_bound", lambda: raw_sign(request, made.risk, digest="0" * 64))
    refused("governance_signature_is_bound", lambda: raw_sign(request, made.risk, round=2))


def test_one_signature_per_person_and_stage(made: Scene) -> None:
    request = made.request()
    both = factories.person("risk_officer", "compliance_officer")
    request = sign(request, both)

    refused(
        "governance_nobody_signs_twice",
        lambda: raw_sign(request, both, stage=2, role="compliance_officer"),
    )


def test_the_application_cannot_switch_the_guards_off(made: Scene) -> None:
    refused("must be owner", lambda: run("ALTER TABLE governance_signature DISABLE TRIGGER ALL"))
    refused("permission denied", lambda: run("SET session_replication_role = replica"))


def test_a_decided_request_stands(made: Scene) -> None:
    request = made.approved()

    for state in ("open", "rejected", "withdrawn", "approved"):
        refused("governance_decided_approval_stands", lambda state=state: raw_move(request, state))
    refused(
        "governance_decided_approval_stands",
        lambda: run(
            "UPDATE governance_approvalrequest SET expires_at = expires_at + interval '9 years', "
            "event_version = event_version + 1 WHERE id = %s",
            request.pk,
        ),
    )


def test_a_decided_request_takes_no_signature(made: Scene) -> None:
    request = made.request()
    sign(request, made.risk, "reject")
    request.refresh_from_db()

    refused("governance_only_open_approvals_are_signed", lambda: raw_sign(request, made.compliance))


@pytest.mark.parametrize("state", ["rejected", "changes_requested"])
def test_a_verdict_needs_a_signature(made: Scene, state: str) -> None:
    refused("governance_verdict_needs_a_signature", lambda: raw_move(made.request(), state))


def test_what_was_frozen_does_not_change(made: Scene) -> None:
    request = made.request()

    for name, value in (("policy", "'{\"stages\": []}'"), ("requester_id", "NULL"), ("risk_class", "'low'")):
        refused(
            "governance_approval_keeps_its_policy",
            lambda name=name, value=value: run(
                f"UPDATE governance_approvalrequest SET {name} = {value}, "
                "event_version = event_version + 1 WHERE id = %s",
                request.pk,
            ),
        )
    refused(
        "governance_approval_is_bound",
        lambda: run(
            "UPDATE governance_approvalrequest SET digest = %s, event_version = event_version + 1 "
            "WHERE id = %s",
            "0" * 64,
            request.pk,
        ),
    )


def test_a_deadline_is_not_moved_to_let_others_sign(made: Scene) -> None:
    request = made.request()

    refused(
        "governance_deadline_stands",
        lambda: run(
            "UPDATE governance_approvalrequest SET stage_due_at = now() - interval '1 day', "
            "event_version = event_version + 1 WHERE id = %s",
            request.pk,
        ),
    )


def test_another_digest_voids_what_was_signed(made: Scene) -> None:
    request = made.request()

    refused(
        "governance_changes_void_signatures",
        lambda: run(
            "UPDATE governance_approvalrequest SET digest = %s, round = 2, event_version = event_version + 1 "
            "WHERE id = %s",
            "0" * 64,
            request.pk,
        ),
    )


@pytest.mark.parametrize("table", ["governance_signature", "governance_stage", "governance_exclusion"])
def test_signatures_stages_and_exclusions_never_change(made: Scene, table: str) -> None:
    request = sign(made.request(), made.risk)

    refused(
        "audit_facts_are_only_added", lambda: run(f"DELETE FROM {table} WHERE request_id = %s", request.pk)
    )
    refused(
        "audit_facts_are_only_added",
        lambda: run(f"UPDATE {table} SET request_id = request_id WHERE request_id = %s", request.pk),
    )


def test_a_request_takes_no_more_stages_or_exclusions(made: Scene) -> None:
    request = made.request()

    refused(
        "governance_approval_is_whole",
        lambda: Stage.objects.create(
            request=request, number=3, name="x", quorum=1, roles=["reviewer"], deadline_hours=1
        ),
    )


def test_a_request_excludes_its_makers(made: Scene) -> None:
    request = made.request()
    columns = [str(field.column) for field in ApprovalRequest._meta.concrete_fields if field.column != "id"]
    names = ", ".join(columns)

    def copied(new: UUID) -> None:
        Stage.objects.create(
            request_id=new, number=1, name="x", quorum=1, roles=["model_owner"], deadline_hours=1
        )
        run(
            f"INSERT INTO governance_approvalrequest (id, {names}) SELECT %s, {names} "
            "FROM governance_approvalrequest WHERE id = %s",
            new,
            request.pk,
        )

    refused("governance_approval_excludes_its_makers", lambda: copied(uuid7()))


def test_a_request_begins_open(made: Scene) -> None:
    request = made.approved()
    names = ", ".join(str(f.column) for f in ApprovalRequest._meta.concrete_fields if f.column != "id")

    refused(
        "governance_approval_begins_open",
        lambda: run(
            f"INSERT INTO governance_approvalrequest (id, {names}) SELECT %s, {names} "
            "FROM governance_approvalrequest WHERE id = %s",
            uuid7(),
            request.pk,
        ),
    )


def _with_administrator() -> Any:
    factories.person("administrator")
    return OPERATOR
