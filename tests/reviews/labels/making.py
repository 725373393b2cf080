"""The smallest valid rows around a label, written as their services write them: each with its event."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from audit.ids import uuid7
from audit.trail import sequencer
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Feed
from governance.access.models import Person, RoleAssignment, Scope, ServiceKey
from governance.access.roles import Role, ScopeKind
from registry.catalog.models import Model, SchemaVersion
from registry.systems.models import AISystem
from reviews.intake.content import stored_text
from reviews.intake.models import Payload, Prediction
from reviews.labels import services
from reviews.labels.models import Label
from reviews.queue.models import Judgement, Queue, ReviewItem
from reviews.queue.states import State, Verdict

_numbers = itertools.count(1)
SCHEMA = {"type": "object", "properties": {"label": {"enum": ["fraud", "ok"]}}, "required": ["label"]}


def record(entity: Any, now: datetime | None = None) -> Any:
    trail.record(kind="test.made", actor=OPERATOR, entity=entity, details={}, now=now or timezone.now())
    return entity


def name(stem: str) -> str:
    return f"{stem}-{next(_numbers)}"


@transaction.atomic
def system(slug: str | None = None) -> AISystem:
    slug = slug or name("system")
    made = record(AISystem(slug=slug, name=slug, created_by="operator", created_at=timezone.now()))
    Scope.objects.get_or_create(kind=ScopeKind.SYSTEM, system=made, defaults={"label": slug})
    return made


@transaction.atomic
def queue(of: AISystem, slug: str | None = None) -> Queue:
    slug = slug or name("queue")
    made = Queue(slug=slug, name=slug, system=of, created_by="operator", created_at=timezone.now())
    made.scope = Scope.objects.create(kind=ScopeKind.QUEUE, system=of, queue_id=made.pk, label=slug)
    return record(made)


@transaction.atomic
def model(of: AISystem, slug: str | None = None, **fields: Any) -> Model:
    made = record(
        Model(
            system=of,
            slug=slug or name("model"),
            task="classify",
            created_by="operator",
            created_at=timezone.now(),
            **fields,
        )
    )
    SchemaVersion.objects.create(model=made, number=1, output_schema=SCHEMA, created_at=timezone.now())
    return made


@transaction.atomic
def person(role: Role | None = None, *, at: AISystem | Queue | None = None) -> Person:
    """Somebody, with a role on a system or queue; without one: everywhere."""
    email = f"{name('person')}@example.org"
    made = Person(email=email, name=email, pseudonym=f"r-{uuid4().hex[:12]}", created_at=timezone.now())
    made.set_unusable_password()
    record(made)
    if role is not None:
        scope = (
            Scope.objects.get(kind=ScopeKind.EVERYWHERE)
            if at is None
            else Scope.objects.get(queue_id=at.pk)
            if isinstance(at, Queue)
            else Scope.objects.get(kind=ScopeKind.SYSTEM, system=at)
        )
        assignment = RoleAssignment(
            person=made, role=role, scope=scope, granted_by="operator", granted_at=timezone.now()
        )
        record(assignment)
    return made


@transaction.atomic
def key(*scopes: str, systems: Sequence[AISystem] = ()) -> ServiceKey:
    made = ServiceKey(
        name=name("key"),
        prefix="csk_test",
        secret_hash=uuid4().bytes,
        created_by="operator",
        created_at=timezone.now(),
        scopes=list(scopes or ("labels:read",)),
        system_ids=[each.pk for each in systems],
    )
    return record(made)


@transaction.atomic
def prediction(of: Model, posted: Mapping[str, Any] | None = None, **fields: Any) -> Prediction:
    """A prediction with its payload, as posted."""
    body = {"input": {"amount": 12.5}, "output": {"label": "fraud"}, "confidence": 0.61, **(posted or {})}
    subject = body.pop("subject", None)
    now = timezone.now()
    made = Prediction(
        model=of,
        version_name=fields.pop("version", "1.0"),
        schema=of.schema_versions.latest("number"),
        external_id=fields.pop("external_id", name("txn")),
        environment="production",
        status="pending",
        decision="review",
        reasons=["LOW_CONFIDENCE"],
        propensity=fields.pop("propensity", 1.0),
        confidence=body["confidence"],
        classes=["fraud"],
        posted_by="operator",
        training_use=fields.pop("training_use", True),
        routed_at=now,
        outcome_version=0,
        **fields,
    )
    record(made)
    Payload.objects.create(
        prediction_id=made.pk,
        body=stored_text(body),
        salt=uuid7().bytes * 2,
        subject_hash=subject.encode() if subject else None,
    )
    return made


@transaction.atomic
def item(of: Prediction, queue: Queue, **fields: Any) -> ReviewItem:
    now = timezone.now()
    return record(
        ReviewItem(
            prediction_id=of.pk,
            model_id=of.model_id,
            queue=queue,
            blocks=True,
            selected_by_routing=fields.pop("selected_by_routing", True),
            reasons=["LOW_CONFIDENCE"],
            priority=50,
            routed_at=now,
            due_at=now + timedelta(hours=4),
            sort_at=now,
            **fields,
        )
    )


def judgement(
    of: ReviewItem, reviewer: Person, output: Any, *, changed: bool = False, **fields: Any
) -> Judgement:
    now = fields.pop("at", None) or timezone.now()
    return Judgement.objects.create(
        submission_id=uuid4(),
        submission_digest=b"-",
        item=of,
        round=of.round,
        n=fields.pop("n", 1),
        reviewer=reviewer,
        verdict=Verdict.ANSWER if output is not None else Verdict.CANNOT_TELL,
        output=None if output is None else stored_text(output),
        changed=None if output is None else changed,
        diff=fields.pop("diff", []),
        reasons=fields.pop("reasons", ["wrong_label"] if changed else []),
        comment=fields.pop("comment", ""),
        shown_sha256="0" * 64,
        shown_mode="assisted",
        shown_suggestion=True,
        seconds=4.5,
        via="page",
        token=1,
        at=now,
        final_at=fields.pop("final_at", now),
        **fields,
    )


@transaction.atomic
def label(
    of: Model,
    queue: Queue,
    reviewer: Person,
    output: Any = None,
    *,
    posted: Mapping[str, Any] | None = None,
    changed: bool = False,
    now: datetime | None = None,
    judged: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Label:
    """A prediction, judged and labelled."""
    now = now or timezone.now()
    of_prediction = prediction(of, posted, **fields)
    of_item = item(of_prediction, queue)
    return decide(of_prediction, of_item, reviewer, output, changed=changed, now=now, judged=judged)


@transaction.atomic
def decide(
    of_prediction: Prediction,
    of_item: ReviewItem,
    reviewer: Person,
    output: Any = None,
    *,
    changed: bool = False,
    now: datetime | None = None,
    judged: Mapping[str, Any] | None = None,
) -> Label:
    """Settle the item's round with this answer, as judging does."""
    now = now or timezone.now()
    answer = judgement(
        of_item, reviewer, output or {"label": "fraud"}, changed=changed, at=now, **(judged or {})
    )
    written = services.write(
        item=of_item, judgement=answer, prediction=of_prediction, source="human", actor=reviewer, now=now
    )
    of_item.state = State.DECIDED
    of_item.decided_at = now
    record(of_item, now=now)
    return Label.objects.get(id=written)


@transaction.atomic
def reopen(of_item: ReviewItem) -> ReviewItem:
    """A new round of a decided item."""
    of_item.round += 1
    of_item.state = State.WAITING
    of_item.selected_by_routing = False
    return record(of_item)


def sequenced() -> None:
    """What the sequencer does every quarter of a second."""
    while sequencer.integrate(Feed.LABELS):
        pass
