"""Named reads about routing policies."""

from typing import Any

from django.db.models import Max, QuerySet

from audit.refusals import NotFound
from registry.catalog.models import Model
from reviews.queue.models import Queue
from reviews.routing.errors import NotADraft
from reviews.routing.models import RoutingPolicy
from reviews.routing.policies import why_fixed
from reviews.routing.states import PolicyState

NO_SUCH_POLICY = "There is no such routing policy of this model."


def policies_of(model: Model) -> QuerySet[RoutingPolicy]:
    """All policies of a model but discarded drafts."""
    return RoutingPolicy.objects.visible().filter(model=model).select_related("model__system", "queue")


def policy_of(model: Model, number: int) -> RoutingPolicy:
    """One policy of a model.

    Raises:
        NotFound: the model has none of that number, or it was discarded.
    """
    policy = policies_of(model).filter(number=number).first()
    if policy is None:
        raise NotFound(NO_SUCH_POLICY)
    return policy


def draft_of(model: Model, number: int) -> RoutingPolicy:
    """One draft of a model.

    Raises:
        NotFound: the model has no policy of that number.
        NotADraft: it was published.
    """
    policy = policy_of(model, number)
    if reason := why_fixed(policy):
        raise NotADraft(reason)
    return policy


def policy_in_force(model: Model) -> RoutingPolicy | None:
    """The published policy, which routes predictions now."""
    return policies_of(model).filter(state=PolicyState.PUBLISHED).first()


def next_number(model: Model) -> int:
    """The number of the next draft; discarded drafts keep theirs. The model has to be locked."""
    highest: int | None = RoutingPolicy.objects.filter(model=model).aggregate(n=Max("number"))["n"]
    return (highest or 0) + 1


def queues_for(model: Model) -> dict[str, Queue]:
    """The queues that a policy of this model may name, by slug."""
    return {queue.slug: queue for queue in Queue.objects.filter(system=model.system_id).order_by("slug")}


def as_json(policy: RoutingPolicy) -> dict[str, Any]:
    """A policy as the API gives it. The salt is nobody's to know."""
    return {
        "number": policy.number,
        "state": policy.state,
        **policy.body,
        "model": policy.model.slug,
        "created_by": policy.created_by,
        "created_at": policy.created_at,
        "published_by": policy.published_by or None,
        "published_at": policy.published_at,
        "retired_at": policy.retired_at,
    }
