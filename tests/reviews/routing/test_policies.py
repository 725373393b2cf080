"""reviews.routing.services: drafts, publishing, and what stays as it was."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.refusals import BadInput, NotAvailableYet, NotPermitted, Refusal
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access.roles import Role
from registry.catalog.models import Epoch, Model
from registry.catalog.services import change_model
from reviews.routing import selectors, services
from reviews.routing.errors import NotADraft
from reviews.routing.models import RoutingPolicy
from reviews.routing.states import PolicyState
from tests.registry.factories import make_model, make_person, make_system

pytestmark = pytest.mark.django_db


def body(model: Model, **said: Any) -> dict[str, Any]:
    return {"queue": f"{model.system.slug}-inbox", "threshold": 0.85, **said}


def draft(model: Model, **said: Any) -> RoutingPolicy:
    return services.draft(model_id=model.pk, actor=OPERATOR, body=body(model, **said), now=timezone.now())


def publish(policy: RoutingPolicy) -> RoutingPolicy:
    return services.publish(policy_id=policy.pk, actor=OPERATOR, now=timezone.now())


def kinds(policy: RoutingPolicy) -> list[str]:
    rows = Event.objects.filter(entity_type="policy", entity_id=policy.pk).order_by("entity_version")
    return [row.kind for row in rows]


def test_numbers_drafts_of_each_model_from_one(immediate: Callable[[], None]) -> None:
    model = make_model()
    assert [draft(model).number, draft(model).number] == [1, 2]
    assert draft(make_model()).number == 1
    immediate()


def test_keeps_every_member_with_its_default() -> None:
    policy = draft(make_model(), class_thresholds={"fraud": 0.95})
    assert selectors.as_json(policy) | {"number": 1, "state": "draft"} == selectors.as_json(policy)
    assert policy.body["class_thresholds"] == {"fraud": 0.95}
    assert policy.body["qa_rate"] == 0.0
    assert policy.body["deadline_minutes"] == 240
    assert "salt" not in selectors.as_json(policy)


def test_publishing_retires_the_former_and_raises_the_epoch(immediate: Callable[[], None]) -> None:
    model = make_model()
    first = publish(draft(model))
    second = draft(model, threshold=0.9)
    before = Epoch.objects.get().n

    publish(second)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (PolicyState.RETIRED, PolicyState.PUBLISHED)
    assert first.retired_at == second.published_at
    assert second.published_by == "operator"
    assert Epoch.objects.get().n == before + 1
    assert kinds(first) == ["reviews.policy.drafted", "reviews.policy.published", "reviews.policy.retired"]
    assert kinds(second) == ["reviews.policy.drafted", "reviews.policy.published"]
    assert first.salt != second.salt
    immediate()


def test_what_is_published_does_not_change(immediate: Callable[[], None]) -> None:
    model = make_model()
    policy = publish(draft(model))
    acts = [
        lambda: publish(policy),
        lambda: services.discard(policy_id=policy.pk, actor=OPERATOR, now=timezone.now()),
        lambda: services.change(
            policy_id=policy.pk, actor=OPERATOR, body=body(model, threshold=0.1), now=timezone.now()
        ),
    ]
    for act in acts:
        with pytest.raises(NotADraft, match="Policy 1 is published"):
            act()
    immediate()


def test_a_discarded_draft_is_gone_and_its_number_too() -> None:
    model = make_model()
    policy = draft(model)

    services.discard(policy_id=policy.pk, actor=OPERATOR, now=timezone.now())

    assert list(selectors.policies_of(model)) == []
    assert draft(model).number == 2
    with pytest.raises(NotADraft):
        publish(policy)


def test_changes_a_draft_and_refuses_to_change_nothing(immediate: Callable[[], None]) -> None:
    model = make_model()
    policy = draft(model)

    changed = services.change(
        policy_id=policy.pk, actor=OPERATOR, body=body(model, threshold=0.5), now=timezone.now()
    )

    assert changed.body["threshold"] == 0.5
    with pytest.raises(BadInput, match="already"):
        services.change(
            policy_id=policy.pk, actor=OPERATOR, body=body(model, threshold=0.5), now=timezone.now()
        )
    immediate()


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"queue": "foreign-inbox"}, "/queue"),
        ({"escalation_queue": "foreign-inbox"}, "/escalation_queue"),
        ({"threshold": 1.5}, "/threshold"),
        ({"class_thresholds": {"unknown": 0.5}}, "/class_thresholds/unknown"),
        ({"always_review": ["unknown"]}, "/always_review/0"),
        ({"colour": "red"}, "/colour"),
        ({"always_review": ["x" * 70_000]}, ""),
    ],
)
def test_says_where_a_body_is_wrong(said: dict[str, Any], pointer: str) -> None:
    make_system("foreign")
    model = make_model()
    with pytest.raises(BadInput) as refused:
        draft(model, **said)
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_refuses_by_name_what_this_release_cannot_do() -> None:
    with pytest.raises(NotAvailableYet) as refused:
        draft(make_model(), reviewers=2, mode="blind", rules=[{"name": "x"}])
    assert {error.pointer for error in refused.value.errors} == {"/reviewers", "/mode", "/rules"}


def test_publishing_looks_again_whether_the_draft_still_fits() -> None:
    model = make_model()
    policy = draft(model, class_thresholds={"fraud": 0.95})
    narrower = {"type": "object", "properties": {"label": {"enum": ["ok", "bad"]}}}
    change_model(model_id=model.pk, actor=OPERATOR, changes={"output_schema": narrower}, now=timezone.now())

    with pytest.raises(BadInput, match="no class 'fraud'"):
        publish(policy)


def test_a_floor_can_refuse_to_publish(monkeypatch: pytest.MonkeyPatch) -> None:
    class TooLow(Refusal):
        """Below the floor."""

    def floor(*_: Any) -> None:
        raise TooLow

    monkeypatch.setattr(services, "floors", [floor])
    policy = draft(make_model())

    with pytest.raises(TooLow), transaction.atomic():
        publish(policy)

    policy.refresh_from_db()
    assert policy.state == PolicyState.DRAFT


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.COMPLIANCE_OFFICER, Role.QUEUE_MANAGER])
def test_refuses_everybody_but_model_owners(role: Role) -> None:
    model = make_model()
    policy = draft(model)
    actor = make_person(role, on=model.system)
    with pytest.raises(NotPermitted, match="model owner"):
        services.draft(model_id=model.pk, actor=actor, body=body(model), now=timezone.now())
    with pytest.raises(NotPermitted, match="model owner"):
        services.publish(policy_id=policy.pk, actor=actor, now=timezone.now())
    owner = make_person(Role.MODEL_OWNER, on=model.system)
    assert (
        services.publish(policy_id=policy.pk, actor=owner, now=timezone.now()).published_by == owner.audit_ref
    )


@pytest.mark.parametrize("act", ["draft", "change", "discard", "publish"])
def test_a_trail_that_cannot_be_written_leaves_everything_as_it_was(
    act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model()
    former = publish(draft(model))
    policy = draft(model)
    before = Epoch.objects.get().n
    acts: dict[str, Callable[[], object]] = {
        "draft": lambda: draft(model),
        "change": lambda: services.change(
            policy_id=policy.pk, actor=OPERATOR, body=body(model, threshold=0.1), now=timezone.now()
        ),
        "discard": lambda: services.discard(policy_id=policy.pk, actor=OPERATOR, now=timezone.now()),
        "publish": lambda: publish(policy),
    }

    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "_write", fail)

    with pytest.raises(RuntimeError, match="disk full"), transaction.atomic():
        acts[act]()

    states = dict(RoutingPolicy.objects.values_list("number", "state"))
    assert states == {former.number: "published", policy.number: "draft"}
    assert RoutingPolicy.objects.get(pk=policy.pk).body["threshold"] == 0.85
    assert Epoch.objects.get().n == before


@pytest.mark.parametrize(
    ("constraint", "statement"),
    [
        ("reviews_known_policy_state", "SET state = 'live'"),
        ("reviews_published_policy_says_when", "SET published_at = NULL"),
        ("reviews_published_policy_stands", "SET body = '{}'"),
        ("reviews_published_policy_stands", "SET salt = 'known'"),
        ("reviews_published_policy_stands", "SET state = 'draft'"),
        ("reviews_policy_numbered", "SET number = 1"),
        ("reviews_one_published_policy", "SET state = 'published', published_at = now(), published_by = 'x'"),
    ],
)
def test_the_database_refuses(constraint: str, statement: str) -> None:
    model = make_model()
    publish(draft(model))
    draft(model)
    where = (
        "number = 2"
        if constraint in {"reviews_policy_numbered", "reviews_one_published_policy"}
        else "number = 1"
    )
    sql = f"UPDATE reviews_routingpolicy {statement}, event_version = event_version + 1 WHERE {where}"
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
