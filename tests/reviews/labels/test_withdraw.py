"""reviews.labels.services.withdraw: a tombstone for a label that must no longer be used."""

import pytest
from django.utils import timezone

from audit.refusals import NotFound, NotPermitted
from audit.trail import services as trail
from audit.trail.models import Event, Opening
from governance.access.roles import Role
from reviews.labels import services
from reviews.labels.errors import LabelSuperseded, NothingToWithdraw
from reviews.labels.models import Label
from tests.reviews.labels import making


@pytest.fixture
def place(db):
    system = making.system()
    return making.model(system), making.queue(system), making.person(Role.REVIEWER, at=system)


@pytest.fixture
def manager(place):
    return making.person(Role.QUEUE_MANAGER, at=place[1])


def withdraw(label, actor, reason="wrong customer"):
    return services.withdraw(label_id=label.id, reason=reason, actor=actor, now=timezone.now())


def test_adds_a_version_without_content_and_says_so_in_the_trail(place, manager, immediate):
    label = making.label(*place)

    tombstone = withdraw(label, manager)

    assert (tombstone.version, tombstone.supersedes, tombstone.withdrawn) == (2, label.id, True)
    assert tombstone.judgement is None
    event = Event.objects.get(kind="reviews.label.withdrawn")
    assert event.entity_id == label.item_id
    assert b"wrong customer" not in bytes(event.body)
    assert Opening.objects.get(entity_id=label.item_id, name="reason").value == "wrong customer"
    immediate()


def test_refuses_a_second_time_and_a_superseded_label(place, manager):
    model, queue, reviewer = place
    prediction = making.prediction(model)
    item = making.item(prediction, queue)
    first = making.decide(prediction, item, reviewer)
    making.reopen(item)
    second = making.decide(prediction, item, making.person())

    with pytest.raises(LabelSuperseded):
        withdraw(first, manager)
    tombstone = withdraw(second, manager)
    for label in (second, tombstone):
        with pytest.raises(NothingToWithdraw):
            withdraw(label, manager)


def test_refuses_reviewers_and_does_not_exist_for_strangers(place):
    label = making.label(*place)

    with pytest.raises(NotPermitted, match="manager"):
        withdraw(label, place[2])
    with pytest.raises(NotFound):
        withdraw(label, making.person(Role.QUEUE_MANAGER, at=making.system()))


def test_a_trail_that_cannot_be_written_leaves_the_label_in_force(place, manager, monkeypatch):
    label = making.label(*place)

    def fail(**_kwargs):
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "record", fail)

    with pytest.raises(RuntimeError, match="disk full"):
        withdraw(label, manager)

    assert Label.objects.count() == 1
