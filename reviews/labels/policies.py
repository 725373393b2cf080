"""Who may read labels, who may withdraw one, and why not."""

from audit.trail.actors import Actor
from governance.access.roles import MANAGE_QUEUE, READ_LABELS
from registry.catalog.models import Model
from reviews.queue.models import ReviewItem

NO_LABELS = "Reading labels takes the scope labels:read, or the role queue manager on the AI system."


def why_not_read(actor: Actor, model: Model) -> str | None:
    """Labels hold inputs and answers of people, so reading them is a right of its own."""
    if not actor.has_perm(READ_LABELS, model):
        return NO_LABELS
    return None


def why_not_withdraw(actor: Actor, item: ReviewItem) -> str | None:
    """Taking back what others train on is the queue manager's decision."""
    if not actor.has_perm(MANAGE_QUEUE, item):
        return "Only a manager of the queue can withdraw a label."
    return None
