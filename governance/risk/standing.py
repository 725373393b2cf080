"""How a class stands once people's overrides are counted in. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import rfc8785

from governance.risk.engine import UNDETERMINED
from governance.risk.pack import Pack
from governance.risk.states import OverrideKind

HIGHEST_SURE: Final = 0
"""Where the gravest class stands in a pack's order; what is undetermined ranks directly behind it."""


class Set(NamedTuple):
    """An override that is in force."""

    id: str
    kind: str
    to_class: str


def rank(pack: Pack, class_: str) -> int:
    """The smaller, the graver. What is undetermined may be almost anything, so only the gravest is graver."""
    return order_of(pack).index(class_)


def order_of(pack: Pack) -> list[str]:
    """Every class a system can stand as under the pack, the gravest first."""
    order = list(pack.classes)
    order.insert(HIGHEST_SURE + 1, UNDETERMINED)
    return order


def standing_class(pack: Pack, class_: str, overrides: Iterable[Set]) -> str:
    """The class that counts: lighter ones and exemptions only while in force; upward ones always win."""
    known = {*pack.classes, UNDETERMINED}
    # A class that this version of the pack does not know any more may be anything.
    found = [each if each.to_class in known else each._replace(to_class=UNDETERMINED) for each in overrides]
    stands = _without_exemption(pack, class_, found)
    for each in found:
        if each.kind == OverrideKind.DOWNWARD and rank(pack, each.to_class) > rank(pack, stands):
            stands = each.to_class
    for each in found:
        if each.kind == OverrideKind.UPWARD and rank(pack, each.to_class) < rank(pack, stands):
            stands = each.to_class
    return stands


def digest_of(answers: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """SHA-256 of the RFC 8785 bytes of answers and result, as hex."""
    return hashlib.sha256(rfc8785.dumps({"answers": dict(answers), "result": dict(result)})).hexdigest()


def _without_exemption(pack: Pack, class_: str, overrides: Iterable[Set]) -> str:
    """An exempt system stands as it would without the exemption until that has its own approver."""
    exemption = pack.document.get("exemption")
    if exemption is None or class_ != exemption["class"]:
        return class_
    if any(each.kind == OverrideKind.EXEMPTION for each in overrides):
        return class_
    return str(exemption["stands_as"])
