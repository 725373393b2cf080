"""Versions side by side, member by member. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

SLICE_NAMES: Final = ("name", "slice", "segment")
"""The members by which a slice may be called, the first that is there."""


@dataclass(frozen=True, slots=True)
class Row:
    """One member of each version; None where a version does not have it."""

    name: str
    values: Sequence[Any]
    slice: str = ""

    @property
    def differs(self) -> bool:
        return any(_key(value) != _key(self.values[0]) for value in self.values[1:])

    @property
    def differences(self) -> list[float | None]:
        """Each number less the first version's; None where either is no number."""
        first = self.values[0]
        return [
            value - first if n and _is_number(value) and _is_number(first) else None
            for n, value in enumerate(self.values)
        ]


def rows_of(structures: Sequence[Any]) -> list[Row]:
    """Structures member by member, by name; lists stay one value."""
    flat = [dict(_flat(each, "")) for each in structures]
    names = sorted({name for each in flat for name in each})
    return [Row(name, [each.get(name) for each in flat]) for name in names]


def slice_rows(lists: Sequence[Sequence[Any]]) -> list[Row]:
    """Lists of slices, each slice with its metrics; slices are matched by their names."""
    flat = [_by_slice(each) for each in lists]
    keys = dict.fromkeys(key for each in flat for key in each)
    return [Row(name, [each.get((part, name)) for each in flat], part) for part, name in keys]


def _by_slice(slices: Sequence[Any]) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for n, each in enumerate(slices, start=1):
        if not isinstance(each, dict):
            found[f"slice {n}", ""] = each
            continue
        called = next((name for name in SLICE_NAMES if isinstance(each.get(name), str)), "")
        part = str(each[called]) if called else f"slice {n}"
        rest = {name: value for name, value in each.items() if name != called}
        found |= {(part, name): value for name, value in _flat(rest, "")}
    return found


def _flat(value: Any, name: str) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping) and (value or not name):
        return [
            pair
            for key, member in value.items()
            for pair in _flat(member, f"{name}.{key}" if name else str(key))
        ]
    return [(name, value)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _key(value: Any) -> Any:
    """1 and true are different values, 1 and 1.0 are not."""
    if isinstance(value, list):
        return [_key(item) for item in value]
    if isinstance(value, dict):
        return {name: _key(member) for name, member in value.items()}
    return (value, isinstance(value, bool))
