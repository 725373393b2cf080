"""What workers and the clock do about approvals: messages, reminders, escalation."""

from collections.abc import Iterable
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from audit.pages import link_to
from governance.access.models import Person, RoleAssignment
from governance.access.roles import Role
from governance.access.selectors import holders_of
from governance.approvals import clock, hooks, inbox, policies, selectors
from governance.approvals.models import ApprovalPolicy, ApprovalRequest
from governance.approvals.states import PolicyState, State


@shared_task
def tell_awaited(*, request_id: str) -> None:
    """Tell those who can sign the stage that waits. A second message after a crash does no harm."""
    request = _request(request_id)
    if request is not None and request.state == State.OPEN:
        people = inbox.awaited(request, now=timezone.now())
        _mail(people, f"{_title(request)} waits for your signature", request)


@shared_task
def tell_decided(*, request_id: str) -> None:
    """Tell whoever asked, and the owners, what became of it. A second message does no harm."""
    request = _request(request_id)
    if request is not None:
        _mail(_owners(request), f"{_title(request)} is {State(request.state).label}", request)


@shared_task
def tell_policy_drafted(*, policy_id: str) -> None:
    """Tell those who can publish a draft, but for who wrote it. A second message does no harm."""
    policy = ApprovalPolicy.objects.filter(pk=UUID(policy_id), state=PolicyState.DRAFT).first()
    if policy is None:
        return
    subject = f"An approval policy for {policy.risk_class} in {policy.environment_id} waits to be published"
    text = f"{subject}.\n\nLook at it: {link_to('page-approval-policy', policy.pk)}\n"
    for person in holders_of([Role.COMPLIANCE_OFFICER]):
        if policies.why_not_publish_policy(person, policy) is None:
            send_mail(f"Countersign: {subject}", text, settings.DEFAULT_FROM_EMAIL, [person.email])


@shared_task
def look_at_the_calendar() -> int:
    """Tell about stages past their deadline and approvals near their end; answer how much was told.

    Safe to run twice or on two workers at once: each notice is a row that is written once.
    """
    now, told = timezone.now(), 0
    for pk in [request.pk for request in clock.candidates(now)]:
        request = _request(str(pk))
        if request is None:
            continue
        for what in clock.due_at(request, now):
            if clock.tell(request_id=request.pk, what=what, now=now):
                told += 1
                _tell(request, what)
    return told


def _tell(request: ApprovalRequest, what: str) -> None:
    if what.startswith("stage_"):
        people = [*inbox.awaited(request, now=timezone.now()), *_escalation(request)]
        _mail(people, f"{_title(request)} is past the deadline of stage {request.stage}", request)
    elif what == clock.EXPIRED:
        _mail(_owners(request), f"The approval of {_title(request)} has ended", request)
    elif what == clock.REVALIDATE:
        _mail(_owners(request), f"{_title(request)} has to be looked at again", request)
    else:
        days = what.rpartition("_")[2]
        subject = f"The approval of {_title(request)} ends within {days} days"
        _mail(_owners(request), subject, request, more=_consequence(request))


def _consequence(request: ApprovalRequest) -> str:
    """What would happen without an approval, as far as somebody counts it."""
    if request.version is None or hooks.predictions_per_day is None:
        return ""
    number = hooks.predictions_per_day(request.version, str(request.environment_id))
    return "" if number is None else f"Then about {number:.0f} predictions a day would go to people.\n"


def _request(request_id: str) -> ApprovalRequest | None:
    return selectors.related(ApprovalRequest.objects.filter(pk=UUID(request_id))).first()


def _title(request: ApprovalRequest) -> str:
    if request.version is None:
        return f"Lifting a suspension of {request.system.name}"
    return f"{request.version} for {request.environment_id}"


def _owners(request: ApprovalRequest) -> list[Person]:
    system = request.system
    people = [request.requester, system.business_sponsor, system.product_owner, system.technical_lead]
    return [person for person in people if person is not None]


def _escalation(request: ApprovalRequest) -> list[Person]:
    stage = inbox.stage_of(request)
    if stage is None or not stage.escalate_to:
        return []
    held = RoleAssignment.objects.in_force().filter(role__in=stage.escalate_to).select_related("person")
    return [each.person for each in held]


def _mail(people: Iterable[Person], subject: str, request: ApprovalRequest, *, more: str = "") -> None:
    """One message to each, so that nobody learns who else was told."""
    text = f"{subject}.\n{more}\nLook at it: {link_to('page-approval', request.pk)}\n"
    for address in sorted(set(inbox.addresses(people))):
        send_mail(f"Countersign: {subject}", text, settings.DEFAULT_FROM_EMAIL, [address])
