"""A judgement as it was sent, before anything is known about it. Pure."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson

from reviews.intake.content import content_bytes, stored_text
from reviews.labels.diff import ABSENT
from reviews.queue.states import Verdict


@dataclass(frozen=True, slots=True)
class Submission:
    """`output` and those below it are as they came; whether they fit is judged after the lease is."""

    submission_id: UUID
    token: int
    output: object = ABSENT
    verdict: object = Verdict.ANSWER.value
    reasons: object = field(default_factory=list)
    comment: object = ""
    hold_seconds: object = 0
    unknown: tuple[str, ...] = ()
    """Members of the body that mean nothing here."""

    def digest(self, item_id: UUID) -> bytes:
        """SHA-256 over what makes two submissions the same. Not the token: a retry may have a newer one."""
        content = self.content()
        content["review"] = str(item_id)
        return hashlib.sha256(content_bytes(content)).digest()

    def content(self) -> dict[str, Any]:
        """What the reviewer said: the content of a draft and of the commitment in the trail."""
        content = {"verdict": self.verdict, "reasons": self.reasons, "comment": self.comment}
        if self.output is not ABSENT:
            content["output"] = self.output
        return content

    def as_draft(self) -> str:
        """The text of the draft that keeps this submission."""
        return stored_text(self.content())


def draft_of(text: str) -> Any:
    """A draft as JSON."""
    return orjson.loads(text)


LARGEST_DRAFT: Final = 262_144
"""Characters of a draft's JSON text."""
