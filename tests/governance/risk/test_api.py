"""Risk over REST: the contract's answers, who may, and what is refused."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.refusals import BadInput
from governance.access.models import Person
from governance.risk import reading
from governance.risk.engine import classify
from governance.risk.models import Assessment
from governance.risk.packs import newest
from registry.systems.models import AISystem
from tests import factories
from tests.governance.risk.answered import DAY, EXTRACTING, RECRUITING, SOON, STATEMENTS
from tests.registry.factories import Caller, caller

pytestmark = pytest.mark.django_db
PACK = newest("eu-ai-act")
assert PACK is not None


@pytest.fixture
def anybody() -> Caller:
    return caller("gate:read")


@pytest.fixture
def writer() -> Caller:
    return caller("registry:write")


def _as(person: Person) -> Caller:
    _, secret = factories.token(person)
    return Caller(secret)


def test_lists_and_reads_packs(anybody: Caller) -> None:
    pack = newest("eu-ai-act")
    assert pack is not None
    listed = anybody.get("/risk/packs").json()
    assert {(each["pack"], each["newest"]) for each in listed["results"]} == {
        ("bank-model-risk", True), ("eu-ai-act", True),
    }  # fmt: skip

    read = anybody.get("/risk/packs/eu-ai-act").json()
    assert read == anybody.get(f"/risk/packs/eu-ai-act/{pack.version}").json()
    assert read["digest"] == pack.digest
    assert read["questions"][0]["id"] == "ai_system"
    assert {"id", "type", "choices", "help", "citation", "asked_when"} <= read["questions"][0].keys()


@pytest.mark.parametrize("path", ["nothing", "eu-ai-act/1", "%00", "eu-ai-act/%00"])
def test_a_pack_that_there_is_not_is_not_found(anybody: Caller, path: str) -> None:
    assert anybody.get(f"/risk/packs/{path}").status_code == 404


def test_classifies_and_keeps_nothing(anybody: Caller) -> None:
    answer = anybody.post("/risk/classify", {"pack": "eu-ai-act", "answers": RECRUITING, "on": "2028-01-01"})

    assert answer.status_code == 200
    found = answer.json()
    assert found["result"]["class"] == "high_risk"
    assert found["result"]["points"] == ["III.4(a)"]
    assert found["undetermined"] == []
    assert {"rule", "citation", "because"} <= found["trace"][0].keys()
    assert {"article", "duty", "who", "applies_from"} <= found["obligations"][0].keys()
    assert all(each["in_force"] for each in found["obligations"] if each["article"] == "Art. 9")
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ([], {("", "WRONG_TYPE"), ("/pack", "REQUIRED"), ("/answers", "REQUIRED")}),
        ({"pack": "x", "answers": {}}, {("/pack", "UNKNOWN_PACK")}),
        ({"pack": "eu-ai-act", "pack_version": "1", "answers": {}}, {("/pack_version", "UNKNOWN_PACK")}),
        ({"pack": 1, "answers": []}, {("/pack", "WRONG_TYPE"), ("/answers", "WRONG_TYPE")}),
        (
            {"pack": "eu-ai-act", "answers": {"x": 1, "areas": "work"}, "on": "soon", "more": 1},
            {
                ("/answers/x", "UNKNOWN_FIELD"), ("/answers/areas", "WRONG_TYPE"), ("/on", "BAD_VALUE"),
                ("/more", "UNKNOWN_FIELD"),
            },
        ),
        ({"pack": "eu-ai-act", "answers": {}, "on": "2026-02-30"}, {("/on", "BAD_VALUE")}),
        ({"pack": "eu-ai-act", "answers": {}, "on": 7}, {("/on", "WRONG_TYPE")}),
    ],
)  # fmt: skip
def test_says_everything_that_is_wrong_at_once(anybody: Caller, body: Any, errors: set[Any]) -> None:
    answer = anybody.post("/risk/classify", body)

    assert answer.status_code == 422
    assert {(error["pointer"], error["code"]) for error in answer.json()["errors"]} == errors


def test_keeps_an_assessment_of_a_system(writer: Caller, system: AISystem) -> None:
    at = f"/systems/{system.slug}/assessments"
    made = writer.post(at, {"pack": "eu-ai-act", "answers": RECRUITING, "note": "first"})

    assert made.status_code == 201
    assert made["Location"] == f"/api/v1{at}/1"
    read = writer.get(f"{at}/1").json()
    assert read == made.json()
    assert (read["number"], read["stands_as"], read["in_force"]) == (1, "high_risk", True)
    assert read["answers"] == RECRUITING
    writer.post(at, {"pack": "eu-ai-act", "answers": EXTRACTING, "parent": 1})
    assert [each["number"] for each in writer.get(at).json()["results"]] == [2, 1]
    assert writer.get(f"{at}/1").json()["in_force"] is False
    exempt = writer.get(f"{at}/2").json()
    assert exempt["stands_as"] == "high_risk"
    assert "Art. 9" not in {each["article"] for each in exempt["obligations"]}
    assert "Art. 9" in {each["article"] for each in exempt["duties_as_it_stands"]}
    assert writer.post(at, {"pack": "eu-ai-act", "answers": {}, "parent": 9}).status_code == 422
    assert writer.get(f"{at}/99999999999").status_code == 404


def test_an_exemption_goes_from_claim_to_approval(
    assessed: Callable[..., Assessment], system: AISystem, owner: Person, officer: Person
) -> None:
    assessed(EXTRACTING)
    at = f"/systems/{system.slug}/assessments/1"
    claimed = _as(owner).post(f"{at}/overrides", {"statements": STATEMENTS})
    assert claimed.status_code == 201
    assert claimed.json()["state"] == "proposed"

    decision = f"{at}/overrides/{claimed.json()['id']}/decision"
    assert _as(owner).post(decision, {"verdict": "approve"}).status_code == 403
    decided = _as(officer).post(decision, {"verdict": "approve"})
    assert (decided.status_code, decided.json()["state"]) == (200, "approved")
    assert _as(owner).get(at).json()["stands_as"] == "exempt"
    assert _as(officer).post(decision, {"verdict": "approve"}).json()["code"] == "OVERRIDE_DECIDED"
    assert _as(owner).get(f"{at}/overrides/{claimed.json()['id']}").json() == decided.json()
    assert len(_as(owner).get(f"{at}/overrides").json()["results"]) == 1
    ended = _as(owner).post(f"{at}/overrides/{claimed.json()['id']}/end", {"reason": "purpose grew"})
    assert ended.json()["state"] == "ended"
    assert _as(owner).get(at).json()["stands_as"] == "high_risk"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/class"),
        ({"class": "not_high_risk", "reason": "x", "expires_on": DAY.isoformat()}, "/expires_on"),
        ({"class": "not_high_risk", "reason": "x", "expires_on": 1}, "/expires_on"),
        ({"class": "not_high_risk", "reason": "x", "until": SOON.isoformat()}, "/until"),
        ({"statements": {"task": 1}}, "/statements/task"),
        ({"statements": []}, "/statements"),
        ([], ""),
    ],
)
def test_refuses_an_override_with_pointers(
    assessed: Callable[..., Assessment], system: AISystem, owner: Person, body: Any, pointer: str
) -> None:
    assessed(EXTRACTING)
    answer = _as(owner).post(f"/systems/{system.slug}/assessments/1/overrides", body)

    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
QUESTIONS = [question.id for question in PACK.questions]
CHOICES = sorted({choice for question in PACK.questions for choice in question.choice_ids})
ANSWERS = st.dictionaries(
    st.sampled_from(QUESTIONS) | st.text(max_size=8),
    JSON | st.sampled_from(CHOICES) | st.lists(st.sampled_from(CHOICES), max_size=3),
    max_size=8,
)


@given(
    body=JSON
    | st.fixed_dictionaries(
        {"pack": st.just("eu-ai-act") | JSON, "answers": ANSWERS | JSON},
        optional={"on": st.dates().map(str) | JSON, "pack_version": JSON},
    )
)
def test_whatever_is_posted_is_classified_or_refused(body: Any) -> None:
    with contextlib.suppress(BadInput):
        said = reading.read_classify(body, today=DAY)
        assert classify(said["pack"], said["answers"], on=said["on"]).as_json()
