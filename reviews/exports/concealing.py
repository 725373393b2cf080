"""Taking values out of a label before it leaves: dropped, or replaced by a pseudonym. Pure.

Places are JSON pointers (RFC 6901) into the row; `*` stands for every item of a list
(`/judgements/*/comment`). A member of the answer stands in more than one place: what is concealed in
`/label/...` or `/model_output/...` is concealed in the diff and in what each judgement answered as well.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from reviews.intake.content import content_bytes

Row = dict[str, Any]
Path = tuple[str, ...]

ANSWERS: Final = ("label", "model_output")
_ANSWERED: Final[Path] = ("judgements", "*", "output")
_BAD_ESCAPE = re.compile(r"~(?![01])")
_DROPPED: Final = object()


def parse_pointer(pointer: str) -> Path:
    """The names along a pointer.

    Raises:
        ValueError: not a pointer, or one to the whole row.
    """
    if not pointer.startswith("/") or _BAD_ESCAPE.search(pointer):
        raise ValueError(f"{pointer[:60]!r} is not a JSON pointer to a member, such as /input/name.")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))


def drop(row: Row, pointers: Iterable[str]) -> Row:
    """The row without what the pointers name; the given row stays as it is.

    An item of a list that is named by its place becomes null, so that the others keep theirs.
    """
    return _conceal(row, pointers, lambda _: _DROPPED)


def pseudonymise(row: Row, pointers: Iterable[str], key: bytes) -> Row:
    """The row with a pseudonym for each value that the pointers name: equal values, equal pseudonyms.

    HMAC-SHA256 under `key`, which is the export's own: pseudonyms of two exports cannot be joined. Objects
    and lists get one pseudonym as a whole; null stays null.
    """
    if not key:
        raise ValueError("Pseudonyms without a key can be guessed.")

    def pseudonym(value: object) -> object:
        if value is None:
            return None
        return "p:" + hmac.digest(key, content_bytes(value), hashlib.sha256).hex()[:32]

    return _conceal(row, pointers, pseudonym)


def _conceal(row: Row, pointers: Iterable[str], change: Callable[[object], object]) -> Row:
    """Make the change once at every place: shorter paths first, and none twice, whatever was named twice."""
    paths = {parse_pointer(pointer) for pointer in pointers}
    answered = {path[1:] for path in paths if path[0] in ANSWERS and len(path) > 1}
    everywhere = paths | {_ANSWERED + path for path in answered}
    concealed: Any = row
    for path in _shorter_first(everywhere):
        concealed = _rewritten(concealed, path, change)
    return _in_diff(dict(concealed), _shorter_first(answered), change)


def _shorter_first(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: (len(path), path))


def _rewritten(value: Any, path: Path, change: Callable[[object], object]) -> Any:
    """A copy of `value` in which `change` was made at the end of `path`; the same one where the path leads
    nowhere."""
    if not path:
        return change(value)
    name, rest = path[0], path[1:]
    if isinstance(value, dict) and name in value:
        inner = _rewritten(value[name], rest, change)
        others = {each: member for each, member in value.items() if each != name or inner is not _DROPPED}
        return others if inner is _DROPPED else {**others, name: inner}
    if isinstance(value, list) and name == "*":
        items = [_rewritten(item, rest, change) for item in value]
        return [item for item in items if item is not _DROPPED]
    if isinstance(value, list) and name.isascii() and name.isdigit() and int(name) < len(value):
        inner = _rewritten(value[int(name)], rest, change)
        copy = list(value)
        copy[int(name)] = None if inner is _DROPPED else inner
        return copy
    return value


def _in_diff(row: Row, paths: list[Path], change: Callable[[object], object]) -> Row:
    """The row with the same done to these members of the answer where its diff tells of them."""
    if not paths or not isinstance(row.get("diff"), list):
        return row
    changes = [_in_change(each, paths, change) for each in row["diff"]]
    return {**row, "diff": [each for each in changes if each is not _DROPPED]}


def _in_change(told: dict[str, Any], paths: list[Path], change: Callable[[object], object]) -> Any:
    at = parse_pointer(told["pointer"]) if told["pointer"] else ()
    if any(at[: len(path)] == path for path in paths):  # a concealed member, or inside one
        inside: list[Path] = [()]
    else:  # perhaps something that holds concealed members
        inside = [path[len(at) :] for path in paths if path[: len(at)] == at]
    before, after = told["from"], told["to"]
    for path in inside:
        before, after = _rewritten(before, path, change), _rewritten(after, path, change)
    return _DROPPED if before is _DROPPED else {**told, "from": before, "to": after}
