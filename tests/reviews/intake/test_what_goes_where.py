"""What goes to a person and what is refused: every line of the contract, with its exact code."""

import json
from typing import Any

import pytest

from reviews.intake.models import Payload, Prediction
from tests.reviews.intake.making import (
    INPUT_SCHEMA,
    a_key,
    a_model,
    a_posting,
    counts,
    lines,
    publish,
    register,
)

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.any_server]

NAN = float("nan")


def raw(body: dict[str, Any], **texts: str) -> bytes:
    """The body with some members spelled as no serialiser would."""
    text = json.dumps(body)
    for name, spelled in texts.items():
        text = text.replace(json.dumps(f"@{name}"), spelled)
    return text.encode()


def deep(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


@pytest.mark.parametrize(
    ("spell", "code"),
    [
        (lambda text: text[:-1], "MALFORMED_JSON"),
        (lambda text: b"", "MALFORMED_JSON"),
        (lambda text: b"[1, 2", "MALFORMED_JSON"),
        (lambda text: b"\xff\xfe" + text, "MALFORMED_JSON"),
        (lambda text: text.replace(b'"version"', b'"model": "x", "version"'), "MALFORMED_JSON"),
        (lambda text: text.replace(b"12.5", b'"a\\u0000b"'), "MALFORMED_JSON"),
        (lambda text: text.replace(b"12.5", b'"\\ud800"'), "MALFORMED_JSON"),
        (lambda text: text.replace(b"12.5", deep(63).encode()), "MALFORMED_JSON"),
        (lambda text: b"[" * 100_000, "MALFORMED_JSON"),
        (lambda text: b"[]", "NOT_AN_OBJECT"),
        (lambda text: b'"text"', "NOT_AN_OBJECT"),
        (lambda text: b"{}", "REQUIRED"),
        (lambda text: text.replace(b'"version"', b'"verzion"'), "UNKNOWN_FIELD"),
    ],
)
def test_refuses_what_nobody_can_read(spell: Any, code: str) -> None:
    posting = a_posting()
    text = spell(json.dumps(posting.body()).encode())

    response = posting.post(text)
    batch = lines(posting.post_lines(text.replace(b"\n", b" "), posting.body())) if text.strip() else []

    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == code
    if batch:
        assert batch[0]["error"]["code"] == code
        assert batch[1]["status"] == "final"


@pytest.mark.parametrize("name", ["model", "version", "external_id", "input"])
@pytest.mark.parametrize("value", [..., None, 7, [], True])
def test_refuses_a_required_member_that_is_missing_or_of_another_type(name: str, value: Any) -> None:
    posting = a_posting()

    response = posting.post(posting.body(**{name: value}))

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [f"/{name}"]
    assert not any(counts().values())


@pytest.mark.parametrize("external_id", ["", "x" * 201])
def test_refuses_an_external_id_of_no_or_of_too_many_characters(external_id: str) -> None:
    posting = a_posting()

    assert posting.post(posting.body(external_id=external_id)).json()["code"] == "BAD_LENGTH"


@pytest.mark.parametrize("external_id", ["x" * 200, "é𝄞 \t\\N", "'; DROP TABLE x; --"])
def test_takes_any_other_external_id(external_id: str) -> None:
    posting = a_posting()

    answer = posting.post(posting.body(external_id=external_id))

    assert answer.status_code == 201
    assert answer.json()["external_id"] == external_id


def test_knows_no_model_that_is_not_there() -> None:
    posting = a_posting()

    response = posting.post(posting.body(model="nobody"))

    assert response.status_code == 404
    assert response.json()["code"] == "UNKNOWN_MODEL"


def test_knows_no_model_outside_the_limits_of_the_key() -> None:
    mine, foreign = a_posting(), a_posting()
    _, secret = a_key(system_ids=[mine.system.pk])

    answered = mine.post(foreign.body(), secret=secret)
    missing = mine.post(foreign.body(model="nobody"), secret=secret)

    assert answered.status_code == missing.status_code == 404
    theirs, none = answered.json(), missing.json()
    assert theirs.pop("detail") == none.pop("detail").replace("nobody", foreign.model.slug)
    assert theirs == none
    assert mine.post(mine.body(), secret=secret).status_code == 201


def test_refuses_a_key_without_the_scope_and_looks_at_nothing() -> None:
    posting = a_posting()
    _, secret = a_key("labels:read")

    response = posting.post(b"{", secret=secret)

    assert response.status_code == 403
    assert response.json()["code"] == "NOT_PERMITTED"


def test_refuses_an_environment_outside_the_limits_of_the_key() -> None:
    posting = a_posting(environments=["staging"])

    assert posting.post().status_code == 403
    assert posting.post(posting.body(environment="staging")).status_code == 201


@pytest.mark.parametrize(
    ("member", "spelled", "reason"),
    [
        ("confidence", "...", "FAILSAFE_CONFIDENCE"),
        ("confidence", "null", "FAILSAFE_CONFIDENCE"),
        ("confidence", '"0.9"', "FAILSAFE_CONFIDENCE"),
        ("confidence", "true", "FAILSAFE_CONFIDENCE"),
        ("confidence", "[0.9]", "FAILSAFE_CONFIDENCE"),
        ("confidence", "NaN", "FAILSAFE_CONFIDENCE"),
        ("confidence", "Infinity", "FAILSAFE_CONFIDENCE"),
        ("confidence", "-Infinity", "FAILSAFE_CONFIDENCE"),
        ("confidence", "1e999", "FAILSAFE_CONFIDENCE"),
        ("confidence", "1.0001", "FAILSAFE_CONFIDENCE"),
        ("confidence", "-0.1", "FAILSAFE_CONFIDENCE"),
        ("confidence", "9" * 400, "FAILSAFE_CONFIDENCE"),
        ("confidence", "9" * 5000, "FAILSAFE_CONFIDENCE"),
        ("output", "...", "FAILSAFE_OUTPUT"),
        ("output", "null", "FAILSAFE_OUTPUT"),
        ("output", '"fraud"', "FAILSAFE_OUTPUT"),
        ("output", "{}", "FAILSAFE_OUTPUT"),
        ("output", '{"label": "unheard-of"}', "FAILSAFE_OUTPUT"),
        ("output", '{"label": 7}', "FAILSAFE_OUTPUT"),
        ("output", '{"label": NaN}', "FAILSAFE_OUTPUT"),
        ("scores", '{"ok": NaN}', "FAILSAFE_OUTPUT"),
        ("scores", "[1]", "FAILSAFE_OUTPUT"),
        ("input", '{"amount": "much"}', "FAILSAFE_INPUT"),
        ("input", "{}", "FAILSAFE_INPUT"),
        ("input", '{"amount": NaN}', "FAILSAFE_INPUT"),
        ("input", '{"amount": 1, "deep": [{"x": -Infinity}]}', "FAILSAFE_INPUT"),
        ("input", '{"amount": ' + "9" * 400 + "}", "FAILSAFE_INPUT"),
        ("segment", '{"x": NaN}', "FAILSAFE_INPUT"),
        ("segment", '{"x": 1e999}', "FAILSAFE_INPUT"),
        ("segment", '{"x": {}}', "FAILSAFE_INPUT"),
        ("signals", '{"x": "text"}', "FAILSAFE_INPUT"),
        ("explanation", "7", "FAILSAFE_INPUT"),
        ("subject", "7", "FAILSAFE_INPUT"),
        ("training_use", '"no"', "FAILSAFE_INPUT"),
        ("usage", '{"cost": "a lot"}', "FAILSAFE_INPUT"),
        ("occurred_at", '"yesterday"', "FAILSAFE_INPUT"),
        ("occurred_at", '"0001-01-01T00:00:00+14:00"', "FAILSAFE_INPUT"),
        ("version", '"9.9.9"', "FAILSAFE_VERSION"),
        ("version", '""', "FAILSAFE_VERSION"),
        ("version", '"' + "v" * 100_000 + '"', "FAILSAFE_VERSION"),
        ("environment", '"mars"', "FAILSAFE_ENVIRONMENT"),
        ("environment", "7", "FAILSAFE_ENVIRONMENT"),
        ("environment", '"' + "e" * 100_000 + '"', "FAILSAFE_ENVIRONMENT"),
    ],
)
def test_keeps_what_is_odd_and_sends_it_to_a_person(member: str, spelled: str, reason: str) -> None:
    posting = a_posting(input_schema=INPUT_SCHEMA)
    bodies = []
    for _ in range(2):
        whole = posting.body(**{member: ... if spelled == "..." else "@odd"})
        bodies.append(raw(whole, odd=spelled))

    response = posting.post(bodies[0])
    (line,) = lines(posting.post_lines(bodies[1]))

    assert response.status_code == 201, response.content
    answer = response.json()
    assert answer["decision"] == "review"
    assert answer["status"] == "pending"
    assert answer["routing"]["reasons"] == [reason]
    assert answer["routing"]["propensity"] == 1.0
    assert answer["review"]["state"] == "waiting"
    assert line["reasons"] == [reason]
    assert posting.get(f"/predictions/{answer['id']}").status_code == 200
    assert posting.post(bodies[0]).json() == answer
    for payload in Payload.objects.all():
        json.loads(payload.body, parse_constant=lambda word: pytest.fail(f"{word} is stored"))


def test_sends_everything_to_a_person_without_a_policy() -> None:
    posting = a_posting(without_policy=True)

    answer = posting.post().json()

    assert answer["routing"] == {
        "policy": None,
        "policy_version": None,
        "reasons": ["FAILSAFE_POLICY"],
        "propensity": 1.0,
    }
    assert answer["review"]["queue"] == posting.queue.slug


def test_lists_every_reason_that_holds() -> None:
    posting = a_posting(without_policy=True, input_schema=INPUT_SCHEMA)
    body = posting.body(version="0", environment="mars", input={}, output=..., confidence=...)

    assert posting.post(body).json()["routing"]["reasons"] == [
        "FAILSAFE_VERSION",
        "FAILSAFE_ENVIRONMENT",
        "FAILSAFE_POLICY",
        "FAILSAFE_INPUT",
        "FAILSAFE_OUTPUT",
        "FAILSAFE_CONFIDENCE",
    ]


@pytest.mark.parametrize(
    ("policy", "members", "reasons"),
    [
        ({}, {"confidence": 0.8}, []),
        ({}, {"confidence": 0.7999999}, ["LOW_CONFIDENCE"]),
        ({"class_thresholds": {"ok": 0.99}}, {}, ["LOW_CONFIDENCE"]),
        ({"class_thresholds": {"ok": 0.1}}, {"confidence": 0.2}, []),
        ({"always_review": ["ok"]}, {}, ["CLASS_ALWAYS_REVIEWED"]),
        ({"qa_rate": 1.0, "qa_blocks": True}, {}, ["RANDOM_QA"]),
    ],
)
def test_follows_the_policy(policy: dict[str, Any], members: dict[str, Any], reasons: list[str]) -> None:
    posting = a_posting(policy=policy)

    answer = posting.post(posting.body(**members)).json()

    assert answer["routing"]["reasons"] == reasons
    assert answer["decision"] == ("review" if reasons else "accept")


def test_a_check_that_does_not_block_leaves_the_answer_as_it_is() -> None:
    posting = a_posting(policy={"qa_rate": 1.0})

    answer = posting.post().json()
    (line,) = lines(posting.post_lines(posting.body()))

    assert (answer["decision"], answer["status"]) == ("accept", "final")
    assert answer["outcome"]["source"] == "model"
    assert answer["review"]["state"] == "waiting"
    assert (line["decision"], line["status"], line["reasons"]) == ("accept", "final", ["RANDOM_QA"])
    assert Prediction.objects.filter(status="final", outcome_version=1).count() == 2


def test_reads_nan_and_infinities_back_as_strings() -> None:
    posting = a_posting()
    body = raw(
        posting.body(input={"a": "@a", "b": "@b", "c": "@c", "n": "@n"}),
        a="NaN", b="Infinity", c="-Infinity", n=str(2**70),
    )  # fmt: skip

    answer = posting.get(f"/predictions/{posting.post(body).json()['id']}").json()

    assert answer["input"] == {"a": "NaN", "b": "Infinity", "c": "-Infinity", "n": 2**70}


def test_knows_a_version_from_the_moment_it_is_registered() -> None:
    posting = a_posting()
    assert posting.post(posting.body(version="2.0.0")).json()["routing"]["reasons"] == ["FAILSAFE_VERSION"]

    register(posting.model, "2.0.0")

    assert posting.post(posting.body(version="2.0.0")).json()["routing"]["reasons"] == []


def test_follows_a_policy_from_the_moment_it_is_published() -> None:
    posting = a_posting()
    assert posting.post().json()["decision"] == "accept"

    publish(posting.model, posting.queue, threshold=0.99)

    assert posting.post().json()["routing"] | {"propensity": 0} == {
        "policy": posting.model.slug,
        "policy_version": 2,
        "reasons": ["LOW_CONFIDENCE"],
        "propensity": 0,
    }


def test_takes_lines_for_several_models() -> None:
    posting = a_posting()
    other = a_model(posting.system)

    answers = lines(posting.post_lines(posting.body(), posting.body(model=other.slug)))

    assert [answer["decision"] for answer in answers] == ["accept", "review"]
    assert answers[1]["reasons"] == ["FAILSAFE_POLICY"]
