"""Names and addresses for the ids in events. The wings above fill in what they know.

An event holds ids only; a page shows a name to whoever may read events, and the name as it is today.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple
from uuid import UUID


class Described(NamedTuple):
    """How a thing is called, and the page about it (or no address)."""

    title: str
    url: str = ""


Describer = Callable[[set[UUID]], Mapping[UUID, Described]]

describers: dict[str, Describer] = {}
"""By what stands before the colon of a reference: `person`, `key`, an entity type. Filled at start-up."""


def describe(references: Iterable[str]) -> dict[str, Described]:
    """What is known about references such as `person:<id>`; those that nobody knows are left out."""
    ids: dict[str, set[UUID]] = {}
    for reference in references:
        kind, _, text = reference.partition(":")
        if kind in describers and text:
            ids.setdefault(kind, set()).add(UUID(text))
    return {
        f"{kind}:{id_}": described
        for kind, wanted in ids.items()
        for id_, described in describers[kind](wanted).items()
    }
