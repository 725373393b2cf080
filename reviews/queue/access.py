"""Guardian's rows on queues, derived from role assignments in the transaction that changes them."""

from uuid import UUID

from governance.access.derived import replace_rows
from governance.access.models import Person
from governance.access.roles import PERMISSIONS_BY_ROLE, QUEUE_PERMISSIONS_IN_GUARDIAN, Role, ScopeKind
from reviews.queue.models import QueuePermission


def derive_queue_rows(person: Person) -> None:
    """Make the person's rows on queues say what their roles on queues say. Roles above make none."""
    wanted: set[tuple[UUID, str]] = set()
    held = person.assignments.in_force().filter(scope__kind=ScopeKind.QUEUE)
    for role, queue_id in held.values_list("role", "scope__queue_id"):
        granted = PERMISSIONS_BY_ROLE[Role(role)]
        wanted |= {(queue_id, name) for name in QUEUE_PERMISSIONS_IN_GUARDIAN if queue_id and name in granted}
    replace_rows(QueuePermission, person, wanted)
