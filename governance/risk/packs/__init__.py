"""The packs that come with Countersign, one folder for each name and version, read once per process.

A folder holds `pack.json` (head), `questions.json`, `rules.json`, `obligations.json` and `cases.json`. The
first four make the document that the digest is over; the cases are the pack's own tests.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from governance.risk.checking import check
from governance.risk.pack import Pack, pack_of

FOLDER = Path(__file__).parent


@cache
def shelf() -> Mapping[str, Mapping[str, Pack]]:
    """All packs, by name and version, the newest version last.

    Raises:
        BadPack: one of them is not whole.
    """
    found: dict[str, dict[str, Pack]] = {}
    for head in sorted(FOLDER.glob("*/*/pack.json"), key=lambda path: (path.parts[-3], _order(path.parent))):
        pack = read(head.parent)
        if (pack.name, pack.version) != head.parts[-3:-1]:
            raise ValueError(f"{head.parent} holds {pack.name} {pack.version}")
        found.setdefault(pack.name, {})[pack.version] = pack
    return found


def read(folder: Path) -> Pack:
    """The pack in a folder, checked."""
    document = orjson.loads((folder / "pack.json").read_bytes())
    for part in ("questions", "rules", "obligations"):
        document[part] = orjson.loads((folder / f"{part}.json").read_bytes())
    check(document)
    return pack_of(document)


def cases_of(pack: Pack) -> list[dict[str, Any]]:
    """The pack's own worked examples: `name`, `answers`, `expected`."""
    found: list[dict[str, Any]] = orjson.loads(
        (FOLDER / pack.name / pack.version / "cases.json").read_bytes()
    )
    return found


def newest(name: str) -> Pack | None:
    """The version that is used when none is asked for."""
    versions = shelf().get(name)
    return list(versions.values())[-1] if versions else None


def pack_at(name: str, version: str | None) -> Pack | None:
    """A pack by name and version; without a version the newest."""
    return newest(name) if version is None else shelf().get(name, {}).get(version)


def _order(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", folder.name))
