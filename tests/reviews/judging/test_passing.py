"""reviews.judging.services.escalate, reopen, and what cannot be told: a review passed on, or asked again."""

import datetime as dt

import pytest

from audit.refusals import NotPermitted
from audit.trail import services as trail
from audit.trail.models import Event
from governance.access.roles import Role
from reviews.intake.models import Outcome, Prediction
from reviews.judging import services
from reviews.labels.diff import ABSENT
from reviews.labels.models import Label
from reviews.queue import services as queue_services
from reviews.queue.errors import AlreadyOpen, IllegalTransition, LeaseLost
from reviews.queue.models import Exclusion, ReviewItem, Slot
from reviews.routing.models import RoutingPolicy
from tests.reviews.judging.deciding import claim, judge
from tests.reviews.queue import making


@pytest.fixture
def model(db):
    return making.a_model()


@pytest.fixture
def queue(model):
    return making.inbox(model)


@pytest.fixture
def senior(model):
    return queue_services.create_queue(
        slug=f"senior-{model.slug}",
        name="Senior",
        system=model.system,
        actor=making.OPERATOR,
        now=making.now(),
    )


@pytest.fixture
def policy(model, queue, senior):
    policy = RoutingPolicy(
        model=model, number=1, body={}, salt="00", queue=queue, escalation_queue=senior,
        created_by="operator", created_at=making.now(),
    )  # fmt: skip
    from django.db import transaction

    with transaction.atomic():
        trail.record(kind="test.made", actor=making.OPERATOR, entity=policy, details={}, now=making.now())
    return policy


@pytest.fixture
def person(queue):
    return making.a_person(queue=queue)


def escalate(taken, person, reason="too large"):
    return services.escalate(
        item_id=taken.item.pk, token=taken.lease.token, reason=reason, actor=person, now=making.now()
    )


def reopen(item, person, *, later=dt.timedelta()):
    return services.reopen(item_id=item.pk, reason="looked again", actor=person, now=making.now() + later)


def test_escalates_to_the_queue_that_the_policy_names(model, person, policy, senior, immediate):
    item = making.an_item(model, policy_id=policy.pk)

    escalate(claim(person, model), person)

    found = ReviewItem.objects.get(pk=item.pk)
    assert (found.queue_id, found.state) == (senior.pk, "waiting")
    assert found.escalated_at is not None
    assert Slot.objects.get(item=item).queue_id == senior.pk
    assert claim(person, model) == queue_services.Nothing("empty")
    elder = making.a_person(queue=senior)
    taken = queue_services.claim(queue_ids=[senior.pk], actor=elder, now=making.now())
    assert judge(taken, elder).answer["review"]["state"] == "decided"
    immediate()


def test_escalates_to_another_person_where_there_is_no_such_queue(model, queue, person):
    making.an_item(model)

    escalate(claim(person, model), person)

    assert claim(person, model) == queue_services.Nothing("not_eligible")
    assert isinstance(claim(making.a_person(queue=queue), model), queue_services.Taken)


def test_escalating_needs_the_lease(model, person):
    making.an_item(model)
    taken = claim(person, model)
    queue_services.release(item_id=taken.item.pk, token=taken.lease.token, actor=person, now=making.now())

    with pytest.raises(LeaseLost):
        escalate(taken, person)


def test_what_cannot_be_told_goes_to_the_escalation_queue(model, person, policy, senior):
    item = making.an_item(model, policy_id=policy.pk)

    judge(claim(person, model), person, output=ABSENT, verdict="cannot_tell", reasons=["bad_input"])

    assert ReviewItem.objects.get(pk=item.pk).queue_id == senior.pk
    assert Event.objects.filter(entity_id=item.pk, kind="reviews.review.cannot_tell").exists()


def test_reopens_an_own_decision_in_a_new_round_and_supersedes_only_if_it_differs(
    model, queue, person, immediate
):
    item = making.an_item(model)
    judge(claim(person, model), person)
    immediate()  # each decision is a transaction of its own

    reopened = reopen(item, person)
    assert (reopened.state, reopened.round, reopened.blocks) == ("waiting", 2, False)
    assert reopened.selected_by_routing is False
    assert Prediction.objects.get(pk=item.prediction_id).status == "final"
    judge(claim(person, model), person)
    assert Outcome.objects.count() == 1
    immediate()
    reopen(item, person)
    judge(claim(person, model), person, output={"label": "ok"}, reasons=["wrong_label"])

    versions = Outcome.objects.order_by("version").values_list("version", "supersedes", "changed")
    assert list(versions) == [(1, None, False), (2, 1, True)]
    assert list(Label.objects.order_by("version").values_list("sample_weight", flat=True)) == [
        1.0, None, None
    ]  # fmt: skip
    immediate()


def test_clears_who_was_kept_from_it_in_the_round_before(model, queue, person):
    item = making.an_item(model)
    judge(claim(person, model), person, output=ABSENT, verdict="cannot_tell", reasons=["bad_input"])
    other = making.a_person(queue=queue)
    judge(claim(other, model), other)

    reopen(item, other)

    assert not Exclusion.objects.exists()
    assert claim(person, model).item.pk == item.pk


def test_an_own_decision_can_be_reopened_for_a_day_and_by_a_manager_for_ever(model, queue, person):
    item = making.an_item(model)
    judge(claim(person, model), person)

    with pytest.raises(NotPermitted, match="24 hours"):
        reopen(item, person, later=dt.timedelta(hours=25))
    with pytest.raises(NotPermitted, match="manager"):
        reopen(item, making.a_person(queue=queue))
    reopen(item, making.a_person(Role.QUEUE_MANAGER, queue=queue), later=dt.timedelta(days=25))


def test_what_is_not_decided_cannot_be_reopened(model, queue, person):
    item = making.an_item(model)
    manager = making.a_person(Role.QUEUE_MANAGER, queue=queue)

    with pytest.raises(AlreadyOpen):
        reopen(item, manager)
    queue_services.cancel(item_id=item.pk, actor=making.OPERATOR, now=making.now())
    with pytest.raises(IllegalTransition):
        reopen(item, manager)


@pytest.mark.parametrize("act", ["escalate", "reopen"])
def test_a_trail_that_cannot_be_written_changes_nothing(model, person, monkeypatch, act):
    item = making.an_item(model)
    taken = claim(person, model)
    if act == "reopen":
        judge(taken, person)
    before = ReviewItem.objects.filter(pk=item.pk).values().get()

    def fail(**_facts):
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "event_row", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        escalate(taken, person) if act == "escalate" else reopen(item, person)

    assert ReviewItem.objects.filter(pk=item.pk).values().get() == before
    assert not Exclusion.objects.exists()
