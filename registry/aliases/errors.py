"""Refusals about aliases."""

from collections.abc import Sequence
from typing import Any

from audit.refusals import Refusal
from registry.systems.reasons import Reason


class AliasProtected(Refusal):
    """This alias is protected, and the version lacks what the protection demands."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(" ".join(dict.fromkeys(reason.detail for reason in self.reasons)))

    @property
    def members(self) -> dict[str, Any]:
        """What the problem document says besides."""
        return {"reasons": [reason.as_json() for reason in self.reasons]}


class AlreadyEnded(Refusal):
    """This protection has ended already."""
