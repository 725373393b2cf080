"""What suspensions tell others, after commit."""

from typing import Final

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q

from audit.pages import link_to
from governance.access.models import Person
from governance.access.roles import Role
from governance.suspensions.models import Suspension
from registry.systems.reading import OWNER_TITLES

TASK: Final = "governance.suspensions.tasks.tell_untold"
TOLD: Final = (Role.MODEL_OWNER, Role.QUEUE_MANAGER, Role.ADJUDICATOR, Role.REVIEWER)
"""Who answers for the system, and who gets the work that it no longer does alone."""


def tell() -> None:
    """Wake a worker to write the mail. By name: the task itself stands above the services."""
    current_app.send_task(TASK)


def people_to_tell(suspension: Suspension) -> list[Person]:
    """Owners of the system, and everybody who works in its queues."""
    system = suspension.system
    named = [getattr(system, f"{title}_id") for title in OWNER_TITLES]
    there = Q(assignments__scope__system=system) | Q(assignments__scope__kind="everywhere")
    held = Q(assignments__role__in=TOLD, assignments__revoked_at=None) & there
    return list(
        Person.objects.filter(is_active=True).filter(Q(pk__in=named) | held).distinct().order_by("pk")
    )


def message_about(suspension: Suspension, person: Person) -> EmailMessage:
    """The mail to one of them. It names no reason: mail goes through other hands."""
    if suspension.is_live:
        subject = f"Suspended: {suspension.target}"
        body = (
            f"{suspension.target} was suspended on {suspension.raised_at:%Y-%m-%d at %H:%M} UTC.\n\n"
            "The gate denies it from now on, and its predictions go to people with the reason SUSPENDED.\n"
            f"The reason, and what can be done: {link_to('page-suspension', suspension.pk)}\n"
        )
    else:
        subject = f"No longer suspended: {suspension.target}"
        body = (
            f"The suspension of {suspension.target} was lifted on {suspension.lifted_at:%Y-%m-%d at %H:%M} "
            "UTC.\n\nWhat waits for people stays with them; new predictions are routed as before.\n"
            f"More: {link_to('page-suspension', suspension.pk)}\n"
        )
    return EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [person.email])
