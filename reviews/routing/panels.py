"""What routing shows on the registry's pages: the policy in force, and how much waits."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db import connection
from django.urls import reverse

from audit.trail.actors import Actor
from registry.catalog import panels as model_panels
from registry.catalog.models import Model
from registry.systems import panels as system_panels
from registry.systems.models import AISystem
from registry.systems.panels import Cell, Column, Panel
from reviews.routing import policies, selectors
from reviews.routing.models import RoutingPolicy
from reviews.routing.states import PolicyState
from reviews.routing.words import in_words, number

MOST: Final = 10_000
WAITING: Final = """
SELECT queue.system_id, count(*) FROM reviews_queue queue,
    LATERAL (SELECT FROM reviews_reviewitem
             WHERE queue_id = queue.id AND state = 'waiting' LIMIT %(limit)s) item
WHERE queue.system_id = ANY(%(systems)s) GROUP BY queue.system_id
"""
"""Reads at most `limit` entries of an index for each queue, however long it is."""
SHOWN: Final = 3


def hang() -> None:
    """Put what this room shows onto the registry's pages; harmless when done twice."""
    for column in (LIVE_POLICIES, WAITING_REVIEWS):
        if column not in system_panels.columns:
            system_panels.columns.append(column)
    if policy_panel not in model_panels.on_model:
        model_panels.on_model.append(policy_panel)


def policy_panel(model: Model, actor: Actor) -> Panel:
    """The policy in force in words, and the drafts beside it."""
    found = list(selectors.policies_of(model).exclude(state=PolicyState.RETIRED).order_by("-number")[:50])
    in_force = next((policy for policy in found if policy.state == PolicyState.PUBLISHED), None)
    context = {
        "model": model,
        "in_force": in_force,
        "words": in_words(in_force.body) if in_force else [],
        "drafts": [policy for policy in found if policy.state == PolicyState.DRAFT],
        "why_not_draft": policies.why_not_draft(actor, model),
    }
    return Panel("reviews/routing/_policies.html", context)


def _policy_cells(systems: Sequence[AISystem], actor: Actor) -> Mapping[UUID, Sequence[Cell]]:
    """The published policies of all models of these systems, in one query."""
    found: dict[UUID, list[Cell]] = {}
    published = (
        RoutingPolicy.objects.filter(model__system__in=systems, state=PolicyState.PUBLISHED)
        .select_related("model")
        .order_by("model__slug")
    )
    for policy in published:
        text = f"{policy.model.slug} {policy.number}: from {number(policy.body['threshold'])}"
        url = reverse("page-policy", args=[policy.model.slug, policy.number])
        found.setdefault(policy.model.system_id, []).append(Cell(text, url))
    for cells in found.values():
        if len(cells) > SHOWN:
            cells[SHOWN:] = [Cell(f"and {len(cells) - SHOWN} more", soft=True)]
    return found


def _waiting_cells(systems: Sequence[AISystem], actor: Actor) -> Mapping[UUID, Sequence[Cell]]:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, {"systems": [system.pk for system in systems], "limit": MOST + 1})
        counted = dict(cursor.fetchall())
    return {
        system.pk: [
            Cell(f"over {MOST}" if counted.get(system.pk, 0) > MOST else str(counted.get(system.pk, 0)))
        ]
        for system in systems
    }


LIVE_POLICIES: Final = Column("Live policy", _policy_cells)
WAITING_REVIEWS: Final = Column("Waiting", _waiting_cells, numeric=True)
