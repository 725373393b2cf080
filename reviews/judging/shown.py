"""What exactly a reviewer is shown, and its hash: pure, and the same at the claim and at the judgement.

Everything here comes from rows that never change (the payload, the schema version), so nothing has to be
kept between the two moments.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from audit.canonical import canonical_bytes

ASSISTED: Final = "assisted"
"""The suggestion is on the page. The only mode of this release."""

MEMBERS: Final = (
    "input", "output", "confidence", "scores", "explanation", "segment", "signals",
    "external_id", "model", "version", "environment", "occurred_at", "correlation",
)  # fmt: skip
"""Of what was posted. Not `subject`: the reviewer decides about the case, not about whom it is."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown, in one line of evidence."""

    sha256: str
    mode: str
    suggestion: bool


def payload_shown(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a posted prediction that a reviewer gets to see."""
    return {name: payload[name] for name in MEMBERS if name in payload}


def shown(payload: Mapping[str, Any], form: Mapping[str, Any]) -> Shown:
    """SHA-256 over the canonical JSON of what was shown: payload and form."""
    content = {"form": form, "mode": ASSISTED, "prediction": payload_shown(payload)}
    return Shown(
        sha256=hashlib.sha256(canonical_bytes(content)).hexdigest(),
        mode=ASSISTED,
        suggestion="output" in payload,
    )
