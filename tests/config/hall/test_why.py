"""Why can, or can't, I: the policies' own sentences, for oneself and for others."""

from typing import Any

import pytest
from django.utils import timezone

from audit.trail.actors import OPERATOR
from config.hall import why
from governance.access.roles import Role
from governance.suspensions import services as suspensions
from governance.suspensions.policies import SUSPENDING_NEEDS
from registry.catalog.models import ModelVersion
from tests import factories
from tests.governance.approvals.making import scene
from tests.registry.factories import (
    Caller,
    browser,
    caller,
    make_model,
    make_person,
    make_system,
    make_version,
    signed_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    monkeypatch.setattr("governance.suspensions.notifications.tell", lambda: None)
    return make_version(make_model(make_system("payments"), "fraud-screen"), "1.0")


def ask(it: Caller, action: str, on: str = "", person: str = "") -> Any:
    return it.get(
        f"/why?action={action}" + (f"&on={on}" if on else "") + (f"&person={person}" if person else "")
    )


def test_answers_with_the_rule_and_with_what_reaches(version: ModelVersion) -> None:
    owner = make_person(Role.MODEL_OWNER, on=version.model.system)
    reviewer = make_person(Role.REVIEWER, on=version.model.system)

    yes = ask(signed_in(owner), "version.suspend", "version:fraud-screen:1.0").json()
    no = ask(signed_in(reviewer), "version.suspend", "version:fraud-screen:1.0").json()

    assert (yes["can"], yes["why_not"], yes["who"]) == (True, None, owner.audit_ref)
    assert (no["can"], no["why_not"]) == (False, SUSPENDING_NEEDS)
    (held,) = no["held"]
    assert (held["role"], held["by"]) == ("reviewer", "the command line")


def test_every_action_can_be_asked(version: ModelVersion) -> None:
    row = suspensions.suspend(
        system_id=version.model.system_id, actor=OPERATOR, reason="r", now=timezone.now()
    )
    person = make_person(*[Role.ADMINISTRATOR])
    things = {
        "system": "payments", "model": "fraud-screen", "version": "fraud-screen:1.0",
        "approval": str(scene().request().pk), "suspension": str(row.pk), "queue": "payments-inbox",
        "person": str(person.pk),
    }  # fmt: skip
    it = signed_in(person)

    for name, action in why.ACTIONS.items():
        if action.type == "review":
            continue
        on = f"{action.type}:{things[action.type]}" if action.type else ""
        answer = ask(it, name, on)
        assert answer.status_code == 200, (name, answer.content)
        assert answer.json()["can"] is (answer.json()["why_not"] is None)


def test_about_others_only_those_who_may_see_who_holds_what(version: ModelVersion) -> None:
    reviewer, stranger = make_person(Role.REVIEWER, on=version.model.system), make_person()
    officer = signed_in(make_person(Role.COMPLIANCE_OFFICER))

    said = ask(officer, "model.change", "model:fraud-screen", reviewer.email).json()

    assert (said["can"], said["who"]) == (False, reviewer.audit_ref)
    outside = ask(officer, "model.change", "model:fraud-screen", stranger.email).json()
    assert outside["why_not"] == why.OUT_OF_REACH
    assert ask(officer, "model.change", "model:fraud-screen", "nobody@example.org").status_code == 404
    refused = ask(signed_in(reviewer), "model.change", "model:fraud-screen", stranger.email)
    assert (refused.status_code, refused.json()["detail"]) == (403, why.OTHERS_NEED)


@pytest.mark.parametrize(
    ("action", "on"),
    [("", ""), ("model.fly", ""), ("model.change", ""), ("model.change", "system:payments"),
     ("people.see", "model:fraud-screen"), ("model.change", "model:")],
)  # fmt: skip
def test_refuses_what_is_no_question(version: ModelVersion, action: str, on: str) -> None:
    assert ask(signed_in(make_person(Role.AUDITOR)), action, on).status_code == 422


def test_foreign_is_as_good_as_missing(version: ModelVersion) -> None:
    stranger = caller("registry:write", on=[make_system()])

    for action, foreign, missing in (
        ("system.read", "system:payments", "system:none"),
        ("version.deploy", "version:fraud-screen:1.0", "version:none:1.0"),
        ("queue.see", "queue:payments-inbox", "queue:none"),
        ("review.see", "review:x", "review:01900000-0000-7000-8000-000000000000"),
    ):
        said = [ask(stranger, action, on) for on in (foreign, missing)]
        assert [each.status_code for each in said] == [404, 404]
        assert said[0].content == said[1].content


def test_a_page_for_people(version: ModelVersion) -> None:
    it = browser(make_person(Role.REVIEWER, on=version.model.system))

    assert "Ask about any action" in it.get("/why").content.decode()
    page = it.get("/why?action=model.deploy&on=model:fraud-screen").content.decode()
    assert "can deploy its versions" in page
    assert "reviewer" in page
    assert it.get("/why?action=model.deploy&on=model:none").status_code == 404
    assert 'href="/why"' in it.get("/systems").content.decode()


def test_answers_who_can_sign_a_request_and_why_others_cannot() -> None:
    made = scene()
    request = made.request()

    def sentence(person: Any) -> Any:
        asked = ask(signed_in(factories.fresh(person)), "approval.sign", f"approval:{request.pk}")
        return asked.json()["why_not"]

    submitted = f"version:{made.model.slug}:1.0.0"
    assert sentence(made.risk) is None
    assert "asked for" in sentence(made.owner)
    assert ask(signed_in(factories.fresh(made.owner)), "version.submit", submitted).json()["can"]
