"""Refusals about deployments."""

from collections.abc import Sequence
from typing import Any

from audit.refusals import Refusal
from registry.systems.reasons import Reason


class GateDenied(Refusal):
    """The gate of this environment does not let this version through."""

    def __init__(self, reasons: Sequence[Reason], message: str = "") -> None:
        self.reasons = tuple(reasons)
        said = " ".join(dict.fromkeys(reason.detail for reason in self.reasons))
        super().__init__(" ".join(filter(None, [message, said])))

    @property
    def members(self) -> dict[str, Any]:
        """What the problem document says besides."""
        return {"reasons": [reason.as_json() for reason in self.reasons]}


class AlreadyLive(Refusal):
    """This version is live there already."""


class NothingToRollBackTo(Refusal):
    """No earlier version was live there."""
