"""The smallest things that a queue needs: system, model, people with roles, predictions that wait."""

import datetime as dt
import itertools
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from audit.ids import uuid7
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from governance.access import services as access
from governance.access.models import Person, Scope
from governance.access.roles import Role, ScopeKind
from governance.access.selectors import everywhere
from registry.catalog import selectors as catalog_selectors
from registry.catalog import services as catalog
from registry.catalog.models import Model
from registry.systems import services as systems
from registry.systems.models import AISystem
from reviews.intake.models import ExternalId, Payload, Prediction
from reviews.queue.models import Queue, ReviewItem, Slot

SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["fraud", "ok"]}},
    "required": ["label"],
    "additionalProperties": False,
}
_numbers = itertools.count(1)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def a_system(slug: str = "") -> AISystem:
    slug = slug or f"system-{next(_numbers)}"
    return systems.register(actor=OPERATOR, slug=slug, name=slug.title(), now=now())


def _scope_of(system: AISystem) -> Scope:
    return Scope.objects.get_or_create(kind=ScopeKind.SYSTEM, system=system, defaults={"label": system.slug})[
        0
    ]


def a_model(system: AISystem | None = None, schema: Any = None) -> Model:
    slug = f"model-{next(_numbers)}"
    return catalog.register_model(
        actor=OPERATOR,
        system_id=(system or a_system()).pk,
        slug=slug,
        task="classification",
        output_schema=schema or SCHEMA,
        now=now(),
    )


def inbox(model: Model) -> Queue:
    return Queue.objects.select_related("system").get(slug=f"{model.system.slug}-inbox")


def a_person(
    role: Role | None = Role.REVIEWER, *, system: AISystem | None = None, queue: Queue | None = None
) -> Person:
    n = next(_numbers)
    person = access.create_person(
        email=f"person{n}@example.org",
        name=f"Person {n}",
        password="correct horse battery staple",
        actor=OPERATOR,
        now=now(),
    )
    if role is not None:
        scope = queue.scope if queue else _scope_of(system) if system else everywhere()
        access.grant(person_id=person.pk, role=role, scope_id=scope.pk, actor=OPERATOR, now=now())
    return Person.objects.get(pk=person.pk)


@transaction.atomic
def an_item(
    model: Model,
    *,
    queue: Queue | None = None,
    reviewers: int = 1,
    poster: Person | None = None,
    age: float = 0,
    output: Any = None,
    training_use: bool = True,
    policy_id: UUID | None = None,
    input: Any = None,
) -> ReviewItem:
    """A prediction of the model that waits for people. `age`: seconds since it was routed."""
    at = now() - dt.timedelta(seconds=age)
    prediction = Prediction(
        id=uuid7(),
        model=model,
        version_name="1",
        schema=catalog_selectors.schema_in_force(model),
        external_id=f"external-{next(_numbers)}",
        environment="production",
        status="pending",
        decision="review",
        reasons=["LOW_CONFIDENCE"],
        propensity=1.0,
        confidence=0.61,
        classes=["fraud"],
        policy_id=policy_id,
        posted_by="operator",
        poster_person_id=poster.pk if poster else None,
        training_use=training_use,
        routed_at=at,
        outcome_version=0,
    )
    body = {
        "model": model.slug,
        "version": "1",
        "external_id": prediction.external_id,
        "input": input or {"amount": 1200.5},
        "output": {"label": "fraud"} if output is None else output,
        "confidence": 0.61,
        "scores": {"fraud": 0.61, "ok": 0.39},
    }
    if output is ...:
        del body["output"]
    Payload.objects.create(
        prediction_id=prediction.pk,
        body=orjson.dumps(body).decode(),
        salt=b"0" * 32,
        subject_hash=prediction.external_id.encode(),
    )
    ExternalId.objects.create(
        model_id=model.pk, external_id=prediction.external_id, prediction_id=prediction.pk, digest=b"0" * 32
    )
    trail.record(kind="test.made", actor=OPERATOR, entity=prediction, details={}, now=at)
    item = ReviewItem(
        prediction_id=prediction.pk,
        model_id=model.pk,
        queue=queue or inbox(model),
        policy_id=policy_id,
        blocks=True,
        selected_by_routing=True,
        reasons=prediction.reasons,
        priority=50,
        reviewers=reviewers,
        routed_at=at,
        due_at=at + dt.timedelta(hours=4),
        sort_at=at,
        poster_person_id=prediction.poster_person_id,
    )
    trail.record(kind="test.made", actor=OPERATOR, entity=item, details={}, now=at)
    Slot.objects.bulk_create(
        Slot(
            item=item, n=n, queue_id=item.queue_id, lane=int(poster is not None), sort_at=item.sort_at,
            poster_person_id=item.poster_person_id,
        )
        for n in range(1, reviewers + 1)
    )  # fmt: skip
    with connection.cursor() as cursor:  # posting is a transaction of its own: its triggers speak now
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return item


def many_items(queue: Queue, model: Model, count: int, *, lane: int = 0) -> None:
    """Items without predictions, by SQL: for claims that only look at slots."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            WITH fresh AS (
                INSERT INTO reviews_reviewitem (id, event_version, prediction_id, model_id, queue_id, state,
                    round, blocks, selected_by_routing, reasons, priority, reviewers, routed_at, due_at,
                    sort_at)
                SELECT gen_random_uuid(), 1, gen_random_uuid(), %(model)s, %(queue)s, 'waiting',
                    1, true, true, '{LOW_CONFIDENCE}', 50, 1, at, at + interval '4 hours', at
                FROM (SELECT now() - interval '1 hour' + n * interval '1 millisecond' AS at
                      FROM generate_series(1, %(count)s) n) n
                RETURNING id, sort_at
            ), told AS (
                INSERT INTO audit_event (id, kind, actor, entity_type, entity_id, entity_version, at, body)
                SELECT gen_random_uuid(), 'reviews.review.opened', 'operator', 'review', id, 1, now(), ''
                FROM fresh
            )
            INSERT INTO reviews_slot (item_id, n, queue_id, lane, sort_at, open, token)
            SELECT id, 1, %(queue)s, %(lane)s, sort_at, true, 0 FROM fresh
            """,
            {"model": model.pk, "queue": queue.pk, "count": count, "lane": lane},
        )
