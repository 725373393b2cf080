"""The pages about approvals: submitting, deciding, the inbox, the record, policies, evidence."""

import datetime as dt
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from governance.access.models import Person
from governance.approvals.models import ApprovalPolicy, ApprovalRequest, Signature
from governance.approvals.states import State
from governance.delegations.models import Delegation
from governance.evidence.models import Evidence
from governance.waivers.models import Waiver
from tests import factories
from tests.governance.approvals.making import Scene, scene, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> Scene:
    return scene(intended_use="Screens payments.")


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(factories.fresh(person), backend="governance.access.backend.RoleBackend")
    return client


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def submit_address(made: Scene, environment: str = "production") -> str:
    return f"/models/{made.model.slug}/versions/1.0.0/submit?environment={environment}"


def verdict(request: ApprovalRequest, **given: Any) -> dict[str, Any]:
    return {
        "verdict": "approve",
        "meaning": "I approve this version.",
        "password": factories.PASSWORD,
        "digest": request.digest,
        **given,
    }


def test_the_submission_page_says_what_is_asked_for_and_submits(made: Scene) -> None:
    owner = browser(made.owner)
    page = owner.get(submit_address(made))
    assert "Risk review" in text(page)
    assert "built in" in text(page)

    answer = owner.post(submit_address(made), {"note": "Look at recall."}, follow=True)

    assert ApprovalRequest.objects.get().note == "Look at recall."
    assert "Submitted" in text(answer)
    again = owner.get(submit_address(made))
    assert "It is being decided already." in text(again)


def test_who_may_not_ask_reads_why(made: Scene) -> None:
    page = browser(made.risk).get(submit_address(made))

    assert "Only a model owner" in text(page)
    assert browser(made.risk).post(submit_address(made), {}).status_code == 403


def test_what_is_missing_keeps_the_button_shut(made: Scene) -> None:
    from audit.trail.actors import OPERATOR
    from registry.systems import services as systems

    changes = {"owners": {"technical_lead": None}}
    systems.change(system_id=made.system.pk, actor=OPERATOR, changes=changes, now=timezone.now())

    page = browser(made.owner).get(submit_address(made))

    assert "No technical lead is named." in text(page)
    assert 'aria-describedby="why-not-submit"' in page.content.decode()


def test_the_decider_sees_everything_and_signs(made: Scene) -> None:
    request, signer = made.request(note="Please look."), browser(made.risk)
    page = signer.get(f"/approvals/{request.pk}")
    bound = ("0f" * 32, "Screens payments.", made.author.name, "test-report", "risk officer")
    for shown in (*bound, "Please look."):
        assert shown in page.content.decode(), shown
    assert "You may sign as risk officer" in text(page)

    answer = signer.post(f"/approvals/{request.pk}/sign", verdict(request), follow=True)

    assert "Signed." in text(answer)
    assert "I approve this version." in text(answer)
    assert Signature.objects.get().person == made.risk


def test_who_cannot_sign_reads_why(made: Scene) -> None:
    request = made.request()

    assert "You asked for this approval" in text(browser(made.owner).get(f"/approvals/{request.pk}"))
    assert "Only a risk officer signs at stage 1" in text(
        browser(made.compliance).get(f"/approvals/{request.pk}")
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": ""}, "Prove that it is you who signs."),
        ({"password": "wrong"}, "This is not your password."),
        ({"verdict": "reject"}, "Say in the comment why"),
        ({"meaning": ""}, "This field is required."),
        ({"digest": "0" * 64}, "It was submitted again while you looked."),
        ({"name_0": "share", "check_0": "context.share <=", "text_0": ""}, "Line 1, column 17"),
    ],
)
def test_what_is_wrong_is_said_at_the_form(made: Scene, change: dict[str, str], said: str) -> None:
    request = made.request()

    page = browser(made.risk).post(f"/approvals/{request.pk}/sign", verdict(request) | change)

    assert page.status_code == 422
    assert said in text(page)
    assert factories.PASSWORD not in page.content.decode()
    assert not Signature.objects.exists()


def test_a_condition_is_kept_and_shown(made: Scene) -> None:
    request = made.request(environment="staging")
    said = {"name_0": "share", "check_0": "context.share <= 0.25", "text_0": "A quarter at most"}

    page = browser(made.risk).post(f"/approvals/{request.pk}/sign", verdict(request) | said, follow=True)

    assert "A quarter at most" in text(page)
    assert Signature.objects.get().conditions[0]["check"] == "context.share <= 0.25"


def test_the_inbox_holds_what_waits_for_me(made: Scene) -> None:
    request = made.request()

    assert f"chosen-{request.pk}" in browser(made.risk).get("/approvals").content.decode()
    assert f"chosen-{request.pk}" not in browser(made.compliance).get("/approvals").content.decode()
    assert "Sign model" in text(browser(made.risk).get("/"))


def test_one_proof_signs_a_list_each_bound_to_its_digest(made: Scene) -> None:
    first, second = made.request(environment="staging"), made.request(environment="development")
    left = scene().request(environment="staging")
    body = {"chosen": [str(first.pk), str(second.pk), str(left.pk)], **verdict(first)}

    page = browser(made.risk).post("/approvals/_sign", body, follow=True)

    assert text(page).count("You signed") == 2
    assert {each.digest for each in Signature.objects.all()} == {first.digest, second.digest}
    left.refresh_from_db()
    assert left.state == State.OPEN  # of another system, so it does not wait for this person


def test_a_list_without_proof_signs_nothing(made: Scene) -> None:
    first = made.request()
    body = {"chosen": [str(first.pk)], **verdict(first, password="wrong")}

    page = browser(made.risk).post("/approvals/_sign", body)

    assert (page.status_code, Signature.objects.count()) == (422, 0)
    assert f'id="chosen-{first.pk}" checked' in page.content.decode()


def test_the_record_prints_signatures_and_digests(made: Scene) -> None:
    request = made.approved()

    page = text(browser(made.owner).get(f"/approvals/{request.pk}/record"))

    for shown in (made.risk.name, made.compliance.name, request.digest, "granted by the command line"):
        assert shown in page


def test_a_request_is_withdrawn(made: Scene) -> None:
    request = made.request()

    page = browser(made.owner).post(f"/approvals/{request.pk}/withdraw", {}, follow=True)

    assert "withdrawn" in text(page)


def test_two_of_compliance_change_a_policy() -> None:
    writer, other = factories.person("compliance_officer"), factories.person("compliance_officer")
    address = "/approvals/_policies/_draft?risk_class=high_risk&environment=production"
    assert "Risk review" in browser(writer).get(address).content.decode()
    body = {
        "stage_0": "Everybody", "quorum_0": "2", "roles_0": ["risk_officer", "compliance_officer"],
        "people_0": other.email, "deadline_0": "24", "valid_days": "90", "grace_days": "5",
        "distinct_signers": "on", "item_0": "test-report", "title_0": "Report", "required_0": "on",
    }  # fmt: skip

    drafted = browser(writer).post(address, body, follow=True)
    policy = ApprovalPolicy.objects.get()
    assert "You wrote this draft" in text(drafted)
    assert browser(writer).post(f"/approvals/_policies/{policy.pk}/publish").status_code == 403
    browser(other).post(f"/approvals/_policies/{policy.pk}/publish")

    policy.refresh_from_db()
    assert policy.state == "published"
    assert policy.body["stages"][0]["people"] == [str(other.pk)]
    assert policy.body["evidence"] == [{"item": "test-report", "title": "Report", "required": True}]
    assert "Everybody" in text(browser(writer).get(f"/approvals/_policies/{policy.pk}"))


def test_a_bad_policy_is_said_at_its_fields() -> None:
    writer = factories.person("compliance_officer")
    address = "/approvals/_policies/_draft?risk_class=high_risk&environment=production"

    page = browser(writer).post(address, {"stage_0": "Empty", "valid_days": "90", "grace_days": "5"})

    assert page.status_code == 422
    assert "Name the roles, or the people" in text(page)


def test_evidence_is_uploaded_and_read_again(made: Scene) -> None:
    owner, address = browser(made.owner), f"/models/{made.model.slug}/versions/1.0.0/evidence"
    file = SimpleUploadedFile("report.html", b"<script>alert(1)</script>")

    page = owner.post(address, {"item": "test-report", "title": "Report", "file": file}, follow=True)

    evidence = Evidence.objects.get()
    assert "is kept as revision 1" in text(page)
    download = owner.get(f"/evidence/{evidence.pk}/file")
    assert download["Content-Type"] == "application/octet-stream"
    assert download["Content-Disposition"].startswith("attachment")


def test_a_change_shows_what_is_different(made: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.approvals import facts

    request = sign(made.request(), made.risk)
    monkeypatch.setattr(facts, "card_of", lambda version: facts.Card(2, "ab" * 32, {}))

    page = text(browser(made.compliance).get(f"/approvals/{request.pk}"))

    assert "Changed since it was submitted" in page
    assert "revision 2" in page
    assert "it has to be submitted again" in page
    assert "signatures become void" in text(browser(made.owner).get(submit_address(made)))
    browser(made.owner).post(submit_address(made), {})
    assert "Changed since the round before" in text(browser(made.risk).get(f"/approvals/{request.pk}"))


def test_a_waiver_is_proposed_by_one_and_approved_by_another(made: Scene) -> None:
    address = f"/models/{made.model.slug}/versions/1.0.0/waivers"
    soon = (timezone.now() + dt.timedelta(days=5)).date().isoformat()
    body = {"environment": "production", "requirement": "revalidation", "until": soon, "reason": "Holiday"}
    assert browser(made.compliance).post(address, body).status_code == 302
    waiver = Waiver.objects.get()
    assert "You proposed this waiver" in text(browser(made.compliance).get(address))

    other = browser(factories.person("compliance_officer"))
    page = other.post(f"/waivers/{waiver.pk}/approve", follow=True)

    assert "approved" in text(page)
    wrong = browser(made.compliance).post(address, body | {"requirement": "all", "until": "2001-01-01"})
    assert wrong.status_code == 422


def test_a_signature_is_lent_and_taken_back(made: Scene) -> None:
    taker = factories.person(name="Taker")
    soon = (timezone.now() + dt.timedelta(days=5)).date().isoformat()
    body = {"to": taker.email, "role": "risk_officer", "ends_at": soon, "reason": "Holiday"}
    lent = browser(made.risk).post("/approvals/_delegations", body, follow=True)
    assert "Taker signs for you until" in text(lent)
    request = made.request()
    assert f"chosen-{request.pk}" in browser(taker).get("/approvals").content.decode()
    assert f"for {made.risk.name}" in text(browser(taker).get(f"/approvals/{request.pk}"))

    browser(made.risk).post(f"/approvals/_delegations/{Delegation.objects.get().pk}/end")

    assert browser(taker).get(f"/approvals/{request.pk}").status_code == 404
    own = browser(made.risk).post("/approvals/_delegations", body | {"to": made.risk.email})
    assert "Lend it to somebody else" in text(own)


def test_the_decider_reads_why_the_class_is_what_it_is_and_what_follows(made: Scene) -> None:
    page = text(browser(made.risk).get(f"/approvals/{made.request().pk}"))

    assert "Annex III" in page
    assert "duties follow" in page
    assert "Art. 9" in page
