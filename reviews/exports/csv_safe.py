"""A label as cells of CSV: the same for the same row, whoever makes them. `audit.spreadsheets` writes. Pure.

Objects are spread over columns named by JSON pointer without its first slash (`input/amount`), lists are
JSON in one cell.
"""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Final

from audit.spreadsheets import Cell
from reviews.intake.content import stored_text, word_of

COLUMN_ORDER: Final = (
    "id",
    "prediction",
    "external_id",
    "model",
    "version",
    "output_schema_version",
    "input",
    "model_output",
    "label",
    "changed",
    "diff",
    "source",
    "judgements",
    "routing",
    "confidence",
    "scores",
    "segment",
    "propensity",
    "sample_weight",
    "decided_at",
    "supersedes",
    "withdrawn",
)
"""Members of a label, as the contract lists them; others stand behind, sorted."""


def flatten(row: Mapping[str, object], *, whole: frozenset[str] = frozenset()) -> dict[str, Cell]:
    """The cells of a row by column name. Members in `whole` stay in one cell, as JSON.

    Use `whole` where the members of an object are not known to be few: each becomes a column of the file.
    """
    cells: dict[str, Cell] = {}
    for name, value in row.items():
        if name in whole and isinstance(value, dict):
            cells[_part(name)] = stored_text(value)
        else:
            _spread(_part(name), value, cells)
    return cells


def columns_of(row: Mapping[str, object], *, whole: frozenset[str] = frozenset()) -> list[str]:
    """The names of the cells that `flatten` would make, without making them."""
    names: list[str] = []
    for name, value in row.items():
        if name in whole:
            names.append(_part(name))
        else:
            _spread_names(_part(name), value, names)
    return names


def header(names: Iterable[str]) -> list[str]:
    """All columns in their one order, whatever order they were met in."""
    rank = {name: place for place, name in enumerate(COLUMN_ORDER)}

    def place(name: str) -> tuple[int, str]:
        return rank.get(name.partition("/")[0], len(rank)), name

    return sorted(set(names), key=place)


def _spread(name: str, value: object, cells: dict[str, Cell]) -> None:
    if isinstance(value, dict) and value:
        for member, inner in value.items():
            _spread(f"{name}/{_part(member)}", inner, cells)
    elif isinstance(value, dict | list):
        cells[name] = stored_text(value)
    elif value is None or isinstance(value, str | int):
        cells[name] = value
    elif isinstance(value, float):
        cells[name] = value if isfinite(value) else word_of(value)
    else:
        raise TypeError(f"{type(value).__name__} has no cell.")


def _spread_names(name: str, value: object, names: list[str]) -> None:
    if isinstance(value, dict) and value:
        for member, inner in value.items():
            _spread_names(f"{name}/{_part(member)}", inner, names)
    else:
        names.append(name)


def _part(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1") if "~" in name or "/" in name else name
