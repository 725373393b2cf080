"""governance.risk.drafting: a questionnaire is kept, confirmed, handed over, and becomes an assessment."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from audit.refusals import BadInput, NotFound, NotPermitted
from audit.trail import services as trail
from governance.access.models import Person
from governance.access.roles import Role
from governance.risk import drafting
from governance.risk.errors import DraftChanged
from governance.risk.models import Assessment, AssessmentDraft
from governance.risk.packs import newest
from registry.systems.models import AISystem
from tests import factories
from tests.governance.risk.answered import DAY, FILTERING_SPAM, NOW, RECRUITING

pytestmark = pytest.mark.django_db
PACK = newest("eu-ai-act")
assert PACK is not None


@pytest.fixture
def draft(system: AISystem, owner: Person) -> AssessmentDraft:
    return _begin(system, owner)


def _begin(system: AISystem, actor: Person) -> AssessmentDraft:
    assert PACK is not None
    return drafting.begin(system_id=system.pk, actor=actor, pack=PACK, now=NOW)


def _answer(draft: AssessmentDraft, actor: Person, given: dict[str, Any], *more: str) -> AssessmentDraft:
    return drafting.answer(draft_id=draft.pk, actor=actor, given=given, asked=[*given, *more], now=NOW)


def _file(draft: AssessmentDraft, actor: Person) -> Assessment:
    return drafting.file(draft_id=draft.pk, actor=actor, note="", on=DAY, now=NOW)


def test_is_kept_as_it_is_filled_in_and_then_filed(draft: AssessmentDraft, owner: Person) -> None:
    _answer(draft, owner, {"ai_system": True, "outside": None})
    _answer(draft, owner, RECRUITING)
    made = _file(draft, owner)

    assert made.class_id == "high_risk"
    assert made.answers == RECRUITING
    assert not AssessmentDraft.objects.exists()
    with pytest.raises(NotFound):
        _file(draft, owner)


def test_opening_it_again_is_the_same_one(draft: AssessmentDraft, system: AISystem, owner: Person) -> None:
    assert _begin(system, owner).pk == draft.pk


def test_leaves_out_what_is_no_longer_asked(draft: AssessmentDraft, owner: Person) -> None:
    _answer(draft, owner, RECRUITING)
    _answer(draft, owner, {"areas": ["none"]})

    made = _file(draft, owner)

    assert made.answers == FILTERING_SPAM
    assert made.class_id == "not_high_risk"


def test_what_is_left_empty_is_taken_away(draft: AssessmentDraft, owner: Person) -> None:
    _answer(draft, owner, RECRUITING)

    assert "areas" not in _answer(draft, owner, {}, "areas").answers


def test_answers_of_before_have_to_be_confirmed(
    system: AISystem, owner: Person, assessed: Callable[..., Assessment]
) -> None:
    before = assessed()
    draft = _begin(system, owner)
    assert draft.answers == RECRUITING
    assert set(draft.unconfirmed) == RECRUITING.keys()

    with pytest.raises(BadInput) as refused:
        _file(draft, owner)
    assert {error.code for error in refused.value.errors} == {"UNCONFIRMED"}
    _answer(draft, owner, RECRUITING)
    assert _file(draft, owner).parent == before


def test_a_bad_answer_keeps_nothing(draft: AssessmentDraft, owner: Person) -> None:
    with pytest.raises(BadInput):
        _answer(draft, owner, {"ai_system": True, "areas": ["moon"]})

    draft.refresh_from_db()
    assert draft.answers == {}


def test_is_filled_in_by_one_person_at_a_time(
    draft: AssessmentDraft, system: AISystem, owner: Person
) -> None:
    other = factories.person(Role.MODEL_OWNER, at=system)
    with pytest.raises(DraftChanged):
        _answer(draft, other, RECRUITING)
    with pytest.raises(BadInput, match="already"):
        drafting.hand_over(draft_id=draft.pk, actor=owner, to=owner, now=NOW)
    drafting.hand_over(draft_id=draft.pk, actor=owner, to=other, now=NOW)

    with pytest.raises(DraftChanged):
        _answer(draft, owner, RECRUITING)
    _answer(draft, other, RECRUITING)
    drafting.hand_over(draft_id=draft.pk, actor=owner, to=owner, now=NOW + dt.timedelta(minutes=1))
    assert _file(draft, owner).by == owner.audit_ref


def test_goes_to_nobody_who_may_not_assess(draft: AssessmentDraft, owner: Person, officer: Person) -> None:
    with pytest.raises(BadInput, match="may not"):
        drafting.hand_over(draft_id=draft.pk, actor=owner, to=officer, now=NOW)
    for act in (
        lambda: drafting.hand_over(draft_id=draft.pk, actor=officer, to=officer, now=NOW),
        lambda: drafting.discard(draft_id=draft.pk, actor=officer),
        lambda: _begin(draft.system, officer),
    ):
        with pytest.raises(NotPermitted):
            act()


def test_an_empty_one_is_not_filed(draft: AssessmentDraft, owner: Person) -> None:
    with pytest.raises(BadInput, match="Answer"):
        _file(draft, owner)


def test_can_be_put_away(draft: AssessmentDraft, owner: Person) -> None:
    drafting.discard(draft_id=draft.pk, actor=owner)

    assert not AssessmentDraft.objects.exists()


def test_a_trail_that_cannot_be_written_keeps_the_draft(
    draft: AssessmentDraft, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_given: Any) -> None:
        raise RuntimeError("disk full")

    _answer(draft, owner, RECRUITING)
    monkeypatch.setattr(trail, "record", fail)

    with pytest.raises(RuntimeError, match="disk full"):
        _file(draft, owner)
    assert AssessmentDraft.objects.exists()
    assert not Assessment.objects.exists()
