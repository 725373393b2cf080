"""Who works on which queues: for choosing somebody from a list."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from governance.access.models import Person, RoleAssignment
from governance.access.roles import WORK_QUEUE, ScopeKind, roles_with
from reviews.queue.models import Queue

MOST_PEOPLE = 500
"""Of a list to choose from."""


def people_working(queues: Collection[Queue], *, ever: bool = False) -> QuerySet[Person]:
    """Those with a reviewing role on one of the queues; `ever`: also those who had one. By name."""
    at = (
        Q(scope__kind=ScopeKind.EVERYWHERE)
        | Q(scope__kind=ScopeKind.SYSTEM, scope__system_id__in={queue.system_id for queue in queues})
        | Q(scope__kind=ScopeKind.QUEUE, scope__queue_id__in={queue.pk for queue in queues})
    )
    held = RoleAssignment.objects.filter(at, role__in=sorted(roles_with(WORK_QUEUE)))
    people = Person.objects.order_by("name", "id")
    if not ever:
        held, people = held.in_force(), people.filter(is_active=True)
    return people.filter(pk__in=held.values("person_id"))[:MOST_PEOPLE]
