"""governance.approvals.clock and its task: reminders, ends and late stages, each told once."""

import datetime as dt

import pytest
from django.core import mail
from django.utils import timezone

from audit.trail.models import Event
from governance.approvals import clock, tasks
from governance.approvals.models import Notice
from governance.approvals.states import State
from tests.governance.approvals.making import Scene, scene, sign

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def made() -> Scene:
    return scene()


@pytest.mark.parametrize(
    ("days_left", "told"),
    [
        (40, []),
        (30, ["ends_in_30"]),
        (20, ["ends_in_30"]),
        (13, ["ends_in_14"]),
        (5, ["ends_in_7"]),
        (0.5, ["ends_in_1"]),
    ],
)
def test_reminds_as_the_end_comes_near(made: Scene, days_left: float, told: list[str]) -> None:
    request = made.approved()
    assert request.expires_at is not None
    request.revalidate_at = None

    assert clock.due_at(request, request.expires_at - days_left * DAY) == told


def test_says_that_an_approval_has_ended(made: Scene) -> None:
    request = made.approved(now=timezone.now() - 400 * DAY)

    assert tasks.look_at_the_calendar() == 1

    assert Notice.objects.get().what == "expired"
    assert Event.objects.filter(kind="approvals.request.expired").count() == 1
    assert any("has ended" in message.subject for message in mail.outbox)
    request.refresh_from_db()
    assert request.state == State.APPROVED  # what is decided stands; that it ended is found out


def test_tells_once(made: Scene) -> None:
    made.approved(now=timezone.now() - 340 * DAY)

    assert tasks.look_at_the_calendar() == 2  # that it ends, and that it has to be looked at again
    assert tasks.look_at_the_calendar() == 0


def test_escalates_a_late_stage_to_those_who_may_sign_now(made: Scene) -> None:
    made.request(now=timezone.now() - 5 * DAY)

    tasks.look_at_the_calendar()

    assert {made.risk.email, made.compliance.email} <= {to for message in mail.outbox for to in message.to}
    assert Event.objects.filter(kind="approvals.request.escalated").count() == 1


def test_tells_those_who_sign_next_and_not_the_others(made: Scene) -> None:
    request = sign(made.request(), made.risk)

    tasks.tell_awaited(request_id=str(request.pk))

    told = {to for message in mail.outbox for to in message.to}
    assert made.compliance.email in told
    assert told.isdisjoint({made.owner.email, made.risk.email})


def test_tells_the_owners_what_became_of_it(made: Scene) -> None:
    request = sign(made.request(), made.risk, "reject")

    tasks.tell_decided(request_id=str(request.pk))

    assert made.owner.email in {to for message in mail.outbox for to in message.to}
    assert all("rejected" in message.subject for message in mail.outbox)
