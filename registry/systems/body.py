"""Reads a JSON object member by member, and refuses what is wrong all at once, with pointers. Pure."""

import re
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, Final

from audit.refusals import BadInput, FieldError

DEEPEST: Final = 32
"""Levels of a structure that is kept as it came."""
_64_BITS: Final = range(-(2**63), 2**64)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Body:
    """One JSON object of a request.

    Ask for every member that may be there, then call `finish`, which refuses what nobody asked for. A member
    that is null counts as absent; `has` tells the difference where it matters.
    """

    def __init__(self, value: object, *, pointer: str = "", errors: list[FieldError] | None = None) -> None:
        self.pointer = pointer
        self.errors: list[FieldError] = [] if errors is None else errors
        self._asked: set[str] = set()
        self._parts: list[Body] = []
        self._members: dict[str, Any] = {}
        if isinstance(value, dict):
            self._members = value
        else:
            self.errors.append(FieldError(pointer, "WRONG_TYPE", "A JSON object is needed here."))

    def has(self, name: str) -> bool:
        """Whether the member was given at all, be it null."""
        self._asked.add(name)
        return name in self._members

    def given(self, name: str) -> bool:
        """Whether the member was given and is not null."""
        return self._member(name) is not None

    def text(
        self,
        name: str,
        *,
        required: bool = False,
        longest: int = 200,
        pattern: str | None = None,
        looks_like: str = "",
        otherwise: str = "",
    ) -> str:
        """A string; `looks_like` is the sentence for one that does not match `pattern`."""
        value = self._member(name, required=required)
        if value is None:
            return otherwise
        if not isinstance(value, str):
            self.refuse(name, "WRONG_TYPE", f"{name} is a string.")
        elif required and not value.strip():
            self.refuse(name, "REQUIRED", f"{name} is empty.")
        elif len(value) > longest:
            self.refuse(name, "TOO_LONG", f"{name} has at most {longest} characters.")
        elif fault := fault_of_text(value):
            self.refuse(name, "BAD_VALUE", fault)
        elif pattern is not None and not re.fullmatch(pattern, value):
            self.refuse(name, "BAD_VALUE", looks_like)
        else:
            return value
        return otherwise

    def whole_number(self, name: str, *, least: int, most: int, required: bool = False) -> int:
        """An integer within bounds, inclusive."""
        value = self._member(name, required=required)
        if value is None:
            return least
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.refuse(name, "BAD_VALUE", f"{name} is a whole number from {least} to {most}.")
            return least
        return value

    def boolean(self, name: str, *, otherwise: bool = False) -> bool:
        value = self._member(name)
        if value is None:
            return otherwise
        if not isinstance(value, bool):
            self.refuse(name, "WRONG_TYPE", f"{name} is true or false.")
            return otherwise
        return value

    def structure(self, name: str, kind: type, *, required: bool = False, largest: int = 65_536) -> Any:
        """JSON of that kind (dict or list), kept as it comes; `largest` counts values and characters."""
        value = self._member(name, required=required)
        if value is None:
            return kind()
        if not isinstance(value, kind):
            wanted = "an object" if kind is dict else "an array"
            self.refuse(name, "WRONG_TYPE", f"{name} is {wanted}.")
            return kind()
        if fault := fault_of_structure(value, largest=largest):
            where, code, detail = fault
            self.errors.append(FieldError(f"{self.pointer}/{name}{where}", code, detail))
            return kind()
        return value

    def part(self, name: str, *, required: bool = False) -> "Body":
        """An object of its own; empty when absent."""
        value = self._member(name, required=required)
        return self._part({} if value is None else value, f"{self.pointer}/{name}")

    def parts(self, name: str, *, most: int) -> Sequence["Body"]:
        """An array of objects."""
        value = self._member(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.refuse(name, "WRONG_TYPE", f"{name} is an array of objects.")
            return []
        if len(value) > most:
            self.refuse(name, "TOO_LONG", f"{name} has at most {most} entries.")
            return []
        return [self._part(item, f"{self.pointer}/{name}/{n}") for n, item in enumerate(value)]

    def refuse(self, name: str, code: str, detail: str) -> None:
        """Note that a member is wrong."""
        self.errors.append(FieldError(f"{self.pointer}/{escaped(name)}", code, detail))

    def finish(self) -> None:
        """Refuse everything that was noted, and every member that nobody asked for.

        Raises:
            BadInput: with all errors.
        """
        self.errors.extend(self._unknown())
        if self.errors:
            raise BadInput(self.errors)

    def _member(self, name: str, *, required: bool = False) -> Any:
        self._asked.add(name)
        value = self._members.get(name)
        if required and value is None:
            self.refuse(name, "REQUIRED", f"{name} is needed.")
        return value

    def _part(self, value: object, pointer: str) -> "Body":
        part = Body(value, pointer=pointer, errors=self.errors)
        self._parts.append(part)
        return part

    def _unknown(self) -> Iterator[FieldError]:
        known = ", ".join(sorted(self._asked)) or "none"
        for name in self._members:
            if name not in self._asked:
                detail = f"There is no member {name[:100]!r} here; there are: {known}."
                yield FieldError(f"{self.pointer}/{escaped(name)}", "UNKNOWN_FIELD", detail)
        for part in self._parts:
            yield from part._unknown()


def escaped(name: object) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return str(name).replace("~", "~0").replace("/", "~1")


def fault_of_text(text: str) -> str | None:
    """Why a string cannot be stored."""
    if "\x00" in text:
        return "U+0000 cannot be stored."
    if _SURROGATE.search(text):
        return "Half of a surrogate pair is no character."
    return None


def fault_of_structure(value: object, *, largest: int, deepest: int = DEEPEST) -> tuple[str, str, str] | None:
    """Why a structure cannot be kept: pointer, code, sentence. Size counts values and characters."""
    size = 0
    waiting: list[tuple[object, str, int]] = [(value, "", 1)]
    while waiting:
        each, where, depth = waiting.pop()
        size += 1 + (len(each) if isinstance(each, str) else 0)
        if size > largest:
            return "", "TOO_LARGE", f"At most {largest} values and characters are taken here."
        if depth > deepest:
            return where, "TOO_DEEP", f"At most {deepest} levels are taken here."
        if fault := _fault_of_scalar(each):
            return where, "BAD_VALUE", fault
        if isinstance(each, dict):
            for name, member in each.items():
                if fault := fault_of_text(name):
                    return where, "BAD_VALUE", fault
                size += len(name)
                waiting.append((member, f"{where}/{escaped(name)}", depth + 1))
        elif isinstance(each, list):
            waiting.extend((item, f"{where}/{n}", depth + 1) for n, item in enumerate(each))
    return None


def _fault_of_scalar(value: object) -> str | None:
    if isinstance(value, str):
        return fault_of_text(value)
    if isinstance(value, float) and not isfinite(value):
        return "NaN and infinities are no JSON."
    if isinstance(value, int) and value not in _64_BITS:
        return "An integer has at most 64 bits; write a longer one as a string."
    return None
