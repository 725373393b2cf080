"""governance.gate.judging.judge: from facts to allow, warn or deny, failing closed."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.gate import judging
from governance.gate.judging import Facts, Signed, judge
from registry.systems.reasons import Reason

FINE = Facts(environment="production", mode="block", known=True, class_="high_risk", approval=Signed("0193"))
MODES = ("block", "warn", "allow")
STOPS = {"UNKNOWN_ENVIRONMENT", "UNKNOWN_VERSION", "UNKNOWN_ARTIFACTS", "AMBIGUOUS", "SUSPENDED",
         "PROHIBITED", "UNDECIDABLE"}  # fmt: skip
NOTES = {"REVALIDATION_OVERDUE", "UNDETERMINED"}
UNMET = Reason("CONDITION_NOT_FULFILLED", "Condition 'tests' does not hold.")


def but(**changes: Any) -> Facts:
    return dataclasses.replace(FINE, **changes)


def codes(facts: Facts) -> list[str]:
    return [reason.code for reason in judge(facts).reasons]


def test_lets_through_what_is_signed_and_says_nothing() -> None:
    assert judge(FINE) == ("allow", ())


def test_denies_a_question_about_nothing() -> None:
    assert judge(Facts()).decision == "deny"
    assert codes(Facts()) == ["UNKNOWN_ENVIRONMENT", "UNKNOWN_VERSION"]


@pytest.mark.parametrize(
    ("facts", "code", "decisions"),
    [
        (but(mode=None), "UNKNOWN_ENVIRONMENT", None),
        (but(known=False), "UNKNOWN_VERSION", ("deny", "deny", "deny")),
        (but(known=False, matches=0), "UNKNOWN_ARTIFACTS", ("deny", "deny", "deny")),
        (but(known=False, matches=2), "AMBIGUOUS", ("deny", "deny", "deny")),
        (but(suspended=["The model is suspended."]), "SUSPENDED", ("deny", "deny", "deny")),
        (but(class_="prohibited"), "PROHIBITED", ("deny", "deny", "deny")),
        (but(class_=None), "UNCLASSIFIED", ("deny", "warn", "allow")),
        (but(approval=None), "NOT_APPROVED", ("deny", "warn", "allow")),
        (but(approval=None, why_none=[Reason("APPROVAL_STALE", "The card changed.")]), "APPROVAL_STALE",
         ("deny", "warn", "allow")),
        (but(approval=Signed("1", unfulfilled=[UNMET])), "CONDITION_NOT_FULFILLED",
         ("deny", "warn", "allow")),
        (but(approval=Signed("1", "lapsed")), "REVALIDATION_LAPSED", ("deny", "warn", "allow")),
        (but(approval=Signed("1", "what?")), "REVALIDATION_LAPSED", ("deny", "warn", "allow")),
        (but(approval=Signed("1", "overdue")), "REVALIDATION_OVERDUE", ("warn", "warn", "allow")),
        (but(class_="undetermined"), "UNDETERMINED", ("warn", "warn", "allow")),
        (but(regions=["eu"], region="us"), "REGION_NOT_ALLOWED", ("deny", "warn", "allow")),
        (but(regions=["eu"], region=["eu"]), "REGION_NOT_ALLOWED", ("deny", "warn", "allow")),
        (but(spend=11, ceiling=10), "SPEND_ABOVE_CEILING", ("deny", "warn", "allow")),
        (but(spend=float("nan"), ceiling=10), "SPEND_ABOVE_CEILING", ("deny", "warn", "allow")),
        (but(spend=True, ceiling=10), "SPEND_UNKNOWN", ("deny", "warn", "allow")),
        (but(ceiling=10), "SPEND_UNKNOWN", ("deny", "warn", "allow")),
    ],
)  # fmt: skip
def test_each_finding_weighs_by_the_mode(facts: Facts, code: str, decisions: tuple[str, ...] | None) -> None:
    assert codes(facts) == [code]
    if decisions is None:
        assert judge(facts).decision == "deny"
        return
    for mode, decision in zip(MODES, decisions, strict=True):
        assert judge(dataclasses.replace(facts, mode=mode)).decision == decision


def test_what_needs_no_approval_goes_without() -> None:
    assert judge(but(approval=None, demands_approval=False)).decision == "allow"


def test_a_waiver_frees_of_what_can_be_waived_only() -> None:
    unmet = but(
        approval=Signed("1", "lapsed", [UNMET]), waived=frozenset({"REVALIDATION_LAPSED", UNMET.code})
    )
    unsigned = but(approval=None, suspended=["It is."], waived=frozenset({"NOT_APPROVED", "SUSPENDED"}))

    assert judge(unmet).decision == "allow"
    assert codes(unsigned) == ["SUSPENDED", "NOT_APPROVED"]


def test_a_crash_is_a_denial(monkeypatch: pytest.MonkeyPatch) -> None:
    def fall_over(facts: Facts) -> Any:
        raise RuntimeError("out of order")

    rule = judging.Rule("broken", judging.Weight.NOTE, fall_over)
    monkeypatch.setattr(judging, "RULES", (*judging.RULES, rule))

    assert (judge(but(mode="allow")).decision, codes(FINE)) == ("deny", ["UNDECIDABLE"])


@pytest.mark.parametrize("broken", [{"suspended": 7}, {"why_none": [object()], "approval": None}])
def test_facts_that_make_no_sense_are_a_denial(broken: dict[str, Any]) -> None:
    assert codes(but(mode="allow", **broken)) == ["UNDECIDABLE"]


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
reasons = st.lists(st.builds(Reason, st.sampled_from(sorted(judging.SENTENCES)), st.text()), max_size=2)
facts_of_any_kind = st.builds(
    Facts,
    environment=st.text(max_size=5),
    mode=st.sampled_from([*MODES, None, "unheard of"]),
    regions=st.lists(st.sampled_from(["eu", "us"]), max_size=2),
    matches=st.none() | st.integers(0, 3),
    known=st.booleans(),
    suspended=st.lists(st.text(), max_size=2),
    class_=st.sampled_from(["prohibited", "high_risk", "exempt", "not_high_risk", "undetermined", None]),
    demands_approval=st.booleans(),
    approval=st.none()
    | st.builds(Signed, st.just("1"), st.sampled_from(["ok", "overdue", "lapsed", ""]), reasons),
    why_none=st.just([]),
    waived=st.frozensets(st.sampled_from(sorted(judging.SENTENCES)), max_size=3),
    region=anything,
    spend=anything,
    ceiling=anything,
)


@given(facts_of_any_kind)
def test_never_allows_what_must_stop(facts: Facts) -> None:
    decision, found = judge(facts)
    said = {reason.code for reason in found}

    assert said <= judging.SENTENCES.keys()
    if facts.mode is None or not facts.known or facts.suspended or facts.class_ == "prohibited":
        assert decision == "deny"
    if facts.mode not in ("warn", "allow") and said - NOTES:
        assert decision == "deny"
    if decision == "deny":
        assert said
    if decision == "allow" and facts.mode != "allow":
        assert not said
        assert facts.class_ is not None
        assert facts.approval is not None or not facts.demands_approval


@given(facts_of_any_kind, st.sampled_from(MODES))
def test_a_milder_mode_never_hides_a_reason(facts: Facts, mode: str) -> None:
    strict = dataclasses.replace(facts, mode="block")
    milder = dataclasses.replace(facts, mode=mode)
    order = ["allow", "warn", "deny"]

    assert judge(milder).reasons == judge(strict).reasons
    assert order.index(judge(milder).decision) <= order.index(judge(strict).decision)


@given(facts_of_any_kind, st.text(min_size=1))
def test_a_suspension_only_takes_away(facts: Facts, what: str) -> None:
    if facts.known:
        assert judge(dataclasses.replace(facts, suspended=[what])).decision == "deny"
