"""Fingerprints of a schema and what tells two of them apart. Pure."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

Objects = Mapping[str, Mapping[str, str]]
"""Part, then name of the object, then its definition."""

WITH_EXPRESSIONS: Final = frozenset(
    ("columns", "constraints", "indexes", "triggers", "rules", "policies", "partitions")
)
"""Parts in whose definitions PostgreSQL writes expressions out, unlike the sources of functions."""

_WORD: Final = r"(?:'(?:[^']|'')*'|NULL)::character varying"
_WORDS: Final = re.compile(rf"\(ARRAY\[({_WORD}(?:, {_WORD})*)\]\)::text\[\]")
_ONE_WORD: Final = re.compile(_WORD)


def settled(objects: Objects) -> dict[str, dict[str, str]]:
    """The same objects, spelled as a dump and a restore leave them.

    Reading `(ARRAY['a'::character varying, ...])::text[]`, as it writes `state IN ('a', ...)` out, PostgreSQL
    takes the cast to the elements and writes `ARRAY[('a'::character varying)::text, ...]` from then on.
    """
    return {
        part: {name: _settled(text) for name, text in found.items()}
        if part in WITH_EXPRESSIONS
        else dict(found)
        for part, found in objects.items()
    }


def _settled(text: str) -> str:
    return _WORDS.sub(lambda found: f"ARRAY[{_ONE_WORD.sub(_as_text, found[1])}]", text)


def _as_text(word: "re.Match[str]") -> str:
    return f"({word[0]})::text"


@dataclass(frozen=True, slots=True)
class Difference:
    """Names of objects, each as `part name`, sorted."""

    added: list[str]
    removed: list[str]
    altered: list[str]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.altered)

    def lines(self) -> list[str]:
        """One line for each object."""
        named = (("added", self.added), ("removed", self.removed), ("altered", self.altered))
        return [f"{what}: {name}" for what, names in named for name in names]


def digest_of(part: Mapping[str, str]) -> str:
    """SHA-256 over the sorted objects of one part, in hex."""
    return hashlib.sha256(orjson.dumps(dict(part), option=orjson.OPT_SORT_KEYS)).hexdigest()


def digests_of(objects: Objects) -> dict[str, str]:
    """The digest of each part."""
    return {name: digest_of(part) for name, part in objects.items()}


def whole(parts: Mapping[str, str]) -> str:
    """One digest over the digests of all parts."""
    return digest_of(parts)


def compare(before: Objects, after: Objects) -> Difference:
    """Which objects differ."""
    old, new = _flat(before), _flat(after)
    return Difference(
        added=sorted(new.keys() - old.keys()),
        removed=sorted(old.keys() - new.keys()),
        altered=sorted(name for name in new.keys() & old.keys() if new[name] != old[name]),
    )


def _flat(objects: Objects) -> dict[str, str]:
    return {f"{part} {name}": text for part, found in objects.items() for name, text in found.items()}
