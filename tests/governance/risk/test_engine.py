"""governance.risk.engine and answers: what follows from typed answers, and what is refused as one."""

import datetime as dt
from typing import Any

import pytest

from audit.refusals import BadInput
from governance.risk.answers import as_json, read_answers
from governance.risk.conditions import conjunction, disjunction
from governance.risk.engine import Classification, classify, questions_to_ask
from governance.risk.packs import newest

PACK = newest("eu-ai-act")
assert PACK is not None
RECRUITING: dict[str, Any] = {
    "ai_system": True, "outside": ["none"], "role": ["provider"], "acts_for": "private",
    "practices": ["none"], "product": "none", "areas": ["work"], "work_use": ["recruit"],
    "part": "influences", "transparency": ["none"], "gpai": "no",
}  # fmt: skip
EXTRACTING = RECRUITING | {"part": "narrow", "profiling": False, "taken_over": False}


def _of(answers: dict[str, Any], *, on: dt.date = dt.date(2026, 11, 20)) -> Classification:
    assert PACK is not None
    return classify(PACK, read_answers(PACK, answers), on=on)


@pytest.mark.parametrize(
    ("truths", "all_of", "any_of"),
    [
        ([True, None], None, True),
        ([False, None], False, None),
        ([None], None, None),
        ([True, False], False, True),
        ([], True, False),
    ],
)
def test_unknown_spreads_unless_the_rest_settles_it(
    truths: list[bool | None], all_of: bool | None, any_of: bool | None
) -> None:
    assert conjunction(truths) is all_of
    assert disjunction(truths) is any_of


def test_names_class_points_rules_and_the_answers_they_rest_on() -> None:
    found = _of(RECRUITING)

    assert found.result["class"] == "high_risk"
    assert found.result["points"] == ["III.4(a)"]
    point = next(each for each in found.as_json()["trace"] if each["rule"] == "annex3.4a")
    assert point["citation"] == "Regulation (EU) 2024/1689 Annex III 4(a)"
    assert point["answers"] == {"work_use": ["recruit"], "part": "influences"}
    assert found.undetermined == ()


def test_nothing_answered_asks_the_first_question_first() -> None:
    found = _of({})

    assert found.class_ == "undetermined"
    assert found.undetermined == ("ai_system",)
    assert found.result["possible"] == ["prohibited", "high_risk", "not_high_risk"]
    assert found.obligations == ()


def test_an_unanswered_prohibition_leaves_the_class_open() -> None:
    found = _of(RECRUITING | {"practices": None})

    assert found.class_ == "undetermined"
    assert found.undetermined == ("practices",)
    assert found.result["points"] == ["III.4(a)"]


def test_an_exemption_has_to_be_certain() -> None:
    assert _of(EXTRACTING).class_ == "exempt"
    assert _of(EXTRACTING).result["exempt_by"] == ["6(3)(a)"]
    for name in ("part", "profiling", "taken_over"):
        assert _of(EXTRACTING | {name: "unknown"}).class_ == "high_risk"


def test_profiling_and_being_taken_over_end_the_exemption() -> None:
    assert _of(EXTRACTING | {"profiling": True}).class_ == "high_risk"
    assert _of(EXTRACTING | {"taken_over": True}).class_ == "high_risk"


def test_i_do_not_know_goes_on_with_the_questions_behind_it() -> None:
    assert PACK is not None
    asked = [question.id for question in questions_to_ask(PACK, read_answers(PACK, {"ai_system": None}))]

    assert asked[:3] == ["ai_system", "outside", "role"]
    assert [each.id for each in questions_to_ask(PACK, {})] == ["ai_system"]


def test_an_answer_counts_also_where_it_was_not_asked_for() -> None:
    found = _of(RECRUITING | {"areas": ["none"]})

    assert found.class_ == "high_risk"


def test_duties_follow_role_class_and_day() -> None:
    before = _of(RECRUITING)
    after = _of(RECRUITING, on=dt.date(2027, 12, 2))
    nine = next(each for each in before.obligations if each.article == "Art. 9")

    assert nine.applies_from == dt.date(2027, 12, 2)
    assert not nine.in_force
    assert next(each for each in after.obligations if each.article == "Art. 9").in_force
    assert {each.who for each in before.obligations} == {"provider"}


def test_not_knowing_the_role_takes_no_duty_away() -> None:
    found = _of({name: value for name, value in RECRUITING.items() if name != "role"})

    assert {each.who for each in found.obligations} >= {"provider", "deployer"}


@pytest.mark.parametrize(
    ("answers", "pointer", "code"),
    [
        ([], "/answers", "WRONG_TYPE"),
        ({"colour": "red"}, "/answers/colour", "UNKNOWN_FIELD"),
        ({"a/b": 1}, "/answers/a~1b", "UNKNOWN_FIELD"),
        ({"ai_system": "yes"}, "/answers/ai_system", "WRONG_TYPE"),
        ({"ai_system": 1}, "/answers/ai_system", "WRONG_TYPE"),
        ({"part": ["narrow"]}, "/answers/part", "WRONG_TYPE"),
        ({"part": "all of it"}, "/answers/part", "BAD_VALUE"),
        ({"areas": "work"}, "/answers/areas", "WRONG_TYPE"),
        ({"areas": []}, "/answers/areas", "EMPTY"),
        ({"areas": ["work", "moon"]}, "/answers/areas", "BAD_VALUE"),
        ({"areas": ["work", {}]}, "/answers/areas", "WRONG_TYPE"),
        ({"areas": ["none", "work"]}, "/answers/areas", "CONTRADICTION"),
    ],
)
def test_refuses_what_is_no_answer(answers: Any, pointer: str, code: str) -> None:
    assert PACK is not None
    with pytest.raises(BadInput) as refused:
        read_answers(PACK, answers)

    assert [(error.pointer, error.code) for error in refused.value.errors] == [(pointer, code)]


def test_refuses_everything_at_once() -> None:
    assert PACK is not None
    with pytest.raises(BadInput) as refused:
        read_answers(PACK, {"colour": 1, "ai_system": 1, "areas": []})

    assert len(refused.value.errors) == 3


def test_answers_are_kept_as_they_came() -> None:
    assert PACK is not None
    said = {"areas": ["work", "education"], "ai_system": "unknown", "practices": ["unknown"]}

    assert as_json(read_answers(PACK, said)) == {
        "areas": ["education", "work"], "ai_system": None, "practices": None,
    }  # fmt: skip
