"""reviews.routing.engine: accept or review, and why."""

import hmac
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.routing import reasons as codes
from reviews.routing.engine import (
    CompiledPolicy,
    Facts,
    Routed,
    classes_of,
    compile_policy,
    draw,
    route,
)

CLASSES = frozenset({"fraud", "ok", "blocked", "odd"})


def policy(*, classes: frozenset[str] | None = CLASSES, salt: bytes = b"salt", **body: Any) -> CompiledPolicy:
    return compile_policy(
        {"queue": "fraud", "threshold": 0.85, **body}, number=7, salt=salt, model="screen", classes=classes
    )


def facts(**given_facts: Any) -> Facts:
    """A prediction that stands alone."""
    fine: dict[str, Any] = {
        "external_id": "txn-1",
        "confidence": 0.99,
        "classes": ("ok",),
        "output_valid": True,
        "input_valid": True,
        "known_version": True,
        "known_environment": True,
    }
    return Facts(**{**fine, **given_facts})


def reasons(routed: Routed) -> tuple[str, ...]:
    assert (routed.decision == "review") == routed.blocks
    return routed.reasons


def test_accepts_a_prediction_that_nothing_speaks_against() -> None:
    routed = route(policy(), facts())

    assert not routed.to_person
    assert routed == ("accept", (), 0.0, False, "fraud", 0, {}, 240, 1)


def test_sends_everything_to_a_person_while_no_policy_is_published() -> None:
    routed = route(None, facts())

    assert reasons(routed) == (codes.FAILSAFE_POLICY,)
    assert (routed.decision, routed.propensity, routed.queue) == ("review", 1.0, None)


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        (0.85, ()),
        (0.8499999999999999, (codes.LOW_CONFIDENCE,)),
        (0, (codes.LOW_CONFIDENCE,)),
        (1, ()),
        (1.0, ()),
        (None, (codes.FAILSAFE_CONFIDENCE,)),
        (math.nan, (codes.FAILSAFE_CONFIDENCE,)),
        (math.inf, (codes.FAILSAFE_CONFIDENCE,)),
        (-math.inf, (codes.FAILSAFE_CONFIDENCE,)),
        (-1e-300, (codes.FAILSAFE_CONFIDENCE,)),
        (1.0000000000000002, (codes.FAILSAFE_CONFIDENCE,)),
        (2, (codes.FAILSAFE_CONFIDENCE,)),
        (10**400, (codes.FAILSAFE_CONFIDENCE,)),
        (True, (codes.FAILSAFE_CONFIDENCE,)),
        (False, (codes.FAILSAFE_CONFIDENCE,)),
        ("0.99", (codes.FAILSAFE_CONFIDENCE,)),
        ([0.99], (codes.FAILSAFE_CONFIDENCE,)),
        ({}, (codes.FAILSAFE_CONFIDENCE,)),
    ],
)
def test_judges_the_confidence(confidence: object, expected: tuple[str, ...]) -> None:
    assert reasons(route(policy(), facts(confidence=confidence))) == expected


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_passes_what_equals_the_threshold_at_the_ends(threshold: float) -> None:
    assert reasons(route(policy(threshold=threshold), facts(confidence=threshold))) == ()


@pytest.mark.parametrize(
    ("classes", "confidence", "expected"),
    [
        (("fraud",), 0.94, (codes.LOW_CONFIDENCE,)),
        (("fraud",), 0.95, ()),
        (("ok",), 0.5, ()),
        (("ok",), 0.49, (codes.LOW_CONFIDENCE,)),
        (("odd",), 0.84, (codes.LOW_CONFIDENCE,)),
        (("odd",), 0.85, ()),
        ((), 0.84, (codes.LOW_CONFIDENCE,)),
        ((), 0.85, ()),
        (("ok", "fraud"), 0.94, (codes.LOW_CONFIDENCE,)),
        (("fraud", "ok"), 0.94, (codes.LOW_CONFIDENCE,)),
        (("ok", "odd"), 0.84, (codes.LOW_CONFIDENCE,)),
        (("ok", "odd"), 0.85, ()),
    ],
)
def test_lets_a_class_threshold_replace_the_default_and_the_strictest_win(
    classes: tuple[str, ...], confidence: float, expected: tuple[str, ...]
) -> None:
    strict = policy(class_thresholds={"fraud": 0.95, "ok": 0.5})

    assert reasons(route(strict, facts(classes=classes, confidence=confidence))) == expected


@pytest.mark.parametrize("classes", [("blocked",), ("ok", "blocked")])
def test_always_reviews_a_class_that_is_named(classes: tuple[str, ...]) -> None:
    routed = route(policy(always_review=["blocked"]), facts(classes=classes))

    assert reasons(routed) == (codes.CLASS_ALWAYS_REVIEWED,)
    assert routed.propensity == 1.0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"suspended": True}, codes.SUSPENDED),
        ({"not_approved": True}, codes.NOT_APPROVED),
        ({"known_version": False}, codes.FAILSAFE_VERSION),
        ({"known_environment": False}, codes.FAILSAFE_ENVIRONMENT),
        ({"input_valid": False}, codes.FAILSAFE_INPUT),
        ({"output_valid": False}, codes.FAILSAFE_OUTPUT),
        ({"classes": ("unheard of",)}, codes.FAILSAFE_OUTPUT),
        ({"classes": ("ok", "unheard of")}, codes.FAILSAFE_OUTPUT),
        ({"extras": ("FAILSAFE_INPUT",)}, codes.FAILSAFE_INPUT),
        ({"extras": ("FAILSAFE_OUTPUT",)}, codes.FAILSAFE_OUTPUT),
        ({"extras": ("FAILSAFE_ENVIRONMENT",)}, codes.FAILSAFE_ENVIRONMENT),
        ({"extras": ("FAILSAFE_VERSION",)}, codes.FAILSAFE_VERSION),
        ({"extras": ("FAILSAFE_CONFIDENCE",)}, codes.FAILSAFE_CONFIDENCE),
        ({"extras": ("FAILSAFE_POLICY",)}, codes.FAILSAFE_POLICY),
        ({"extras": ("RULE:large",)}, "RULE:large"),
    ],
)
def test_fails_closed(change: dict[str, Any], expected: str) -> None:
    routed = route(policy(), facts(**change))

    assert reasons(routed) == (expected,)
    assert (routed.decision, routed.propensity) == ("review", 1.0)


def test_knows_any_class_where_the_schema_has_no_enum() -> None:
    assert reasons(route(policy(classes=None), facts(classes=("unheard of",)))) == ()


def test_fails_closed_on_facts_that_nobody_filled_in() -> None:
    assert reasons(route(None, Facts(external_id="x"))) == (
        codes.FAILSAFE_VERSION,
        codes.FAILSAFE_ENVIRONMENT,
        codes.FAILSAFE_POLICY,
        codes.FAILSAFE_INPUT,
        codes.FAILSAFE_OUTPUT,
        codes.FAILSAFE_CONFIDENCE,
    )


def test_lists_every_reason_that_holds_in_the_order_of_the_table() -> None:
    everything = facts(
        classes=("blocked", "unheard of"),
        confidence=0.1,
        suspended=True,
        not_approved=True,
        known_version=False,
        known_environment=False,
        input_valid=False,
        extras=("FAILSAFE_POLICY",),
    )

    routed = route(policy(always_review=["blocked"], qa_rate=1.0), everything)

    order = [row.code for row in codes.TABLE if row.code not in (codes.FAILSAFE_CONFIDENCE, codes.FLAGGED)]
    assert list(reasons(routed)) == order


def test_answers_accept_for_a_check_that_does_not_block() -> None:
    routed = route(policy(qa_rate=1.0, qa_blocks=False), facts())

    assert (routed.decision, routed.blocks, routed.to_person) == ("accept", False, True)
    assert (routed.reasons, routed.propensity) == ((codes.RANDOM_QA,), 1.0)


def test_waits_for_a_check_that_blocks() -> None:
    routed = route(policy(qa_rate=1.0, qa_blocks=True), facts())

    assert (routed.decision, routed.blocks) == ("review", True)


def test_blocks_whenever_something_but_chance_asks_for_a_person() -> None:
    routed = route(policy(qa_rate=1.0, qa_blocks=False), facts(confidence=0.1))

    assert routed.reasons == (codes.LOW_CONFIDENCE, codes.RANDOM_QA)
    assert (routed.decision, routed.blocks, routed.propensity) == ("review", True, 1.0)


def test_stores_the_rate_as_propensity_also_of_what_was_not_drawn() -> None:
    checked = policy(qa_rate=0.3)

    routed = [route(checked, facts(external_id=f"txn-{n}")) for n in range(2_000)]

    assert {each.propensity for each in routed} == {0.3}
    drawn = sum(each.to_person for each in routed)
    # 600 expected, standard deviation 20.5; fixed salt and ids, so this never changes.
    assert 500 < drawn < 700


def test_draws_the_same_on_every_retry_and_otherwise_under_another_salt_model_or_id() -> None:
    one, again = policy(), policy(qa_rate=0.5)
    elsewhere = compile_policy(
        {"queue": "q", "threshold": 0.5}, number=1, salt=b"salt", model="other", classes=None
    )

    assert draw(one, "txn-1") == draw(again, "txn-1")
    assert len({draw(one, "txn-1"), draw(policy(salt=b"x"), "txn-1"), draw(elsewhere, "txn-1")}) == 3
    assert draw(one, "txn-1") != draw(one, "txn-2")


@given(st.binary(min_size=1, max_size=100), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_draws_by_hmac_sha256(salt: bytes, external_id: str) -> None:
    digest = hmac.digest(salt, b"screen\0" + external_id.encode(), "sha256")

    drawn = draw(policy(salt=salt), external_id)

    assert drawn == (int.from_bytes(digest, "big") >> 203) / 2**53
    assert 0.0 <= drawn < 1.0


def test_draws_evenly() -> None:
    one = policy()
    tenths = [0] * 10
    for n in range(10_000):
        tenths[int(draw(one, str(n)) * 10)] += 1

    assert all(850 < count < 1_150 for count in tenths)  # 1,000 +- 5 standard deviations


def test_refuses_a_policy_without_a_salt() -> None:
    with pytest.raises(ValueError, match="salt"):
        policy(salt=b"")


@given(
    confidence=st.none() | st.floats() | st.integers(-1, 2),
    classes=st.lists(st.sampled_from(sorted(CLASSES)), max_size=3).map(tuple),
    rate=st.sampled_from([0.0, 0.2, 1.0]),
    blocks=st.booleans(),
    flags=st.tuples(*[st.booleans()] * 6),
    published=st.booleans(),
)
def test_never_lets_stand_what_something_speaks_against(
    *,
    confidence: object,
    classes: tuple[str, ...],
    rate: float,
    blocks: bool,
    flags: tuple[bool, ...],
    published: bool,
) -> None:
    body = policy(class_thresholds={"fraud": 0.95}, always_review=["blocked"], qa_rate=rate, qa_blocks=blocks)
    given_facts = facts(
        confidence=confidence,
        classes=classes,
        output_valid=flags[0],
        input_valid=flags[1],
        known_version=flags[2],
        known_environment=flags[3],
        suspended=flags[4],
        not_approved=flags[5],
    )

    routed = route(body if published else None, given_facts)

    by_chance = set(routed.reasons) <= {codes.RANDOM_QA}
    fine = all(flags[:4]) and not any(flags[4:]) and published
    if routed.decision == "accept":
        assert fine
        assert by_chance
        assert isinstance(confidence, float | int)
        assert (0.95 if "fraud" in classes else 0.85) <= confidence <= 1
        assert "blocked" not in classes
    else:
        assert routed.reasons
    assert routed.propensity == (rate if by_chance else 1.0)
    assert 0 <= routed.priority <= 100
    assert routed.priority == sum(routed.priority_parts.values())
    assert routed == route(body if published else None, given_facts)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({"label": "fraud"}, ("fraud",)),
        ({"label": ["fraud", "ok"]}, ("fraud", "ok")),
        ({"label": []}, ()),
        ({"label": ["fraud", 1]}, ()),
        ({"label": 3}, ()),
        ({"label": None}, ()),
        ({"label": {"name": "fraud"}}, ()),
        ({}, ()),
        ("fraud", ()),
        (["fraud"], ()),
        (None, ()),
    ],
)
def test_takes_a_string_as_one_class_and_an_array_of_strings_as_several(
    output: object, expected: tuple[str, ...]
) -> None:
    assert classes_of(output, "label") == expected


def test_looks_for_the_class_where_the_model_says() -> None:
    assert classes_of({"label": "x", "kind": "fraud"}, "kind") == ("fraud",)


def test_takes_queue_deadline_and_reviewers_from_the_policy() -> None:
    routed = route(policy(deadline_minutes=30, reviewers=1), facts(confidence=0.1))

    assert (routed.queue, routed.deadline_minutes, routed.reviewers) == ("fraud", 30, 1)


@pytest.mark.parametrize("row", codes.TABLE, ids=lambda row: row.code)
def test_explains_every_reason_in_a_sentence(row: codes.Reason) -> None:
    assert codes.reason_for(row.code) == row
    assert row.sentence.endswith(".")


def test_explains_rules_and_guardrails_by_name() -> None:
    assert "large" in codes.reason_for("RULE:large").sentence
    assert "sum-fits" in codes.reason_for("GUARDRAIL:sum-fits").sentence
    with pytest.raises(KeyError):
        codes.reason_for("NONSENSE")
