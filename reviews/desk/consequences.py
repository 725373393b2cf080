"""What would follow if people had to decide everything of a system, a model or a version.

Predictions have no index by model, and need none but for this: so the newest are looked through, at most
`MOST` of the last week, and what they say of a day is worked out from the time that they span.
"""

import datetime as dt
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from audit.ids import first_at, made_at
from governance.access.models import Person
from governance.access.roles import WORK_QUEUE, roles_with
from governance.access.selectors import names_of
from governance.suspensions.hooks import Consequences, Load
from registry.catalog.models import Model
from reviews.queue.models import Queue
from reviews.queue.services import inbox_slug
from reviews.routing.models import RoutingPolicy
from reviews.routing.states import PolicyState

MOST: Final = 50_000
LONGEST: Final = dt.timedelta(days=7)
MOST_CALLERS: Final = 10
EXACT: Final = 10_000

_LATELY: Final = """
WITH recent AS MATERIALIZED (
    SELECT id, model_id, version_id, decision, posted_by FROM reviews_prediction
    WHERE id >= %(since)s ORDER BY id DESC LIMIT %(most)s
), its AS (
    SELECT * FROM recent WHERE model_id = ANY(%(models)s)
        AND (%(version)s::uuid IS NULL OR version_id = %(version)s::uuid)
)
SELECT (SELECT count(*) FROM recent), (SELECT min(id::text) FROM recent), (SELECT count(*) FROM its),
    (SELECT count(*) FROM its WHERE decision = 'accept'),
    ARRAY(SELECT posted_by FROM its GROUP BY posted_by ORDER BY count(*) DESC LIMIT %(callers)s)
"""
_OPEN: Final = """
SELECT count(*) FROM (SELECT i.prediction_id FROM reviews_reviewitem i WHERE i.queue_id = ANY(%(queues)s)
    AND i.state = 'waiting' AND i.model_id = ANY(%(models)s) LIMIT %(limit)s) found
"""
_WAITING: Final = """
SELECT count(*) FROM (SELECT FROM reviews_reviewitem i WHERE i.queue_id = %(queue)s AND i.state = 'waiting'
    LIMIT %(limit)s) found
"""


def consequences_of(
    *, system_id: UUID, model_id: UUID | None, version_id: UUID | None, now: dt.datetime
) -> Consequences:
    """The numbers that somebody sees who is about to suspend."""
    models = list(Model.objects.filter(system=system_id).select_related("system"))
    models = [model for model in models if model_id in (None, model.pk)]
    ids = [model.pk for model in models]
    queues = _queues(models)
    seen, oldest, count, alone, callers = _ask(
        _LATELY, since=first_at(now - LONGEST), most=MOST, models=ids, version=version_id,
        callers=MOST_CALLERS,
    )  # fmt: skip
    span = LONGEST if seen < MOST else max(now - made_at(UUID(oldest)), dt.timedelta(minutes=1))
    days = span / dt.timedelta(days=1)
    (waiting,) = _ask(_OPEN, queues=[queue.pk for queue in queues], models=ids, limit=EXACT + 1)
    return Consequences(
        per_day=round(count / days),
        alone_per_day=round(alone / days),
        span="the last 7 days" if seen < MOST else f"the last {span.total_seconds() / 3600:.1f} hours",
        open_items=_in_words(waiting),
        queues=[_load(queue) for queue in queues],
        callers=[names_of(set(callers)).get(ref, ref) for ref in callers],
    )


def _queues(models: list[Model]) -> list[Queue]:
    """Where predictions of these models go: by their policies in force, else to the models' own queues."""
    published = RoutingPolicy.objects.filter(model__in=models, state=PolicyState.PUBLISHED)
    by_policy = dict(published.values_list("model_id", "queue_id"))
    slugs = [model.queue_slug or inbox_slug(model.system) for model in models if model.pk not in by_policy]
    found = Queue.objects.filter(Q(pk__in=by_policy.values()) | Q(slug__in=slugs))
    return list(found.order_by("slug"))


def _load(queue: Queue) -> Load:
    there = (
        Q(assignments__scope__kind="everywhere")
        | Q(assignments__scope__kind="system", assignments__scope__system=queue.system_id)
        | Q(assignments__scope__queue_id=queue.pk)
    )
    held = Q(assignments__role__in=roles_with(WORK_QUEUE), assignments__revoked_at=None)
    reviewers = Person.objects.filter(there & held, is_active=True).distinct().count()
    (waiting,) = _ask(_WAITING, queue=queue.pk, limit=EXACT + 1)
    return Load(queue.slug, _in_words(waiting), reviewers)


def _in_words(count: int) -> str:
    return f"over {EXACT}" if count > EXACT else str(count)


def _ask(statement: str, **parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()
