"""Everything that changes models, their schemas and their versions."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from registry.catalog import cards, schemas, selectors
from registry.catalog.epoch import raise_epoch
from registry.catalog.errors import VersionExists
from registry.catalog.models import Artifact, DatasetUse, Model, ModelVersion, SchemaVersion
from registry.catalog.reading import NewVersion
from registry.systems import policies
from registry.systems.errors import SlugTaken
from registry.systems.models import AISystem
from registry.systems.selectors import person_with

DEFAULT_CLASS_FIELD: Final = "label"
CHANGEABLE: Final = frozenset({"task", "output_schema", "input_schema", "class_field", "queue"})

queue_lookup: Callable[[AISystem, str], bool] | None = None
"""Whether a system has a queue of that slug. The wing that has queues fills it in at start-up."""


@transaction.atomic
def register_model(
    *,
    actor: Actor,
    system_id: UUID,
    slug: str,
    task: str,
    output_schema: Mapping[str, Any],
    input_schema: Mapping[str, Any] | None = None,
    class_field: str | None = None,
    queue: str = "",
    now: dt.datetime,
) -> Model:
    """Make a model of a system known, with its first schemas. Without `queue`: the system's own.

    A class field that is named must fit the schema; the default need not (see `selectors.warnings_about`).

    Raises:
        NotPermitted: `actor` may not change the registry of this system.
        SlugTaken: the slug is in use.
        BadInput: a schema is not taken, or the class field or queue does not fit.
    """
    system = AISystem.objects.get(pk=system_id)
    if reason := policies.why_not_change(actor, system):
        raise NotPermitted(reason)
    errors = faults_of_schemas(output_schema, input_schema)
    if class_field and not errors:
        errors += faults_of_class_field(output_schema, class_field)
    errors += faults_of_queue(system, queue)
    if errors:
        raise BadInput(errors)

    raise_epoch()
    if Model.objects.filter(slug=slug).exists():
        raise SlugTaken(f"There is a model {slug!r} already.")
    model = Model(
        system=system,
        slug=slug,
        task=task,
        class_field=class_field or DEFAULT_CLASS_FIELD,
        queue_slug=queue,
        created_by=actor.audit_ref,
        created_at=now,
    )
    details = {
        "slug": slug,
        "system": system.slug,
        "task": task,
        "class_field": model.class_field,
        "queue": selectors.default_queue(model),
        **_digests(1, output_schema, input_schema),
    }
    trail.record(kind="registry.model.registered", actor=actor, entity=model, details=details, now=now)
    _write_schema(model, 1, output_schema, input_schema, now=now)
    return model


@transaction.atomic
def change_model(*, model_id: UUID, actor: Actor, changes: Mapping[str, Any], now: dt.datetime) -> Model:
    """Change a model: any of `task`, `class_field`, `queue`, `output_schema`, `input_schema` (None takes it
    off).

    New schemas make a new schema version; predictions live under the one in force when they were posted.

    Raises:
        NotPermitted: `actor` may not change the registry of this system.
        BadInput: as `register_model`, or everything stands as asked already.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise ValueError(unknown)
    model = _lock(model_id)
    if reason := policies.why_not_change(actor, model):
        raise NotPermitted(reason)
    in_force = selectors.schema_in_force(model)
    changes = selectors.differing(model, changes)
    if not changes:
        raise BadInput([FieldError("", "NOTHING_TO_CHANGE", "Everything stands as asked already.")])
    output_schema = changes.get("output_schema", in_force.output_schema)
    input_schema = changes.get("input_schema", in_force.input_schema)
    if errors := _faults_of_changes(model, changes, output_schema):
        raise BadInput(errors)

    details = _set_members(model, changes)
    raise_epoch()
    if details:
        trail.record(kind="registry.model.changed", actor=actor, entity=model, details=details, now=now)
    if "output_schema" in changes or "input_schema" in changes:
        number = in_force.number + 1
        digests = _digests(number, output_schema, input_schema)
        trail.record(
            kind="registry.model.schema_changed", actor=actor, entity=model, details=digests, now=now
        )
        _write_schema(model, number, output_schema, input_schema, now=now)
    return model


@transaction.atomic
def register_version(*, model_id: UUID, actor: Actor, version: NewVersion, now: dt.datetime) -> ModelVersion:
    """Make an immutable version of a model known.

    Raises:
        NotPermitted: `actor` may not change the registry of this system.
        VersionExists: the model has a version of that name.
        BadInput: the author has no account here, or the parent is no version of this model.
    """
    model = _lock(model_id)
    if reason := policies.why_not_change(actor, model):
        raise NotPermitted(reason)
    if ModelVersion.objects.filter(model=model, version=version.version).exists():
        raise VersionExists(f"{model.slug} {version.version} exists already, and versions never change.")
    author, parent = _author_and_parent(model, version)
    raise_epoch()
    row = ModelVersion(
        model=model,
        version=version.version,
        code=dict(version.code),
        base_model=dict(version.base_model),
        prompt=dict(version.prompt),
        features=list(version.features),
        parameters=dict(version.parameters),
        metrics=dict(version.metrics),
        slices=list(version.slices),
        card=dict(version.card),
        parent=parent,
        notes=version.notes,
        author=author,
        registered_by=actor.audit_ref,
        registered_at=now,
    )
    _write_files(row.pk, version)
    details = _version_details(version, model=model, author=author)
    if version.notes:
        details["notes_commitment"] = trail.commit_to(entity=row, name="notes", value=version.notes)
    trail.record(kind="registry.version.registered", actor=actor, entity=row, details=details, now=now)
    return row


def _lock(model_id: UUID) -> Model:
    """Load a model so that nobody else can change it, or number anything below it, before we commit."""
    return Model.objects.select_for_update(of=["self"], no_key=True).select_related("system").get(pk=model_id)


def _set_members(model: Model, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Set the members that are no schemas, and answer those."""
    details = {name: changes[name] for name in selectors.COLUMNS if name in changes}
    for name, value in details.items():
        setattr(model, selectors.COLUMNS[name], value)
    return details


def _write_schema(
    model: Model, number: int, output_schema: Any, input_schema: Any, *, now: dt.datetime
) -> SchemaVersion:
    return SchemaVersion.objects.create(
        model=model, number=number, output_schema=output_schema, input_schema=input_schema, created_at=now
    )


def _write_files(version_id: UUID, version: NewVersion) -> None:
    # First the files, then the version: once a version stands, the database takes no more files for it.
    Artifact.objects.bulk_create(
        Artifact(version_id=version_id, name=each.name, uri=each.uri, sha256=each.sha256, size=each.size)
        for each in version.artifacts
    )
    DatasetUse.objects.bulk_create(
        DatasetUse(
            version_id=version_id,
            name=each.name,
            dataset_version=each.version,
            sha256=each.sha256,
            licence=each.licence,
        )
        for each in version.training_data
    )


def _author_and_parent(model: Model, version: NewVersion) -> tuple[Any, ModelVersion | None]:
    author = person_with(version.author) if version.author else None
    parent = None
    if version.parent:
        parent = ModelVersion.objects.filter(model=model, version=version.parent).first()
    errors = []
    if version.author and author is None:
        detail = "Nobody with an active account here has this address."
        errors.append(FieldError("/author", "UNKNOWN_PERSON", detail))
    if version.parent and parent is None:
        detail = f"{model.slug} has no version of this name."
        errors.append(FieldError("/parent", "UNKNOWN_VERSION", detail))
    if errors:
        raise BadInput(errors)
    return author, parent


def faults_of_schemas(output_schema: object, input_schema: object) -> list[FieldError]:
    """Why a model cannot have these schemas."""
    errors = schemas.faults_of(output_schema, "/output_schema")
    if input_schema is not None:
        errors += schemas.faults_of(input_schema, "/input_schema")
    return errors


def _faults_of_changes(model: Model, changes: Mapping[str, Any], output_schema: Any) -> list[FieldError]:
    errors = []
    if "output_schema" in changes:
        errors += schemas.faults_of(output_schema, "/output_schema")
    if changes.get("input_schema") is not None:
        errors += schemas.faults_of(changes["input_schema"], "/input_schema")
    if "class_field" in changes and not errors:
        errors += faults_of_class_field(output_schema, changes["class_field"])
    if "queue" in changes:
        errors += faults_of_queue(model.system, changes["queue"])
    return errors


def faults_of_class_field(output_schema: Mapping[str, Any], class_field: str) -> list[FieldError]:
    """Why a class field that was named does not fit."""
    reason = schemas.why_no_class(output_schema, class_field)
    return [FieldError("/class_field", "NO_SUCH_CLASS_FIELD", reason)] if reason else []


def faults_of_queue(system: AISystem, queue: str) -> list[FieldError]:
    """Why a model of this system cannot send its predictions there."""
    if not queue or (queue_lookup is not None and queue_lookup(system, queue)):
        return []
    return [FieldError("/queue", "UNKNOWN_QUEUE", "Name a queue of the same AI system by its slug.")]


def _digests(number: int, output_schema: Any, input_schema: Any) -> dict[str, Any]:
    return {
        "schema_version": number,
        "output_schema_sha256": schemas.digest_of(output_schema),
        "input_schema_sha256": None if input_schema is None else schemas.digest_of(input_schema),
    }


def _version_details(version: NewVersion, *, model: Model, author: Any) -> dict[str, Any]:
    """What the event says: digests of everything, so that a version cannot be told differently later."""
    files = [[each.name, each.uri, each.sha256, each.size] for each in version.artifacts]
    datasets = [[each.name, each.version, each.sha256, each.licence] for each in version.training_data]
    origin = [version.code, version.base_model, version.prompt, version.features, version.parent]
    told = [origin, version.parameters, version.metrics, version.slices]
    return {
        "model": model.slug,
        "version": version.version,
        "artifacts": [each.sha256 for each in version.artifacts],
        "training_data": [each.sha256 for each in version.training_data],
        "content_sha256": schemas.digest_of([files, datasets, told]),
        "card_sha256": cards.digest_of(version.card),
        "parent": version.parent or None,
        "author": author.audit_ref if author else None,
    }
