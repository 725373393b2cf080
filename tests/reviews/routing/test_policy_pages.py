"""The pages of routing policies: the simple form, publishing, and reading what is in force."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.access.roles import Role
from registry.catalog.models import Model
from reviews.routing import services
from reviews.routing.models import RoutingPolicy
from tests.registry.factories import browser, make_model, make_person, make_system

pytestmark = pytest.mark.django_db

PATH = "/models/fraud-screen/policies"
SAID = {
    "threshold": "0.85",
    "queue": "payments-inbox",
    "qa_percent": "2",
    "deadline_minutes": "240",
    "threshold_0": "0.95",
    "always_1": "on",
}


@pytest.fixture
def model() -> Model:
    return make_model(make_system("payments"), "fraud-screen")


@pytest.fixture
def owner() -> Client:
    return browser(make_person(Role.MODEL_OWNER, name="Lena Meyer"))


def text(response: Any) -> str:
    return str(response.content.decode())


def draft(model: Model, **said: Any) -> RoutingPolicy:
    body = {"queue": "payments-inbox", "threshold": 0.85, **said}
    return services.draft(model_id=model.pk, actor=OPERATOR, body=body, now=timezone.now())


def test_drafts_publishes_and_reads_without_javascript(model: Model, owner: Client) -> None:
    done = owner.post(f"{PATH}/_draft", SAID)
    assert done["Location"] == f"{PATH}/1"
    policy = RoutingPolicy.objects.get()
    assert policy.body["class_thresholds"] == {"fraud": 0.95}
    assert policy.body["always_review"] == ["ok"]
    assert policy.body["qa_rate"] == 0.02

    published = owner.post(f"{PATH}/1", {**SAID, "threshold": "0.9", "act": "publish"})

    assert published.status_code == 302
    page = text(owner.get(f"{PATH}/1"))
    assert "Accepted without a person from a confidence of 0.9; below, it waits in payments-inbox." in page
    assert "Class fraud: accepted from 0.95." in page
    assert "Always to a person: ok." in page
    assert "2 % of all are drawn at random" in page
    assert "does not change any more" in page
    assert "Lena Meyer" in page
    assert "policy 1" in text(owner.get("/models/fraud-screen"))


def test_a_new_draft_begins_with_what_is_in_force(model: Model, owner: Client) -> None:
    services.publish(
        policy_id=draft(model, qa_rate=0.07, class_thresholds={"ok": 0.5}).pk,
        actor=OPERATOR,
        now=timezone.now(),
    )
    form = owner.get(f"{PATH}/_draft").context["form"]
    assert (form["qa_percent"].value(), form["threshold_1"].value(), form["threshold"].value()) == (
        "7",
        0.5,
        0.85,
    )


def test_says_what_a_draft_changes(model: Model, owner: Client) -> None:
    services.publish(policy_id=draft(model).pk, actor=OPERATOR, now=timezone.now())
    draft(model, threshold=0.91, class_thresholds={"fraud": 0.99})
    context = owner.get(f"{PATH}/2").context
    assert context["changes"] == [
        {"member": "threshold", "before": "0.85", "after": "0.91"},
        {"member": "threshold for fraud", "before": None, "after": "0.99"},
    ]


def test_saves_only_what_is_different(model: Model, owner: Client) -> None:
    policy = draft(model)
    same = {"threshold": "0.850", "queue": "payments-inbox", "qa_percent": "0", "deadline_minutes": "240"}
    assert "Nothing was different" in text(owner.post(f"{PATH}/1", same, follow=True))
    policy.refresh_from_db()
    assert policy.event_version == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"threshold": ""}, "threshold"),
        ({"threshold": "1.2"}, "threshold"),
        ({"threshold": "nan"}, "threshold"),
        ({"queue": "other-inbox"}, "queue"),
        ({"qa_percent": "101"}, "qa_percent"),
        ({"qa_percent": "0.00001"}, "qa_percent"),
        ({"deadline_minutes": "0"}, "deadline_minutes"),
        ({"threshold_0": "2"}, "threshold_0"),
    ],
)
def test_a_form_says_what_is_wrong_and_keeps_what_was_typed(
    model: Model, owner: Client, said: dict[str, str], field: str
) -> None:
    make_system("other")
    refused = owner.post(f"{PATH}/_draft", {**SAID, **said})
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == [field]
    assert not RoutingPolicy.objects.exists()


def test_classes_that_the_schema_does_not_list_are_typed(owner: Client) -> None:
    open_model = make_model(
        make_system("payments"), "fraud-screen", output_schema={"properties": {"label": {"type": "string"}}}
    )
    said = {**SAID, "class_thresholds": "fraud = 0.95\na = b = 0.5\n", "always_review": "x\n\ny"}
    owner.post(f"{PATH}/_draft", said)
    policy = RoutingPolicy.objects.get(model=open_model)
    assert policy.body["class_thresholds"] == {"fraud": 0.95, "a = b": 0.5}
    assert policy.body["always_review"] == ["x", "y"]
    refused = owner.post(f"{PATH}/_draft", {**said, "class_thresholds": "fraud"})
    assert "is not of the form class = threshold" in text(refused)


def test_a_model_without_classes_is_asked_for_none(owner: Client) -> None:
    make_model(
        make_system("payments"), "fraud-screen", output_schema={"properties": {"score": {"type": "number"}}}
    )
    fields = owner.get(f"{PATH}/_draft").context["form"].fields
    assert not {"class_thresholds", "always_review", "threshold_0"} & set(fields)
    assert owner.post(f"{PATH}/_draft", SAID).status_code == 302


def test_discards_a_draft(model: Model, owner: Client) -> None:
    draft(model)
    assert owner.post(f"{PATH}/1/discard")["Location"] == "/models/fraud-screen"
    assert owner.get(f"{PATH}/1").status_code == 404


def test_a_published_policy_takes_no_more_posts(model: Model, owner: Client) -> None:
    services.publish(policy_id=draft(model).pk, actor=OPERATOR, now=timezone.now())
    for path, said in ((f"{PATH}/1", SAID), (f"{PATH}/1", {}), (f"{PATH}/1/discard", {})):
        assert owner.post(path, said).status_code == 409


def test_who_may_only_read_reads(model: Model) -> None:
    draft(model)
    reader = browser(make_person(Role.RISK_OFFICER, on=model.system))
    for path in (PATH, f"{PATH}/1", "/models/fraud-screen"):
        page = reader.get(path)
        assert page.status_code == 200
        assert "can write routing policies" in text(page)
    assert reader.get(f"{PATH}/_draft").status_code == 403
    assert reader.post(f"{PATH}/1", SAID).status_code == 403
    assert reader.post(f"{PATH}/1/discard").status_code == 403


def test_a_foreign_page_is_not_there(model: Model) -> None:
    draft(model)
    stranger = browser(make_person(Role.MODEL_OWNER, on=make_system("mine")))
    for path in (PATH, f"{PATH}/1", f"{PATH}/_draft"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"{PATH}/1/discard").status_code == 404
    assert Client().get(PATH).status_code == 302


def test_lists_all_policies_with_who_and_when(model: Model, owner: Client) -> None:
    services.publish(policy_id=draft(model).pk, actor=OPERATOR, now=timezone.now())
    draft(model)
    page = text(owner.get(PATH))
    assert "published" in page
    assert "draft" in page
    assert owner.get(f"{PATH}?before=2").context["history"][0]["policy"].number == 1
    assert owner.get(f"{PATH}?before=x").status_code == 200
