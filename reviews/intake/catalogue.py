"""What intake has to know to judge a prediction, kept in each process under the epoch it was read at.

No correctness rests on this: the statement that stores a prediction compares the epoch in the same round
trip, and a change in between makes us read afresh and judge again; a refusal, which stores nothing, asks for
the epoch itself. So "this version is not registered" may be believed exactly as long as the epoch stands,
because registering raises it.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import jsonschema_rs
from django.db import connection

from governance.gate.holds import UNCLASSIFIED, Holds, enforcing, holds_of
from registry.catalog import schemas
from registry.catalog.epoch import EPOCH
from registry.catalog.models import Model, ModelVersion, SchemaVersion
from reviews.queue.models import Queue
from reviews.queue.services import inbox_slug
from reviews.routing import engine
from reviews.routing.models import RoutingPolicy
from reviews.routing.states import PolicyState

LONGEST: Final = 60.0
"""Seconds that a model is remembered."""

Validator = jsonschema_rs.Draft202012Validator


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema version, ready to validate with. Never changes, so it outlives epochs."""

    id: UUID
    output: Validator
    input: Validator | None
    document: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model with everything that decides how its predictions are routed."""

    id: UUID
    slug: str
    system_id: UUID
    class_field: str
    schema: Schema
    policy_id: UUID | None
    policy: engine.CompiledPolicy | None
    versions: Mapping[str, UUID]
    default_queue: str
    queues: Mapping[str, UUID]
    """Of the AI system, by slug."""
    holds: Holds
    """Suspensions and approvals."""
    read_at: float

    @property
    def access_system_id(self) -> UUID:
        return self.system_id


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything under one epoch; models are added when first asked for."""

    epoch: str
    read_at: float
    environments: Mapping[str, bool]
    """By slug, and whether approvals count there."""
    _models: dict[str, KnownModel] = field(default_factory=dict)

    def model(self, slug: str) -> KnownModel | None:
        """The model, or None where there is none. Absence is not kept: anybody can make up names.

        What changes with time alone raises no epoch (an override of a class that ends): so a model is read
        again after a minute.
        """
        known = self._models.get(slug)
        if known is None or time.monotonic() - known.read_at > LONGEST:
            known = _read_model(slug)
            if known is not None:
                self._models[slug] = known
        return known


def warnings_about(*, model: str, environment: str) -> list[str]:
    """What whoever reads what was posted is told about the AI system; at most a minute old.

    Reading compares no epoch, so a process that nobody posts to would keep its catalogue for ever.
    """
    known = current()
    if time.monotonic() - known.read_at > LONGEST:
        known = renewed(known)
    found = known.model(model)
    unclassified = found is not None and found.holds.class_ is None
    return [UNCLASSIFIED] if unclassified and known.environments.get(environment, False) else []


_lock = threading.Lock()
_current: Catalogue | None = None
_schemas: dict[UUID, Schema] = {}


def current() -> Catalogue:
    """What this process last read, whatever has changed since."""
    return _current or renewed(None)


def renewed(stale: Catalogue | None) -> Catalogue:
    """A newer one than `stale`; another thread may have read it already."""
    global _current
    with _lock:
        if _current is None or _current is stale:
            _current = _read()
        return _current


def stands(known: Catalogue) -> bool:
    """Whether nothing has changed since it was read: asked before a refusal that rests on it alone."""
    return known.epoch == _epoch()


def _read() -> Catalogue:
    # The epoch first: what is newer than it is found out by the statement, what is older would not be.
    read_at, epoch = time.monotonic(), _epoch()
    return Catalogue(epoch, read_at, enforcing())


def _epoch() -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {EPOCH} FROM registry_epoch")
        (epoch,) = cursor.fetchone()
    return str(epoch)


def _read_model(slug: str) -> KnownModel | None:
    read_at = time.monotonic()
    model = Model.objects.select_related("system").filter(slug=slug).first()
    if model is None:
        return None
    schema = _schema_in_force(model)
    policy = (
        RoutingPolicy.objects.filter(model=model, state=PolicyState.PUBLISHED)
        .only("id", "number", "body", "salt")
        .first()
    )
    return KnownModel(
        id=model.pk,
        slug=model.slug,
        system_id=model.system_id,
        class_field=model.class_field,
        schema=schema,
        policy_id=policy.pk if policy else None,
        policy=_compiled(policy, model, schema) if policy else None,
        versions=dict(ModelVersion.objects.filter(model=model).values_list("version", "id")),
        default_queue=model.queue_slug or inbox_slug(model.system),
        queues=dict(Queue.objects.filter(system_id=model.system_id).values_list("slug", "id")),
        holds=holds_of(system_id=model.system_id, model_id=model.pk),
        read_at=read_at,
    )


def _schema_in_force(model: Model) -> Schema:
    row = SchemaVersion.objects.filter(model=model).order_by("-number").values_list("id", flat=True)[0]
    known = _schemas.get(row)
    if known is None:
        version = SchemaVersion.objects.get(pk=row)
        known = _schemas[row] = Schema(
            id=version.pk,
            output=schemas.compiled(version.output_schema),
            input=schemas.compiled(version.input_schema) if version.input_schema is not None else None,
            document=version.output_schema,
        )
    return known


def _compiled(policy: RoutingPolicy, model: Model, schema: Schema) -> engine.CompiledPolicy:
    classes = schemas.classes_of(schema.document, model.class_field)
    return engine.compile_policy(
        policy.body,
        number=policy.number,
        salt=bytes.fromhex(policy.salt),
        model=model.slug,
        classes=frozenset(classes) if classes is not None else None,
    )
