"""What a check found, counted, and could not show. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

MOST_LISTED: Final = 100
"""Findings with their sentence; beyond, they are counted."""

NEVER_PROVED: Final = (
    "that everything that happened was logged: only that what was logged is whole",
    "that nobody who holds the database and the signing key rewrote both: compare with a checkpoint kept "
    "elsewhere, or with a witness",
    "anything about payloads: their commitments are opened where they are read",
)


@dataclass
class Findings:
    """The result of a run, as it grows."""

    counts: "Counter[str]" = field(default_factory=Counter)
    codes: "Counter[str]" = field(default_factory=Counter)
    listed: list[dict[str, str]] = field(default_factory=list)
    not_proved: list[str] = field(default_factory=lambda: list(NEVER_PROVED))

    @property
    def ok(self) -> bool:
        return not self.codes

    def add(self, code: str, detail: str) -> None:
        """Something is wrong."""
        self.codes[code] += 1
        if len(self.listed) < MOST_LISTED:
            self.listed.append({"code": code, "detail": detail})

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "checked": dict(sorted(self.counts.items())),
            "found": dict(sorted(self.codes.items())),
            "findings": self.listed,
            "not_proved": self.not_proved,
        }
