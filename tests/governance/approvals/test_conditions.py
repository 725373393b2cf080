"""governance.approvals.conditions: CEL over what the gate is told, and it fails closed."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.approvals.conditions import evaluate, faults_of

NOW = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


def asked(check: str, context: dict[str, Any] | None = None, **given: Any) -> list[str]:
    reasons = evaluate(
        [{"name": "it", "check": check, "text": ""}],
        context=context or {},
        live=given.pop("live", {}),
        now=NOW,
        **given,
    )
    return [reason.code for reason in reasons]


@pytest.mark.parametrize(
    ("check", "context"),
    [
        ("context.share <= 0.25", {"share": 0.25}),
        ("context.share <= 0.25", {"share": 0}),
        ("context.n * 2.0 > 5.0", {"n": 3}),
        ("context.region == 'eu'", {"region": "eu"}),
        ("context.a.b == 1.0", {"a": {"b": 1}}),
        ("context.tags.exists(t, t == 'x')", {"tags": ["y", "x"]}),
        ("now < timestamp('2026-12-15T00:00:00Z')", {}),
        ("!has(context.odd)", {}),
        ("live.override_rate < 0.1", {}),
    ],
)
def test_what_holds(check: str, context: dict[str, Any]) -> None:
    assert asked(check, context, live={"override_rate": 0.07}) == []


@pytest.mark.parametrize(
    ("check", "context", "code"),
    [
        ("context.share <= 0.25", {"share": 0.3}, "CONDITION_NOT_FULFILLED"),
        ("context.share <= 0.25", {}, "CONDITION_KEY_MISSING"),
        ("context.share <= 0.25", {"share": "a lot"}, "CONDITION_NOT_FULFILLED"),
        ("context.a.b == 1.0", {"a": 3}, "CONDITION_NOT_FULFILLED"),
        ("context.ok", {"ok": 1}, "CONDITION_NOT_FULFILLED"),
        ("!(context.share > 0.5)", {"share": float("nan")}, "CONDITION_NOT_FULFILLED"),
        ("context.share >= 0.0", {"share": float("inf")}, "CONDITION_NOT_FULFILLED"),
        ("context.share >= 0.0", {"share": 10**400}, "CONDITION_NOT_FULFILLED"),
    ],
)
def test_what_does_not(check: str, context: dict[str, Any], code: str) -> None:
    assert asked(check, context) == [code]


def test_says_the_name_of_what_is_missing() -> None:
    (reason,) = evaluate(
        [{"name": "it", "check": "context.share <= 0.25", "text": ""}], context={}, live={}, now=NOW
    )

    assert "'share'" in reason.detail


def test_what_is_waived_is_left_out() -> None:
    assert asked("context.share <= 0.25", {}, waived=["it"]) == []


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("context.share <=", "Line 1, column 17"),
        ("odd > 1.0", "Line 1, column 1"),
        ("1.0 &&\n 2.0", "Line 1"),
        ("1 + 1", "a check is true or false"),
        ("'a' < 1", "Line 1, column 5"),
        ("x" * 3_000, "at most"),
    ],
)
def test_a_bad_check_is_told_where(check: str, said: str) -> None:
    faults = faults_of(check, "/conditions/0/check")

    assert faults
    assert all(fault.pointer == "/conditions/0/check" for fault in faults)
    assert any(said in fault.detail for fault in faults)


@given(st.text(max_size=60))
def test_no_text_breaks_the_compiler(check: str) -> None:
    faults_of(check, "")


@given(
    st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
            ),
            max_leaves=8,
        ),
        max_size=4,
    )
)
def test_no_context_breaks_the_judge(context: dict[str, Any]) -> None:
    assert asked("context.share <= 0.25", context) in (
        [], ["CONDITION_KEY_MISSING"], ["CONDITION_NOT_FULFILLED"],
    )  # fmt: skip
