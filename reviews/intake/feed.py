"""The feed of outcomes: what services are told that was not in the answer to their POST."""

import json
from typing import Any, Final
from uuid import UUID

import orjson

from audit.prepared import execute
from audit.refusals import NotFound, NotPermitted
from audit.trail import feeds
from audit.trail.actors import Actor
from audit.trail.models import Feed
from governance.access.models import Person, ServiceKey
from governance.access.roles import READ_OUTCOMES
from governance.access.selectors import require
from registry.catalog.models import Model
from reviews.intake.content import stored_text
from reviews.intake.reading import read_json

NO_OUTCOMES: Final = "Reading outcomes needs a service key with the scope outcomes:read."
LARGEST_PAGE: Final = 16 * 1024 * 1024
"""Bytes of payload behind one page: with large payloads it holds fewer outcomes than asked for."""

# Position after position (LATERAL, OFFSET 0), each fact by its key (LIMIT 1: that a key is unique over all
# months is something the planner cannot know), until the page is full; and the contents cut off before
# they are read: a page of payloads of 1 MiB each must not become 500 MiB.
_PAGE: Final = f"""
SELECT * FROM (
    SELECT found.*, count(*) OVER () AS among,
        sum(coalesce(octet_length(body), 0)) OVER (ORDER BY n) AS so_far
    FROM (
        SELECT place.n, told.*
        FROM (
            SELECT n, ref FROM audit_position
            WHERE feed = %(feed)s AND n > %(after)s AND n <= %(upto)s ORDER BY n OFFSET 0
        ) place CROSS JOIN LATERAL (
            SELECT o.prediction_id, p.external_id, m.slug, p.version_name, o.status, p.decision,
                o.version, o.source, o.changed, o.supersedes, o.decided_at,
                (SELECT body FROM reviews_payload WHERE prediction_id = o.prediction_id) AS body,
                (SELECT output FROM reviews_judgement WHERE id = o.judgement_id) AS output
            FROM reviews_outcome o
            JOIN registry_model m ON m.id = o.model_id
            CROSS JOIN LATERAL (SELECT * FROM reviews_prediction WHERE id = o.prediction_id LIMIT 1) p
            WHERE o.seq = place.ref
                AND (%(systems)s::uuid[] IS NULL OR m.system_id = ANY(%(systems)s::uuid[]))
                AND (%(model)s::uuid IS NULL OR o.model_id = %(model)s::uuid)
                AND (%(environments)s::text[] IS NULL OR p.environment = ANY(%(environments)s::text[]))
            OFFSET 0
        ) told
        ORDER BY place.n LIMIT %(limit)s
    ) found
) page
WHERE so_far <= {LARGEST_PAGE} OR so_far = coalesce(octet_length(body), 0)
ORDER BY n"""


def model_for(actor: Actor, slug: str) -> Model:
    """The model of that slug, for somebody who wants its outcomes.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: within reach, but its outcomes are not.
    """
    model = Model.objects.select_related("system").filter(slug=slug).first()
    if model is None:
        raise NotFound
    require(actor, READ_OUTCOMES, model, NO_OUTCOMES)
    return model


def require_some(actor: Actor) -> None:
    """Turn away who could read no outcome at all.

    Raises:
        NotPermitted: nothing is theirs to read.
    """
    somewhere = (
        actor.rights.allow_somewhere(READ_OUTCOMES)
        if isinstance(actor, Person)
        else actor.has_perm(READ_OUTCOMES)
    )
    if not somewhere:
        raise NotPermitted(NO_OUTCOMES)


def page(
    feed: Feed, *, actor: Actor, model: Model | None, after: int, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """The actor's outcomes behind `after`, and the position to go on from.

    Looks at `feeds.SCAN` positions at most, so with a filter the page may be short while the position
    moves on.
    """
    upto = min(feeds.size(feed), after + feeds.SCAN)
    if upto <= after:
        return [], after
    parameters = {
        "feed": feed.value,
        "after": after,
        "upto": upto,
        "limit": limit,
        "model": model.pk if model else None,
        "systems": _systems(actor),
        "environments": (actor.environments or None) if isinstance(actor, ServiceKey) else None,
    }
    rows = execute(_PAGE, parameters).fetchall()
    outcomes = [_as_json(*row[1:-2]) for row in rows]
    among = rows[0][-2] if rows else 0
    cut_off = among == limit or len(rows) < among
    return outcomes, rows[-1][0] if cut_off else upto


def _systems(actor: Actor) -> list[UUID] | None:
    """The AI systems whose outcomes the actor may read; None means all."""
    if isinstance(actor, Person):
        found = actor.rights.systems_with(READ_OUTCOMES)
        return None if found is None else list(found)
    return (actor.system_ids or None) if isinstance(actor, ServiceKey) else None


def _as_json(
    prediction_id: UUID,
    external_id: str,
    model: str,
    version_name: str,
    status: str,
    decision: str,
    version: int,
    source: str,
    changed: bool,
    supersedes: int | None,
    decided_at: Any,
    body: str | None,
    judged_output: str | None,
) -> dict[str, Any]:
    posted: Any = read_json(body.encode()) if body is not None else {}
    outcome = None
    if source:
        output: Any = json.loads(judged_output) if judged_output is not None else None
        if source == "model":
            output = posted.get("output")
        outcome = {
            "version": version,
            "output": orjson.Fragment(stored_text(output)),
            "source": source,
            "changed": changed,
            "decided_at": decided_at,
        }
    erased = {"erased": True} if body is None else {}
    return erased | {
        "prediction": prediction_id,
        "external_id": external_id,
        "model": model,
        "version": version_name,
        "status": status,
        "decision": decision,
        "outcome": outcome,
        "correlation": orjson.Fragment(stored_text(posted.get("correlation"))),
        "supersedes": supersedes,
        "decided_at": decided_at,
    }
