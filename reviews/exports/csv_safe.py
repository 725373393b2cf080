"""A label as one line of CSV: the same bytes for the same row, nothing that a spreadsheet would run. Pure.

Objects are spread over columns named by JSON pointer without its first slash (`input/amount`), lists are
JSON in one cell. Texts are always quoted, numbers and booleans never, null is an empty cell. A text that a
spreadsheet could take for a formula gets an apostrophe before it; `restore` takes it off again, and every
reader that is no spreadsheet should.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Final

from reviews.exports.concealing import drop, parse_pointer, pseudonymise
from reviews.intake.content import stored_text, word_of

__all__ = [
    "Cell",
    "columns_of",
    "defuse",
    "drop",
    "flatten",
    "header",
    "line",
    "parse_pointer",
    "pseudonymise",
    "restore",
    "title_line",
]

Cell = str | int | float | bool | None

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

_FORMULA = re.compile(r"'*[\t\r\n]|[\s'\"\ufeff\u200b-\u200f\u2060]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
"""What makes a spreadsheet calculate, also behind what it skips; the last four are the full-width forms.
Whatever matches still matches with an apostrophe before it: that is what makes `defuse` reversible."""
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


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


def line(cells: Mapping[str, Cell], columns: Sequence[str]) -> str:
    """One line with its end (CR LF, RFC 4180)..

    Raises:
        ValueError: a cell has no column; leaving it out would lose it silently.
    """
    written = ",".join(_written(cells.get(name)) for name in columns)
    if len(cells) > len(columns) or not cells.keys() <= set(columns):
        raise ValueError(f"No column for {sorted(cells.keys() - set(columns))[:3]}.")
    return written + "\r\n"


def title_line(columns: Sequence[str]) -> str:
    """The first line of the file."""
    return ",".join(map(_written, columns)) + "\r\n"


def defuse(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet could run it. Plain numbers stay numbers."""
    return "'" + text if _is_formula(text) else text


def restore(cell: str) -> str:
    """The text that `defuse` was given."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell[1:]) else cell


def _is_formula(text: str) -> bool:
    return _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None


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


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return '"' + defuse(cell).replace('"', '""') + '"'
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return repr(cell)  # what JSON writes too: the shortest decimal that reads back as the same double
