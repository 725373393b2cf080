"""What a version consists of, as posted: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from audit.refusals import BadInput, FieldError
from registry.systems.body import Body
from registry.systems.reading import SLUG, SLUG_WORDS, read_slug

VERSION_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9._+:@-]*"
MOST_FILES: Final = 200
"""Artifacts, or datasets, of one version: their digests stand in one event."""
LARGEST_FILE: Final = 2**63 - 1
MODES: Final = ("block", "warn", "allow")
"""What the gate of an environment does about a version that lacks something."""
MOST_REGIONS: Final = 50
LONGEST_REGION: Final = 64
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
    licence: str = ""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """Everything about a version that is said once and never changes. `author` is an e-mail address."""

    version: str
    artifacts: Sequence[NewArtifact] = ()
    training_data: Sequence[NewDataset] = ()
    code: Mapping[str, str] = field(default_factory=dict)
    base_model: Mapping[str, str] = field(default_factory=dict)
    prompt: Mapping[str, str] = field(default_factory=dict)
    features: Sequence[Any] = ()
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
        base_model=_named(body, "base_model"),
        prompt=_named(body, "prompt"),
        features=tuple(body.structure("features", list)),
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


def read_card(value: object) -> dict[str, Any]:
    """A body of `POST /models/{slug}/versions/{version}/card`: the card.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    card: dict[str, Any] = body.structure("card", dict, required=True)
    body.finish()
    return card


def card_cursor(text: str | None) -> int | None:
    """Where a page of cards goes on: below this number.

    Raises:
        BadInput: it is no cursor of such a list.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        detail = "This cursor is not of this list; begin without one."
        raise BadInput([FieldError("/cursor", "BAD_CURSOR", detail)])
    return int(text)


def read_new_environment(value: object) -> dict[str, Any]:
    """A body of `POST /environments`, as keyword arguments of `environments.create`.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    kind = body.text("kind", required=True, longest=20, pattern=SLUG, looks_like=SLUG_WORDS)
    found = {
        "slug": body.text("slug", required=True, longest=64, pattern=SLUG, looks_like=SLUG_WORDS),
        "kind": kind,
        "mode": _mode(body, otherwise="block"),
        "regions": _regions(body),
        "enforce_at_intake": body.boolean("enforce_at_intake", otherwise=kind == "production"),
    }
    body.finish()
    return found


def read_environment_changes(value: object, *, slug: str | None = None) -> tuple[str, dict[str, Any]]:
    """A body of `PATCH /environments[/{slug}]`: which one, and only what was given about it.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    named = slug if slug is not None else body.text("slug", required=True, longest=64)
    changes: dict[str, Any] = {}
    if body.has("kind"):
        changes["kind"] = body.text("kind", required=True, longest=20, pattern=SLUG, looks_like=SLUG_WORDS)
    if body.has("mode"):
        changes["mode"] = _mode(body, required=True)
    if body.has("regions"):
        changes["regions"] = _regions(body)
    if body.has("enforce_at_intake"):
        changes["enforce_at_intake"] = body.boolean("enforce_at_intake")
    body.finish()
    return named, changes


def _mode(body: Body, *, required: bool = False, otherwise: str = "") -> str:
    mode = body.text("mode", required=required, otherwise=otherwise)
    if mode and mode not in MODES:
        body.refuse("mode", "BAD_VALUE", f"mode is one of {', '.join(MODES)}.")
    return mode


def _regions(body: Body) -> list[str]:
    """Names of regions, each once, in the order given."""
    regions = body.structure("regions", list)
    for n, region in enumerate(regions):
        if not isinstance(region, str) or not 1 <= len(region.strip()) <= LONGEST_REGION:
            detail = f"A region is a text of 1 to {LONGEST_REGION} characters."
            body.errors.append(FieldError(f"{body.pointer}/regions/{n}", "BAD_VALUE", detail))
    if len(regions) > MOST_REGIONS:
        body.refuse("regions", "TOO_LONG", f"regions has at most {MOST_REGIONS} entries.")
    return [] if body.errors else list(dict.fromkeys(region.strip() for region in regions))


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
        licence=part.text("licence", longest=200),
    )


def _named(body: Body, name: str) -> dict[str, str]:
    """A thing from outside: its name, and what else was said."""
    if not body.given(name):
        return {}
    part = body.part(name)
    said = {
        "name": part.text("name", required=True, longest=300),
        "version": part.text("version", longest=100),
        "sha256": part.text("sha256", pattern=_DIGEST, looks_like=_DIGEST_WORDS).lower(),
    }
    return {member: text for member, text in said.items() if text}


def _code(part: Body) -> dict[str, str]:
    said = {"repository": part.text("repository", longest=2_000), "commit": part.text("commit", longest=200)}
    return {name: text for name, text in said.items() if text}
