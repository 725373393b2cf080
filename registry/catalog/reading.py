"""What a version consists of, as posted: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from audit.refusals import FieldError
from registry.systems.body import Body
from registry.systems.reading import read_slug

VERSION_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9._+:@-]*"
MOST_FILES: Final = 200
"""Artifacts, or datasets, of one version: their digests stand in one event."""
LARGEST_FILE: Final = 2**63 - 1
_DIGEST: Final = r"[0-9A-Fa-f]{64}"
_DIGEST_WORDS: Final = "sha256 is 64 hexadecimal digits."


@dataclass(frozen=True, slots=True)
class NewArtifact:
    name: str
    uri: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class NewDataset:
    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class NewVersion:
    """Everything about a version that is said once and never changes. `author` is an e-mail address."""

    version: str
    artifacts: Sequence[NewArtifact] = ()
    training_data: Sequence[NewDataset] = ()
    code: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    slices: Sequence[Any] = ()
    card: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    notes: str = ""
    author: str = ""


def read_new_model(value: object) -> dict[str, Any]:
    """A body of `POST /models`: keyword arguments of `services.register_model`, and `system`, a slug.

    The schemas are not looked at here beyond being objects; the service does that.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    found: dict[str, Any] = {
        "slug": read_slug(body, "slug"),
        "system": body.text("system", required=True),
        "task": body.text("task", required=True, longest=100),
        "output_schema": body.structure("output_schema", dict, required=True),
        "input_schema": _input_schema(body),
        "class_field": body.text("class_field", longest=100) or None,
        "queue": body.text("queue", longest=100),
    }
    body.finish()
    return found


def read_model_changes(value: object) -> dict[str, Any]:
    """A body of `PATCH /models/{slug}`: only what was given.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    changes: dict[str, Any] = {}
    for name in ("task", "class_field"):
        if body.has(name):
            changes[name] = body.text(name, required=True, longest=100)
    if body.has("queue"):
        changes["queue"] = body.text("queue", longest=100)
    if body.has("output_schema"):
        changes["output_schema"] = body.structure("output_schema", dict, required=True)
    if body.has("input_schema"):
        changes["input_schema"] = _input_schema(body)
    body.finish()
    return changes


def _input_schema(body: Body) -> Any:
    return body.structure("input_schema", dict) if body.given("input_schema") else None


def read_version(value: object) -> NewVersion:
    """A body of `POST /models/{slug}/versions`.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    found = NewVersion(
        version=body.text(
            "version",
            required=True,
            longest=100,
            pattern=VERSION_PATTERN,
            looks_like="A version begins with a letter or digit and holds letters, digits and . _ + : @ -",
        ),
        artifacts=[_artifact(part) for part in body.parts("artifacts", most=MOST_FILES)],
        training_data=[_dataset(part) for part in body.parts("training_data", most=MOST_FILES)],
        code=_code(body.part("code")),
        parameters=body.structure("parameters", dict),
        metrics=body.structure("metrics", dict),
        slices=body.structure("slices", list),
        card=body.structure("card", dict),
        parent=body.text("parent", longest=100),
        notes=body.text("notes", longest=10_000),
        author=body.text("author", longest=254),
    )
    names: set[str] = set()
    for n, artifact in enumerate(found.artifacts):
        if artifact.name in names:
            detail = "Another artifact has this name."
            body.errors.append(FieldError(f"/artifacts/{n}/name", "DUPLICATE", detail))
        names.add(artifact.name)
    body.finish()
    return found


def _artifact(part: Body) -> NewArtifact:
    return NewArtifact(
        name=part.text("name", required=True, longest=300),
        uri=part.text("uri", required=True, longest=2_000),
        sha256=part.text("sha256", required=True, pattern=_DIGEST, looks_like=_DIGEST_WORDS).lower(),
        size=part.whole_number("size", least=0, most=LARGEST_FILE, required=True),
    )


def _dataset(part: Body) -> NewDataset:
    return NewDataset(
        name=part.text("name", required=True, longest=300),
        version=part.text("version", longest=100),
        sha256=part.text("sha256", required=True, pattern=_DIGEST, looks_like=_DIGEST_WORDS).lower(),
    )


def _code(part: Body) -> dict[str, str]:
    said = {"repository": part.text("repository", longest=2_000), "commit": part.text("commit", longest=200)}
    return {name: text for name, text in said.items() if text}
