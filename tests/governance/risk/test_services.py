"""governance.risk.services, overriding and standing: what is kept, who may change it, how a system stands."""

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785
from django.db import DatabaseError, connection, transaction

from audit.refusals import BadInput, NotPermitted, Refusal
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access import services as access
from governance.access.models import Person
from governance.access.roles import Role
from governance.risk import overriding, services
from governance.risk.errors import AlreadyProposed, CannotOverride, NotTheNewest, OverrideDecided
from governance.risk.models import Assessment, AssessmentDraft, Override
from governance.risk.selectors import is_high_risk, newest_of, standing_of
from registry.systems.models import AISystem
from tests import factories
from tests.governance.risk.answered import (
    DAY,
    EXTRACTING,
    FILTERING_SPAM,
    NOW,
    PROHIBITED,
    RECRUITING,
    SOON,
    STATEMENTS,
)

Assess = Callable[..., Assessment]
pytestmark = pytest.mark.django_db


def _stands(system: AISystem, now: dt.datetime = NOW) -> str | None:
    standing = standing_of(system.pk, now=now)
    return standing.class_ if standing else None


def _override(assessment: Assessment, actor: Any, to: str, **given: Any) -> Override:
    said: dict[str, Any] = {"reason": "because", "expires_on": SOON, "now": NOW, **given}
    return overriding.override(assessment_id=assessment.pk, actor=actor, to_class=to, **said)


def _claim(assessment: Assessment, actor: Any, **given: Any) -> Override:
    said: dict[str, Any] = {"statements": STATEMENTS, "now": NOW, **given}
    return overriding.claim_exemption(assessment_id=assessment.pk, actor=actor, **said)


def _decide(found: Override, actor: Any, *, approve: bool = True, note: str = "no") -> Override:
    return overriding.decide(override_id=found.pk, actor=actor, approve=approve, note=note, now=NOW)


def test_keeps_an_assessment_and_says_so_in_the_trail(
    assessed: Assess, system: AISystem, owner: Person, immediate: Callable[[], None]
) -> None:
    made = assessed(note="first")

    assert (made.number, made.class_id, made.by) == (1, "high_risk", owner.audit_ref)
    bytes_ = rfc8785.dumps({"answers": made.answers, "result": made.result})
    assert made.digest == hashlib.sha256(bytes_).hexdigest()
    event = Event.objects.get(entity_id=made.pk)
    assert event.kind == "governance.assessment.filed"
    assert b"first" not in bytes(event.body)
    assert event.system_id == system.pk
    assert assessed(parent=1).number == 2
    immediate()


def test_refuses_whoever_may_not_change_the_system(assessed: Assess, officer: Person) -> None:
    with pytest.raises(NotPermitted):
        assessed(actor=officer)


def test_refuses_a_parent_that_there_is_not(assessed: Assess) -> None:
    with pytest.raises(BadInput, match="no such assessment"):
        assessed(parent=7)


def test_a_trail_that_cannot_be_written_leaves_no_assessment(
    assessed: Assess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_given: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "record", fail)

    with pytest.raises(RuntimeError, match="disk full"):
        assessed()
    assert not Assessment.objects.exists()


def test_the_newest_assessment_counts(assessed: Assess, system: AISystem) -> None:
    assert standing_of(system.pk) is None
    first = assessed()
    standing = standing_of(system.pk)
    assert standing is not None
    assert (standing.class_, standing.number, standing.digest) == ("high_risk", 1, first.digest)

    assessed(FILTERING_SPAM)
    assert _stands(system) == "not_high_risk"


def test_three_owners_are_due_for_what_is_high_risk_or_may_be(assessed: Assess, system: AISystem) -> None:
    assert not is_high_risk(system)
    assessed(FILTERING_SPAM)
    assert not is_high_risk(system)
    for answers in (EXTRACTING, RECRUITING, PROHIBITED, {}):
        assessed(answers)
        assert is_high_risk(system)


def test_one_questionnaire_per_pack(system: AISystem, owner: Person) -> None:
    given = {"system": system, "pack": "eu-ai-act", "pack_version": "2026.1", "holder": owner}
    AssessmentDraft.objects.create(**given, started_at=NOW, changed_at=NOW)

    with pytest.raises(DatabaseError, match="governance_one_draft_per_pack"), transaction.atomic():
        AssessmentDraft.objects.create(**given, started_at=NOW, changed_at=NOW)


def test_an_exempt_system_stands_as_high_risk_until_its_approver_signed(
    assessed: Assess, system: AISystem, owner: Person, officer: Person
) -> None:
    made = assessed(EXTRACTING)
    assert made.class_id == "exempt"
    assert _stands(system) == "high_risk"
    before = standing_of(system.pk)

    claimed = _claim(made, owner)
    assert _stands(system) == "high_risk"
    with pytest.raises(NotPermitted):
        _decide(claimed, owner)
    _decide(claimed, officer)

    assert _stands(system) == "exempt"
    after = standing_of(system.pk)
    assert before
    assert after
    assert len({before.digest, after.digest, made.digest}) == 3


def test_an_exemption_needs_every_statement(assessed: Assess, owner: Person) -> None:
    made = assessed(EXTRACTING)

    with pytest.raises(BadInput) as refused:
        _claim(made, owner, statements={"task": "x", "no_harm": " "})

    assert {error.pointer for error in refused.value.errors} == {
        "/statements/no_influence", "/statements/no_profiling", "/statements/no_harm",
    }  # fmt: skip


def test_only_what_came_out_as_exempt_can_be_claimed(assessed: Assess, owner: Person) -> None:
    with pytest.raises(CannotOverride):
        _claim(assessed(), owner)


def test_upward_holds_at_once_and_outlives_the_next_assessment(
    assessed: Assess, system: AISystem, owner: Person, officer: Person
) -> None:
    raised = _override(assessed(FILTERING_SPAM), officer, "high_risk", expires_on=None)
    assert (raised.kind, raised.state) == ("upward", "approved")
    assert _stands(system) == "high_risk"

    assessed(FILTERING_SPAM)
    assert _stands(system) == "high_risk"
    with pytest.raises(NotPermitted):
        overriding.end(override_id=raised.pk, actor=owner, reason="away", now=NOW)
    with pytest.raises(NotPermitted, match="proposed"):
        overriding.end(override_id=raised.pk, actor=officer, reason="away", now=NOW)
    other = factories.person(Role.RISK_OFFICER, at=system)
    overriding.end(override_id=raised.pk, actor=other, reason="was a mistake", now=NOW)
    assert _stands(system) == "not_high_risk"


def test_downward_needs_a_second_person_and_ends_on_its_day(
    assessed: Assess, system: AISystem, owner: Person, officer: Person, immediate: Callable[[], None]
) -> None:
    proposed = _override(assessed(), owner, "not_high_risk")
    assert proposed.state == "proposed"
    assert _stands(system) == "high_risk"

    _decide(proposed, officer)
    assert _stands(system) == "not_high_risk"
    assert _stands(system, NOW + dt.timedelta(days=31)) == "high_risk"
    immediate()
    assert [event.kind.rpartition(".")[2] for event in Event.objects.filter(entity_id=proposed.pk)] == [
        "proposed", "approved",
    ]  # fmt: skip


def test_the_one_who_proposed_does_not_decide(assessed: Assess, officer: Person) -> None:
    proposed = _override(assessed(), officer, "not_high_risk")

    with pytest.raises(NotPermitted, match="somebody else"):
        _decide(proposed, officer)


def test_whoever_is_not_independent_of_the_proposer_does_not_decide(
    assessed: Assess, owner: Person, officer: Person
) -> None:
    for person in (owner, officer):
        access.set_independence_group(person_id=person.pk, group="family", actor=OPERATOR, now=NOW)
    proposed = _override(assessed(), factories.fresh(owner), "not_high_risk")

    with pytest.raises(NotPermitted, match="independence group"):
        _decide(proposed, factories.fresh(officer))
    statement = (
        "UPDATE governance_override SET state = 'approved', decider_id = %s, decided_at = now(), "
        "event_version = event_version + 1 WHERE id = %s"
    )
    _refused_by("not independent", statement, [officer.pk, proposed.pk])


def test_a_downward_override_does_not_survive_the_next_assessment(
    assessed: Assess, system: AISystem, owner: Person, officer: Person
) -> None:
    made = assessed()
    proposed = _override(made, owner, "not_high_risk")
    assessed()

    with pytest.raises(NotTheNewest):
        _decide(proposed, officer)
    with pytest.raises(NotTheNewest):
        _override(made, owner, "not_high_risk")


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"to": "exempt"}, "/class"),
        ({"to": "nonsense"}, "/class"),
        ({"to": "undetermined"}, "/class"),
        ({"to": "high_risk"}, "/class"),
        ({"to": "not_high_risk", "reason": " "}, "/reason"),
        ({"to": "not_high_risk", "expires_on": None}, "/expires_on"),
        ({"to": "not_high_risk", "expires_on": DAY}, "/expires_on"),
    ],
)
def test_refuses_what_makes_no_sense(
    assessed: Assess, owner: Person, given: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(BadInput) as refused:
        _override(assessed(), owner, **given)

    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_what_is_prohibited_is_not_lowered_by_hand(assessed: Assess, owner: Person) -> None:
    with pytest.raises(CannotOverride):
        _override(assessed(PROHIBITED), owner, "high_risk")


def test_one_proposal_at_a_time_and_one_decision(assessed: Assess, owner: Person, officer: Person) -> None:
    made = assessed()
    proposed = _override(made, owner, "not_high_risk")
    with pytest.raises(AlreadyProposed):
        _override(made, owner, "out_of_scope")
    with pytest.raises(BadInput, match="why"):
        _decide(proposed, officer, approve=False, note="")
    _decide(proposed, officer, approve=False)

    with pytest.raises(OverrideDecided):
        _decide(proposed, officer)
    with pytest.raises(OverrideDecided):
        overriding.end(override_id=proposed.pk, actor=owner, reason="x", now=NOW)


def test_the_proposer_alone_withdraws(assessed: Assess, owner: Person, officer: Person) -> None:
    proposed = _override(assessed(), owner, "not_high_risk")
    with pytest.raises(NotPermitted):
        overriding.end(override_id=proposed.pk, actor=officer, reason="x", now=NOW)

    assert overriding.end(override_id=proposed.pk, actor=owner, reason="x", now=NOW).state == "withdrawn"


@pytest.mark.parametrize("act", ["override", "claim", "decide", "end"])
def test_a_trail_that_cannot_be_written_changes_no_override(
    assessed: Assess, owner: Person, officer: Person, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    made = assessed(EXTRACTING)
    proposed = _claim(made, owner) if act in ("decide", "end") else None

    def fail(**_given: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "record", fail)
    acts: dict[str, Callable[[], Any]] = {
        "override": lambda: _override(made, owner, "not_high_risk"),
        "claim": lambda: _claim(made, owner),
        "decide": lambda: _decide(proposed, officer),  # type: ignore[arg-type]
        "end": lambda: overriding.end(
            override_id=proposed.pk,  # type: ignore[union-attr]
            actor=owner,
            reason="x",
            now=NOW,
        ),
    }
    with pytest.raises(RuntimeError, match="disk full"):
        acts[act]()

    assert [each.state for each in Override.objects.all()] == (["proposed"] if proposed else [])


def test_keys_set_no_class(assessed: Assess, system: AISystem) -> None:
    key, _ = factories.service_key("registry:write", systems=[system])

    assert assessed(actor=key).number == 1
    with pytest.raises(NotPermitted, match="person"):
        _override(assessed(), key, "not_high_risk")


def _refused_by(sentence: str, statement: str, parameters: list[Any]) -> None:
    with pytest.raises(DatabaseError, match=sentence), transaction.atomic():
        _run(statement, parameters)


def _run(statement: str, parameters: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_an_assessment_cannot_be_rewritten_or_deleted(assessed: Assess) -> None:
    made = assessed()

    for change in ("answers = '{}', ", "class_id = 'not_high_risk', ", ""):
        statement = f"UPDATE governance_assessment SET {change}event_version = 2 WHERE id = %s"
        _refused_by("governance_assessment_stands", statement, [made.pk])
    _refused_by("governance_assessment", "DELETE FROM governance_assessment WHERE id = %s", [made.pk])


UPDATES = {
    "who proposed approves": (
        "state = 'approved', decider_id = proposer_id, decided_at = now()",
        "governance_override_is_due|governance_override_down_by_two",
    ),
    "nobody approves": ("state = 'approved'", "governance_override_is_due|governance_override_down_by_two"),
    "another reason": ("reason = 'other'", "governance_override_stands"),
    "another class": ("state = 'withdrawn', to_class = 'out_of_scope'", "governance_override_stands"),
    "backwards": ("state = 'ended'", "governance_override_stands"),
    "no such state": ("state = 'nonsense'", "governance_override_stands"),
}


@pytest.mark.parametrize(("change", "sentence"), UPDATES.values(), ids=list(UPDATES))
def test_the_database_lets_nobody_approve_or_rewrite_alone(
    assessed: Assess, owner: Person, change: str, sentence: str
) -> None:
    proposed = _override(assessed(), owner, "not_high_risk")

    statement = f"UPDATE governance_override SET {change}, event_version = event_version + 1 WHERE id = %s"
    _refused_by(sentence, statement, [proposed.pk])


def test_the_database_knows_who_is_responsible_for_risk(
    assessed: Assess, system: AISystem, owner: Person
) -> None:
    proposed = _override(assessed(), owner, "not_high_risk")
    elsewhere = factories.person(Role.COMPLIANCE_OFFICER, at=factories.system())

    for person in (factories.person(Role.MODEL_OWNER, at=system), elsewhere):
        _refused_by(
            "governance_override_is_due",
            "UPDATE governance_override SET state = 'approved', decider_id = %s, decided_at = now(), "
            "event_version = event_version + 1 WHERE id = %s",
            [person.pk, proposed.pk],
        )


def test_a_decided_override_is_not_decided_again(assessed: Assess, owner: Person, officer: Person) -> None:
    proposed = _decide(_override(assessed(), owner, "not_high_risk"), officer)

    statement = "UPDATE governance_override SET state = %s, event_version = event_version + 1 WHERE id = %s"
    _refused_by("governance_override_stands", statement, ["refused", proposed.pk])


INSERTS = {
    "approved at once": ({"state": "approved"}, "governance_override_is_due"),
    "without a last day": ({"expires_on": None}, "governance_override_down_expires"),
    "without a reason": ({"reason": ""}, "governance_override_has_a_reason"),
    "of no kind": ({"kind": "sideways"}, "governance_known_override_kind"),
    "of another pack": ({"pack": "bank-model-risk"}, "governance_override_is_due"),
}


@pytest.mark.parametrize(("given", "sentence"), INSERTS.values(), ids=list(INSERTS))
def test_the_database_takes_no_other_override(
    assessed: Assess, owner: Person, given: dict[str, Any], sentence: str
) -> None:
    made = assessed()
    row = Override(
        assessment=made, system=made.system, pack=made.pack, kind="downward", state="proposed",
        from_class="high_risk", to_class="not_high_risk", reason="x", expires_on=SOON, proposer=owner,
        proposed_at=NOW,
    )  # fmt: skip
    for name, value in given.items():
        setattr(row, name, value)

    with pytest.raises(DatabaseError, match=sentence), transaction.atomic():
        row.save()


ASSESSMENTS = {
    "the same number": ({}, "governance_assessment_numbered"),
    "no digest": ({"number": 2, "digest": "none"}, "governance_assessment_is_digested"),
    "no class": ({"number": 2, "class_id": ""}, "governance_assessment_has_a_class"),
    "number 0": ({"number": 0}, "governance_assessment_has_a_class"),
}


@pytest.mark.parametrize(("given", "sentence"), ASSESSMENTS.values(), ids=list(ASSESSMENTS))
def test_the_database_takes_no_other_assessment(
    assessed: Assess, given: dict[str, Any], sentence: str
) -> None:
    row = assessed()
    row.pk, row._state.adding = factories.nobody_there(), True
    for name, value in given.items():
        setattr(row, name, value)

    with pytest.raises(DatabaseError, match=sentence), transaction.atomic():
        row.save(force_insert=True)


ENDS = {
    "without a reason": ("ended_by_id = %s, ended_at = now()", "other", "governance_override_end_is_said"),
    "by who raised it": (
        "ended_by_id = %s, ended_at = now(), end_reason = 'x'",
        "own",
        "governance_override_up_ended_by_another",
    ),
    "by somebody": (
        "ended_by_id = %s, ended_at = now(), end_reason = 'x'",
        "owner",
        "governance_override_is_due",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "who", "sentence"), ENDS.values(), ids=list(ENDS))
def test_the_database_lets_nobody_end_an_upward_override_alone(
    assessed: Assess, system: AISystem, owner: Person, officer: Person, change: str, who: str, sentence: str
) -> None:
    raised = _override(assessed(FILTERING_SPAM), officer, "high_risk")
    other = factories.person(Role.RISK_OFFICER, at=system)
    person = {"own": officer, "owner": owner, "other": other}[who]

    statement = (
        f"UPDATE governance_override SET state = 'ended', {change}, event_version = event_version + 1 "
        "WHERE id = %s"
    )
    _refused_by(sentence, statement, [person.pk, raised.pk])


def test_two_open_proposals_of_a_kind_are_one_too_many(assessed: Assess, owner: Person) -> None:
    first = _override(assessed(), owner, "not_high_risk")
    second = Override.objects.get(pk=first.pk)
    second.pk, second._state.adding = factories.nobody_there(), True

    with pytest.raises(DatabaseError, match="governance_one_open_override"), transaction.atomic():
        second.save(force_insert=True)


def test_an_undetermined_system_is_lightened_by_two_only(
    assessed: Assess, system: AISystem, owner: Person
) -> None:
    made = assessed({name: RECRUITING[name] for name in RECRUITING if name != "practices"})
    assert _stands(system) == "undetermined"

    assert _override(made, owner, "high_risk").kind == "downward"
    assert _override(made, owner, "prohibited").kind == "upward"
    assert _stands(system) == "prohibited"
    assert newest_of(system.pk, "eu-ai-act") == made


def test_every_refusal_of_the_room_has_words() -> None:
    for refusal in (AlreadyProposed, CannotOverride, NotTheNewest, OverrideDecided):
        assert issubclass(refusal, Refusal)
        assert str(refusal())
    assert services.assess.__doc__
