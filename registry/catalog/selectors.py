"""Named reads about models, schemas and versions."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db.models import Prefetch, QuerySet

from audit.refusals import NotFound, NotPermitted
from audit.trail.actors import Actor
from registry.catalog import cards, schemas
from registry.catalog.models import (
    Artifact,
    CardRevision,
    Environment,
    Model,
    ModelVersion,
    SchemaVersion,
)
from registry.systems.policies import CHANGE, CHANGING_NEEDS, READING_NEEDS, VIEW, reaches, why_not_view
from registry.systems.selectors import in_reach, require, systems_for

COLUMNS: Final = {"task": "task", "class_field": "class_field", "queue": "queue_slug"}
"""The changeable members of a model that are no schemas, and where they are kept."""
NO_SUCH_MODEL = "There is no such model, or it is not yours to know."
NO_SUCH_ENVIRONMENT = "There is no such environment."
NO_SUCH_VERSION = "There is no such version of this model."


def models_for(actor: Any) -> QuerySet[Model]:
    """The models that the actor may read about, each with its schema in force as `in_force`."""
    return with_schema_in_force(in_reach(Model.objects.select_related("system"), actor))


def with_schema_in_force(models: QuerySet[Model]) -> QuerySet[Model]:
    """Attach to each model its schema in force, as a list `in_force` of one."""
    newest = SchemaVersion.objects.order_by("model_id", "-number").distinct("model_id")
    return models.prefetch_related(Prefetch("schema_versions", queryset=newest, to_attr="in_force"))


def model_for(actor: Actor, slug: str) -> Model:
    """The model with that slug.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: within reach, but the actor may not read about it.
    """
    model = known_model(actor, slug)
    require(why_not_view(actor, model))
    return model


def known_model(actor: Actor, slug: str) -> Model:
    """The model with that slug, for whoever may know that it exists; what they may do is asked elsewhere.

    Raises:
        NotFound: there is none in the actor's reach.
    """
    found = None if "\x00" in slug else Model.objects.select_related("system").filter(slug=slug).first()
    if found is None or not reaches(actor, found.system):
        raise NotFound(NO_SUCH_MODEL)
    return found


def require_some_change(actor: Any) -> None:
    """Refuse whoever can change no system at all, before a body says which one it is about.

    Raises:
        NotPermitted: there is no such system.
    """
    if not actor.has_perm(CHANGE) and not systems_for(actor, CHANGE).exists():
        raise NotPermitted(CHANGING_NEEDS)


def schema_in_force(model: Model) -> SchemaVersion:
    """The schema that predictions are checked against now."""
    attached: Sequence[SchemaVersion] | None = getattr(model, "in_force", None)
    if attached:
        return attached[0]
    return SchemaVersion.objects.filter(model=model).order_by("-number")[0]


def classes_in_force(model: Model) -> tuple[str, ...] | None:
    """The classes of the schema in force; None: any."""
    return schemas.classes_of(schema_in_force(model).output_schema, model.class_field)


def differing(model: Model, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the changes that would change something, however they are spelled.

    Schemas are compared by digest: Python holds 1 and true for equal.
    """
    in_force = schema_in_force(model)
    says = {
        **{name: getattr(model, column) for name, column in COLUMNS.items()},
        "output_schema": in_force.output_schema,
        "input_schema": in_force.input_schema,
    }
    return {
        name: value
        for name, value in changes.items()
        if schemas.digest_of(value) != schemas.digest_of(says[name])
    }


def default_queue(model: Model) -> str:
    """The slug of the queue in which predictions without a policy wait."""
    return model.queue_slug or f"{model.system.slug}-inbox"


def versions_of(model: Model) -> QuerySet[ModelVersion]:
    """All versions of a model with what stands beside them; the newest card as a list `newest_card`."""
    newest = CardRevision.objects.order_by("version_id", "-number").distinct("version_id")
    return (
        ModelVersion.objects.filter(model=model)
        .select_related("model__system", "author", "parent")
        .prefetch_related(
            Prefetch("artifacts", queryset=Artifact.objects.order_by("name")),
            "training_data",
            Prefetch("card_revisions", queryset=newest, to_attr="newest_card"),
        )
    )


def version_of(model: Model, name: str) -> ModelVersion:
    """One version of a model.

    Raises:
        NotFound: the model has none of that name.
    """
    version = None if "\x00" in name else versions_of(model).filter(version=name).first()
    if version is None:
        raise NotFound(NO_SUCH_VERSION)
    return version


def environments_for(actor: Any) -> QuerySet[Environment]:
    """All environments, for whoever may read about at least one system.

    Raises:
        NotPermitted: the actor may read nothing of the registry.
    """
    if not actor.has_perm(VIEW) and not systems_for(actor).exists():
        raise NotPermitted(READING_NEEDS)
    return Environment.objects.order_by("slug")


def environment_of(actor: Any, slug: str) -> Environment:
    """The environment with that slug, for whoever may read about environments.

    Raises:
        NotPermitted: the actor may read nothing of the registry.
        NotFound: there is none.
    """
    found = environments_for(actor).filter(slug=slug.replace("\x00", "")).first()
    if found is None:
        raise NotFound(NO_SUCH_ENVIRONMENT)
    return found


def warnings_about(model: Model, schema: SchemaVersion) -> list[str]:
    """What whoever registered the model should know about it."""
    if reason := schemas.why_no_class(schema.output_schema, model.class_field):
        return [f"{reason} Predictions have no class, so only the threshold counts."]
    return []


def model_as_json(model: Model) -> dict[str, Any]:
    """A model as the API gives it."""
    schema = schema_in_force(model)
    classes = schemas.classes_of(schema.output_schema, model.class_field)
    return {
        "id": str(model.pk),
        "slug": model.slug,
        "system": model.system.slug,
        "task": model.task,
        "output_schema": schema.output_schema,
        "input_schema": schema.input_schema,
        "schema_version": schema.number,
        "class_field": model.class_field,
        "classes": None if classes is None else list(classes),
        "queue": default_queue(model),
        "created_at": model.created_at,
        "warnings": warnings_about(model, schema),
    }


def version_as_json(version: ModelVersion) -> dict[str, Any]:
    """A version as the API gives it, with its newest card."""
    newest = cards.newest(version)
    return {
        "id": str(version.pk),
        "model": version.model.slug,
        "version": version.version,
        "artifacts": [
            {"name": each.name, "uri": each.uri, "sha256": each.sha256, "size": each.size}
            for each in version.artifacts.all()
        ],
        "training_data": [
            {"name": each.name, "version": each.dataset_version, "sha256": each.sha256}
            | ({"licence": each.licence} if each.licence else {})
            for each in version.training_data.all()
        ],
        "code": version.code,
        "base_model": version.base_model or None,
        "prompt": version.prompt or None,
        "features": version.features,
        "parameters": version.parameters,
        "metrics": version.metrics,
        "slices": version.slices,
        "card": newest.card if newest else version.card,
        "card_revision": newest.number if newest else cards.REGISTERED,
        "parent": version.parent.version if version.parent else None,
        "notes": version.notes,
        "author": version.author.email if version.author else None,
        "registered_by": version.registered_by,
        "registered_at": version.registered_at,
    }


def environment_as_json(environment: Environment) -> dict[str, Any]:
    """An environment as the API gives it."""
    return {
        "slug": environment.slug,
        "kind": environment.kind,
        "mode": environment.mode,
        "regions": environment.regions,
        "enforce_at_intake": environment.enforce_at_intake,
    }
