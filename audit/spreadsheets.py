"""Lines of CSV (RFC 4180) with nothing in them that a spreadsheet would run. Pure.

Texts are always quoted, numbers and booleans never, null is an empty cell. A text that a spreadsheet could
take for a formula gets an apostrophe before it; `restore` takes it off again, and every reader that is no
spreadsheet should.
"""

import re
from collections.abc import Mapping, Sequence

Cell = str | int | float | bool | None

_FORMULA = re.compile(r"'*[\t\r\n]|[\s'\"\ufeff\u200b-\u200f\u2060]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
"""What makes a spreadsheet calculate, also behind what it skips; the last four are the full-width forms.
Whatever matches still matches with an apostrophe before it: that is what makes `defuse` reversible."""
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


def line(cells: Mapping[str, Cell], columns: Sequence[str]) -> str:
    """One line with its end (CR LF).

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


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return '"' + defuse(cell).replace('"', '""') + '"'
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return repr(cell)  # what JSON writes too: the shortest decimal that reads back as the same double
