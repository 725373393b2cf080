"""registry.catalog.services: models, their schemas and their versions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.refusals import BadInput, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access.roles import Role
from registry.catalog import selectors, services
from registry.catalog.errors import VersionExists
from registry.catalog.models import Artifact, Epoch, Model, ModelVersion, SchemaVersion
from registry.catalog.reading import NewArtifact, NewDataset, NewVersion, read_version
from registry.catalog.schemas import digest_of
from registry.systems.errors import SlugTaken
from tests.registry.factories import (
    DIGEST,
    LABELS,
    make_model,
    make_person,
    make_system,
    make_version,
)

pytestmark = pytest.mark.django_db

NUMBERS = {"type": "object", "properties": {"total": {"type": "number"}}}
ARTIFACT = NewArtifact("weights", "file:///w.bin", DIGEST, 10)


def epoch() -> int:
    return Epoch.objects.get().n


def change(model: Model, **changes: Any) -> Model:
    return services.change_model(model_id=model.pk, actor=OPERATOR, changes=changes, now=timezone.now())


def pointers(refused: pytest.ExceptionInfo[BadInput]) -> list[tuple[str, str]]:
    return [(error.pointer, error.code) for error in refused.value.errors]


def last_event(entity_id: object) -> tuple[str, str]:
    row = Event.objects.filter(entity_id=entity_id).order_by("-entity_version")[0]
    return row.kind, bytes(row.body).decode()


def test_registers_a_model_with_its_first_schema(immediate: Callable[[], None]) -> None:
    before = epoch()

    model = make_model(make_system("payments"), "fraud-screen")

    assert selectors.schema_in_force(model).number == 1
    assert selectors.classes_in_force(model) == ("fraud", "ok")
    assert selectors.default_queue(model) == "payments-inbox"
    assert epoch() == before + 1
    kind, body = last_event(model.pk)
    assert kind == "registry.model.registered"
    assert digest_of(LABELS) in body
    immediate()


def test_takes_a_model_without_classes_and_explains() -> None:
    model = make_model(output_schema=NUMBERS)
    (warning,) = selectors.model_as_json(model)["warnings"]
    assert "no property 'label'" in warning
    assert "only the threshold counts" in warning


def test_refuses_a_named_class_field_that_does_not_fit() -> None:
    with pytest.raises(BadInput) as refused:
        make_model(class_field="verdict")
    assert pointers(refused) == [("/class_field", "NO_SUCH_CLASS_FIELD")]


def test_refuses_a_schema_that_refers_elsewhere_before_anything_is_fetched() -> None:
    with pytest.raises(BadInput) as refused:
        make_model(output_schema={"$ref": "http://127.0.0.1:9/s"}, input_schema={"type": "nonsense"})
    assert pointers(refused) == [
        ("/output_schema/$ref", "REMOTE_REFERENCE"),
        ("/input_schema/type", "BAD_SCHEMA"),
    ]


def test_refuses_a_queue_of_another_system() -> None:
    make_system("other")
    with pytest.raises(BadInput) as refused:
        make_model(queue="other-inbox")
    assert pointers(refused) == [("/queue", "UNKNOWN_QUEUE")]


def test_takes_a_queue_of_the_same_system() -> None:
    model = make_model(make_system("payments"), queue="payments-inbox")
    assert selectors.default_queue(model) == "payments-inbox"


def test_refuses_a_slug_that_is_taken() -> None:
    make_model(slug="fraud-screen")
    with pytest.raises(SlugTaken):
        make_model(slug="fraud-screen")


def test_refuses_a_model_owner_of_another_system() -> None:
    system = make_system()
    with pytest.raises(NotPermitted):
        services.register_model(
            actor=make_person(Role.MODEL_OWNER, on=make_system()),
            system_id=system.pk,
            slug="x",
            task="t",
            output_schema=LABELS,
            now=timezone.now(),
        )


def test_a_new_schema_is_a_new_schema_version(immediate: Callable[[], None]) -> None:
    model = make_model()
    before = epoch()
    wider = {**LABELS, "properties": {"label": {"enum": ["fraud", "ok", "unsure"]}}}

    change(model, output_schema=wider)

    assert list(SchemaVersion.objects.filter(model=model).values_list("number", flat=True)) == [1, 2]
    assert selectors.classes_in_force(Model.objects.get(pk=model.pk)) == ("fraud", "ok", "unsure")
    assert epoch() == before + 1
    assert last_event(model.pk)[0] == "registry.model.schema_changed"
    immediate()


def test_tells_one_from_true_in_a_schema() -> None:
    model = make_model(output_schema={"properties": {"label": {"enum": [1]}}})
    change(model, output_schema={"properties": {"label": {"enum": [True]}}})
    assert selectors.schema_in_force(model).number == 2


def test_takes_the_data_contract_off() -> None:
    model = make_model(input_schema={"type": "object"})
    change(model, input_schema=None)
    assert selectors.schema_in_force(model).input_schema is None


def test_changes_schema_and_members_in_one_step(immediate: Callable[[], None]) -> None:
    model = make_model()
    change(
        model,
        task="triage",
        class_field="verdict",
        output_schema={"properties": {"verdict": {"type": "string"}}},
    )
    kinds = Event.objects.filter(entity_id=model.pk).order_by("entity_version").values_list("kind", flat=True)
    assert list(kinds) == [
        "registry.model.registered",
        "registry.model.changed",
        "registry.model.schema_changed",
    ]
    immediate()


def test_refuses_a_change_that_changes_nothing() -> None:
    model = make_model()
    with pytest.raises(BadInput, match="already"):
        change(model, output_schema=LABELS, task="classification")


def test_registers_a_version_with_digests_of_everything(immediate: Callable[[], None]) -> None:
    author = make_person()
    model = make_model()
    first = make_version(model)
    before = epoch()

    version = make_version(
        model,
        "1.1.0",
        artifacts=[ARTIFACT],
        training_data=[NewDataset("payments", "2026-10", DIGEST)],
        metrics={"recall": 0.9},
        card={"intended_use": "screening"},
        parent="1.0.0",
        author=author.email,
        notes="Dear Anna, better recall.",
    )

    assert version.parent == first
    assert selectors.version_as_json(version)["artifacts"][0]["sha256"] == DIGEST
    kind, body = last_event(version.pk)
    assert kind == "registry.version.registered"
    assert DIGEST in body
    assert digest_of({"intended_use": "screening"}) in body
    assert f"person:{author.pk}" in body
    assert author.email not in body
    assert "Anna" not in body
    assert epoch() == before + 1
    immediate()


def test_refuses_a_version_that_exists() -> None:
    model = make_model()
    make_version(model)
    with pytest.raises(VersionExists):
        make_version(model)


def test_refuses_an_unknown_author_and_a_parent_of_another_model() -> None:
    make_version(make_model(), "0.9")
    with pytest.raises(BadInput) as refused:
        make_version(make_model(), parent="0.9", author="nobody@example.org")
    assert pointers(refused) == [("/author", "UNKNOWN_PERSON"), ("/parent", "UNKNOWN_VERSION")]


@pytest.mark.parametrize("act", ["model", "change", "version"])
def test_a_trail_that_cannot_be_written_leaves_everything_as_it_was(
    act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model()
    before = epoch()
    acts = {
        "model": lambda: make_model(model.system),
        "change": lambda: change(model, task="other", output_schema=NUMBERS),
        "version": lambda: make_version(model, artifacts=[ARTIFACT]),
    }

    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "_write", fail)

    with pytest.raises(RuntimeError, match="disk full"), transaction.atomic():
        acts[act]()

    assert Model.objects.get().task == "classification"
    assert SchemaVersion.objects.count() == 1
    assert not ModelVersion.objects.exists()
    assert not Artifact.objects.exists()
    assert epoch() == before


@pytest.mark.parametrize(
    ("constraint", "statement"),
    [
        (
            "registry_model_slug_is_plain",
            "UPDATE registry_model SET slug = 'A b', event_version = event_version + 1",
        ),
        (
            "registry_version_stands",
            "UPDATE registry_modelversion SET metrics = '{}', event_version = event_version + 1",
        ),
        (
            "registry_version_stands",
            "UPDATE registry_modelversion SET notes = 'x', event_version = event_version + 1",
        ),
        (
            "registry_version_is_whole",
            "INSERT INTO registry_artifact (version_id, name, uri, sha256, size) "
            "SELECT id, 'late', 'x', repeat('0', 64), 1 FROM registry_modelversion",
        ),
        (
            "registry_version_is_whole",
            "INSERT INTO registry_datasetuse (version_id, name, dataset_version, sha256) "
            "SELECT id, 'late', '', repeat('0', 64) FROM registry_modelversion",
        ),
        (
            "registry_artifact_has_digest",
            "INSERT INTO registry_artifact (version_id, name, uri, sha256, size) "
            "VALUES (gen_random_uuid(), 'a', 'x', 'ABC', 1)",
        ),
        (
            "registry_artifact_has_size",
            "INSERT INTO registry_artifact (version_id, name, uri, sha256, size) "
            "VALUES (gen_random_uuid(), 'a', 'x', repeat('0', 64), -1)",
        ),
        (
            "registry_artifact_named_once",
            "INSERT INTO registry_artifact (version_id, name, uri, sha256, size) "
            "SELECT '00000000-0000-7000-8000-000000000000', 'a', 'x', repeat('0', 64), 1 "
            "FROM generate_series(1, 2)",
        ),
        (
            "registry_dataset_has_digest",
            "INSERT INTO registry_datasetuse (version_id, name, dataset_version, sha256) "
            "VALUES (gen_random_uuid(), 'a', '', 'ABC')",
        ),
        (
            "registry_schema_numbered",
            "INSERT INTO registry_schemaversion SELECT gen_random_uuid(), number, output_schema, "
            "input_schema, created_at, model_id FROM registry_schemaversion",
        ),
        (
            "registry_version_named_once",
            "INSERT INTO registry_modelversion SELECT (jsonb_populate_record(v, "
            "jsonb_build_object('id', gen_random_uuid()))).* FROM registry_modelversion v",
        ),
        ("registry_one_epoch", "INSERT INTO registry_epoch (id, n) VALUES (2, 1)"),
        (
            "registry_known_gate_mode",
            "UPDATE registry_environment SET mode = 'maybe', event_version = event_version + 1",
        ),
    ],
)
def test_the_database_refuses(constraint: str, statement: str) -> None:
    make_version(make_model(), metrics={"recall": 0.9})
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ([], "", "WRONG_TYPE"),
        ({}, "/version", "REQUIRED"),
        ({"version": "a/b"}, "/version", "BAD_VALUE"),
        ({"version": "1", "colour": "red"}, "/colour", "UNKNOWN_FIELD"),
        ({"version": "1", "a/b~": 1}, "/a~1b~0", "UNKNOWN_FIELD"),
        ({"version": "1", "artifacts": {}}, "/artifacts", "WRONG_TYPE"),
        ({"version": "1", "artifacts": [{}]}, "/artifacts/0/name", "REQUIRED"),
        ({"version": "1", "code": {"branch": "x"}}, "/code/branch", "UNKNOWN_FIELD"),
        ({"version": "1", "metrics": {"a": float("nan")}}, "/metrics/a", "BAD_VALUE"),
        ({"version": "1", "metrics": {"a": [2**70]}}, "/metrics/a/0", "BAD_VALUE"),
        ({"version": "1", "card": {"a": "\x00"}}, "/card/a", "BAD_VALUE"),
        ({"version": "1", "card": {"a\x00": 1}}, "/card", "BAD_VALUE"),
        ({"version": "1", "card": {"a": "x" * 70_000}}, "/card", "TOO_LARGE"),
        ({"version": "1", "slices": {}}, "/slices", "WRONG_TYPE"),
        ({"version": "1", "notes": "\ud800"}, "/notes", "BAD_VALUE"),
        ({"version": "1", "artifacts": [{}] * 201}, "/artifacts", "TOO_LONG"),
    ],
)
def test_reading_a_version_says_where(body: object, pointer: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_version(body)
    assert (pointer, code) in pointers(refused)


@pytest.mark.parametrize("size", [-1, 1.5, True, "10", 2**63])
def test_reading_a_version_refuses_a_size_that_is_none(size: object) -> None:
    artifact = {"name": "w", "uri": "u", "sha256": DIGEST, "size": size}
    with pytest.raises(BadInput) as refused:
        read_version({"version": "1", "artifacts": [artifact]})
    assert pointers(refused) == [("/artifacts/0/size", "BAD_VALUE")]


def test_reading_a_version_refuses_two_artifacts_of_one_name_and_lowers_digests() -> None:
    artifact = {"name": "w", "uri": "u", "sha256": DIGEST.upper(), "size": 1}
    assert read_version({"version": "1", "artifacts": [artifact]}).artifacts[0].sha256 == DIGEST
    with pytest.raises(BadInput) as refused:
        read_version({"version": "1", "artifacts": [artifact, artifact]})
    assert pointers(refused) == [("/artifacts/1/name", "DUPLICATE")]


def test_reading_a_version_needs_no_more_than_its_name() -> None:
    assert read_version({"version": "1"}) == NewVersion("1", artifacts=[], training_data=[], slices=[])
