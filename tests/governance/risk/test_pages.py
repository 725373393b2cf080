"""The pages about risk: a questionnaire to its end, the result, what is set by hand, the portfolio."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.access.models import Person
from governance.access.roles import Role
from governance.risk.models import Assessment, AssessmentDraft, Override
from registry.systems.models import AISystem
from tests import factories
from tests.governance.risk.answered import EXTRACTING, FILTERING_SPAM, RECRUITING, SOON, STATEMENTS

pytestmark = pytest.mark.django_db
SignedIn = Callable[[Person], Client]


@pytest.fixture
def signed_in(db: Any) -> SignedIn:
    def sign_in(person: Person) -> Client:
        client = Client()
        client.force_login(person, backend="governance.access.backend.RoleBackend")
        return client

    return sign_in


@pytest.fixture
def page(owner: Person, signed_in: SignedIn) -> Client:
    return signed_in(owner)


def _sent(value: Any) -> Any:
    return (
        {True: "yes", False: "no", None: "unknown"}.get(value, value)
        if not isinstance(value, list)
        else value
    )


def _walk(page: Client, at: str, answers: dict[str, Any]) -> str:
    """Answer step by step, as the pages lead; the address where they end."""
    where = at
    for _ in range(20):
        response = page.get(where)
        assert response.status_code == 200
        if "step=review" in where:
            return where
        shown = [field["question"].id for field in response.context["fields"]]
        data = {name: _sent(answers[name]) for name in shown if name in answers}
        step = response.context["step"]
        where = page.post(f"{at}?step={step}", data)["Location"]
    raise AssertionError("the questionnaire does not end")


@pytest.mark.parametrize(
    ("answers", "class_"),
    [(RECRUITING, "high_risk"), (FILTERING_SPAM, "not_high_risk"), (EXTRACTING, "exempt")],
)
def test_leads_from_the_first_question_to_an_assessment(
    page: Client, system: AISystem, answers: dict[str, Any], class_: str
) -> None:
    root = f"/systems/{system.slug}/risk"
    at = page.post(f"{root}/_begin/eu-ai-act")["Location"]
    review = _walk(page, at, answers)
    assert "Keep this assessment" in page.get(review).content.decode()

    kept = page.post(f"{at}/file", {"note": "first"})

    assert kept["Location"] == f"{root}/1"
    made = Assessment.objects.get()
    assert (made.class_id, made.answers, made.note) == (class_, answers, "first")
    assert not AssessmentDraft.objects.exists()


def test_shows_the_class_so_far_and_what_would_decide(page: Client, system: AISystem) -> None:
    at = page.post(f"/systems/{system.slug}/risk/_begin/eu-ai-act")["Location"]
    text = page.get(at).content.decode()

    assert "undetermined" in text
    assert "What would decide it" in text
    # The class is what the answers make it, and "I don't know" is always offered.
    assert text.count("I don&#x27;t know") == 1


def test_more_questions_of_a_step_follow_on_the_same_step(page: Client, system: AISystem) -> None:
    at = page.post(f"/systems/{system.slug}/risk/_begin/eu-ai-act")["Location"]
    assert page.post(f"{at}?step=scope", {"ai_system": "yes"})["Location"] == f"{at}?step=scope"

    text = page.get(f"{at}?step=scope").content.decode()
    assert "What are you, about this system?" in text


def test_says_what_contradicts_itself_and_keeps_what_was_ticked(page: Client, system: AISystem) -> None:
    at = page.post(f"/systems/{system.slug}/risk/_begin/eu-ai-act")["Location"]
    page.post(f"{at}?step=scope", {"ai_system": "yes"})

    refused = page.post(f"{at}?step=scope", {"ai_system": "yes", "outside": ["none", "military"]})

    assert refused.status_code == 422
    text = refused.content.decode()
    assert "stand alone" in text
    assert 'value="military" id="q-outside-military" checked' in text
    assert "outside" not in AssessmentDraft.objects.get().answers


def test_answers_of_before_are_marked_until_confirmed(
    page: Client, system: AISystem, assessed: Callable[..., Assessment]
) -> None:
    assessed()
    at = page.post(f"/systems/{system.slug}/risk/_begin/eu-ai-act")["Location"]
    assert "from before" in page.get(at).content.decode()
    assert page.post(f"{at}/file", {}).status_code == 422

    _walk(page, at, RECRUITING)
    page.post(f"{at}/file", {})
    assert Assessment.objects.count() == 2


def test_is_handed_over_and_taken_over(
    page: Client, system: AISystem, signed_in: SignedIn, owner: Person
) -> None:
    other = factories.person(Role.MODEL_OWNER, at=system, name="Olga")
    at = page.post(f"/systems/{system.slug}/risk/_begin/eu-ai-act")["Location"]
    page.post(f"{at}/hand-over", {"to": "nobody@example.org"})
    assert AssessmentDraft.objects.get().holder == owner
    page.post(f"{at}/hand-over", {"to": other.email})

    assert "Olga has this draft" in page.get(at).content.decode()
    assert page.post(f"{at}?step=scope", {"ai_system": "yes"}).status_code == 409
    page.post(f"{at}/hand-over")
    assert page.post(f"{at}?step=scope", {"ai_system": "yes"}).status_code == 302
    page.post(f"{at}/discard")
    assert page.get(at)["Location"] == f"/systems/{system.slug}/risk"


def test_the_questionnaire_is_for_those_who_may_assess(
    system: AISystem, officer: Person, signed_in: SignedIn
) -> None:
    looking = signed_in(officer)

    assert looking.get(f"/systems/{system.slug}/risk").status_code == 200
    assert looking.post(f"/systems/{system.slug}/risk/_begin/eu-ai-act").status_code == 403


def test_an_exemption_is_claimed_and_approved(
    page: Client, system: AISystem, officer: Person, signed_in: SignedIn, assessed: Callable[..., Assessment]
) -> None:
    assessed(EXTRACTING)
    at = f"/systems/{system.slug}/risk/1"
    assert "Claim the exemption" in page.get(at).content.decode()
    assert page.post(f"{at}/exemption", {"exemption-task": "x"}).status_code == 422
    page.post(f"{at}/exemption", {f"exemption-{name}": text for name, text in STATEMENTS.items()})
    claimed = Override.objects.get()
    assert claimed.statements == STATEMENTS
    assert "so somebody else must decide it" not in signed_in(officer).get(at).content.decode()

    signed_in(officer).post(f"{at}/overrides/{claimed.pk}/decide", {"verdict": "approve"})

    claimed.refresh_from_db()
    assert claimed.state == "approved"
    assert "Claim the exemption" not in page.get(at).content.decode()


def test_another_class_is_set_withdrawn_and_ended(
    page: Client, system: AISystem, assessed: Callable[..., Assessment]
) -> None:
    assessed()
    at = f"/systems/{system.slug}/risk/1"
    said = {"override-to_class": "not_high_risk", "override-reason": "toy"}
    assert "a last day is needed" in page.post(f"{at}/override", said).content.decode()
    page.post(f"{at}/override", {**said, "override-expires_on": SOON.isoformat()})
    made = Override.objects.get()
    page.post(f"{at}/overrides/{made.pk}/end", {"reason": ""})
    made.refresh_from_db()
    assert made.state == "proposed"

    page.post(f"{at}/overrides/{made.pk}/end", {"reason": "no need"})
    made.refresh_from_db()
    assert made.state == "withdrawn"


def test_the_system_page_and_the_list_show_the_class(
    page: Client, system: AISystem, assessed: Callable[..., Assessment]
) -> None:
    assert "not classified" in page.get(f"/systems/{system.slug}").content.decode()
    assessed()

    assert "high-risk" in page.get(f"/systems/{system.slug}").content.decode()
    assert "high-risk" in page.get("/systems").content.decode()


def test_the_list_of_systems_asks_once_however_many_there_are(
    signed_in: SignedIn, assessed: Callable[..., Assessment]
) -> None:
    assessed()
    everywhere = signed_in(factories.person(Role.RISK_OFFICER))
    everywhere.get("/systems")
    with CaptureQueriesContext(connection) as few:
        everywhere.get("/systems")
    for _ in range(3):
        factories.system()
    with CaptureQueriesContext(connection) as more:
        everywhere.get("/systems")

    assert len(more) == len(few)


def test_packs_are_there_to_read_and_the_portfolio_for_those_who_answer_for_risk(
    page: Client, signed_in: SignedIn, assessed: Callable[..., Assessment]
) -> None:
    assessed()
    assert "EU AI Act" in page.get("/risk/packs").content.decode()
    assert "Annex III" in page.get("/risk/packs/eu-ai-act/2026.1").content.decode()
    assert page.get("/risk/packs/eu-ai-act/1").status_code == 404
    assert page.get("/risk/packs/eu-ai-act/2026.1/reclassify").status_code == 403

    officer = signed_in(factories.person(Role.COMPLIANCE_OFFICER))
    assert "Nothing changes" in officer.get("/risk/packs/eu-ai-act/2026.1/reclassify").content.decode()
    assert officer.post("/risk/packs/eu-ai-act/2026.1/reclassify").status_code == 302


def test_home_says_what_is_to_be_answered_and_decided(
    page: Client, system: AISystem, officer: Person, signed_in: SignedIn, assessed: Callable[..., Assessment]
) -> None:
    assert f"{system.name} is not classified" in page.get("/").content.decode()
    page.post(f"/systems/{system.slug}/risk/_begin/eu-ai-act")
    assert f"Risk questions of {system.name}" in page.get("/").content.decode()
    assessed()
    said = {
        "override-to_class": "not_high_risk",
        "override-reason": "toy",
        "override-expires_on": SOON.isoformat(),
    }
    page.post(f"/systems/{system.slug}/risk/1/override", said)

    deciding = signed_in(officer)
    assert "another risk class is proposed" in deciding.get("/").content.decode()
    assert "another risk class is proposed" not in page.get("/").content.decode()
    found = Override.objects.get()
    deciding.post(f"/systems/{system.slug}/risk/1/overrides/{found.pk}/decide", {"verdict": "approve"})
    assert "stands lighter until" in page.get("/").content.decode()
