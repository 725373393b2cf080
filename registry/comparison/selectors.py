"""Reads versions of a model to put them side by side."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from audit.refusals import BadInput, FieldError, NotFound
from audit.trail.actors import Actor
from registry.catalog import cards, hooks
from registry.catalog.models import Model, ModelVersion
from registry.catalog.selectors import NO_SUCH_VERSION, versions_of
from registry.comparison.comparing import Row, rows_of, slice_rows

FEWEST: Final = 2
MOST: Final = 4
OWN: Final = ("metrics", "slices", "parameters", "card", "training_data", "code")
"""The registry's own parts of a comparison, in this order."""


def versions_named(model: Model, names: Sequence[str]) -> list[ModelVersion]:
    """Two to four versions, in the order in which they are named.

    Raises:
        BadInput: fewer or more.
        NotFound: the model has none of that name.
    """
    names = list(dict.fromkeys(names))
    if not FEWEST <= len(names) <= MOST:
        detail = f"Name {FEWEST} to {MOST} different versions."
        raise BadInput([FieldError("/version", "BAD_VALUE", detail)])
    if any("\x00" in name for name in names):
        raise NotFound(NO_SUCH_VERSION)
    found = {each.version: each for each in versions_of(model).filter(version__in=names)}
    if len(found) < len(names):
        raise NotFound(NO_SUCH_VERSION)
    return [found[name] for name in names]


def compared(versions: Sequence[ModelVersion]) -> dict[str, list[Row]]:
    """The registry's own parts, by `OWN`."""
    return {
        "metrics": rows_of([each.metrics for each in versions]),
        "slices": slice_rows([each.slices for each in versions]),
        "parameters": rows_of([each.parameters for each in versions]),
        "card": rows_of([_card(each) for each in versions]),
        "training_data": rows_of([_data(each) for each in versions]),
        "code": rows_of([_code(each) for each in versions]),
    }


def sections(versions: Sequence[ModelVersion], actor: Actor) -> list[hooks.Section]:
    """What other rooms add."""
    return [section for make in hooks.compared if (section := make(versions, actor)) is not None]


def as_json(model: Model, versions: Sequence[ModelVersion], actor: Actor) -> dict[str, Any]:
    """A comparison as the API gives it."""
    own = compared(versions)
    return {
        "model": model.slug,
        "versions": [each.version for each in versions],
        **{part: [_row(row, part) for row in own[part]] for part in OWN},
        "sections": [
            {
                "title": section.title,
                "rows": [_row(Row(row.name, row.values), "") for row in section.rows],
            }
            for section in sections(versions, actor)
        ],
    }


def _row(row: Row, part: str) -> dict[str, Any]:
    said: dict[str, Any] = {"name": row.name, "values": list(row.values), "differs": row.differs}
    if part == "slices":
        said = {"slice": row.slice, **said}
    if part in ("metrics", "slices"):
        said["differences"] = row.differences
    return said


def _card(version: ModelVersion) -> Any:
    newest = cards.newest(version)
    return newest.card if newest else version.card


def _data(version: ModelVersion) -> dict[str, str]:
    """By name; several versions of one dataset are told together."""
    said: dict[str, list[str]] = {}
    for each in version.training_data.all():
        text = " ".join(filter(None, [each.dataset_version, each.sha256, each.licence]))
        said.setdefault(each.name, []).append(text)
    # A dot in a name is no step into a structure: the values here are texts.
    return {name: ", ".join(sorted(texts)) for name, texts in said.items()}


def _named(said: Mapping[str, str]) -> str:
    return " ".join(said[name] for name in ("name", "version", "sha256") if name in said)


def _code(version: ModelVersion) -> dict[str, Any]:
    said = {
        "repository": version.code.get("repository"),
        "commit": version.code.get("commit"),
        "base_model": _named(version.base_model),
        "prompt": _named(version.prompt),
        "features": version.features,
        "parent": version.parent.version if version.parent else None,
    }
    return {name: value or None for name, value in said.items()}
