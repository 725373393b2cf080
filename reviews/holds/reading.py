"""What is posted about legal holds, erasures and retention: pure."""

from dataclasses import dataclass
from typing import Final

from registry.systems.body import Body

LONGEST_REASON: Final = 2_000
LONGEST_SUBJECT: Final = 200


@dataclass(frozen=True, slots=True)
class About:
    """Whose predictions, and of what, by names. Empty means: not narrowed."""

    subject: str = ""
    system: str = ""
    model: str = ""


def read_about(body: Body, *, needs_subject: bool) -> About:
    """The members `subject`, `system`, `model`. A model says its system already."""
    about = About(
        subject=body.text("subject", required=needs_subject, longest=LONGEST_SUBJECT),
        system=body.text("system"),
        model=body.text("model"),
    )
    if about.system and about.model:
        body.refuse("system", "ONE_OF", "Name a system or a model, not both.")
    if not (about.subject or about.system or about.model) and not body.errors:
        body.refuse("subject", "REQUIRED", "Name a subject, a system or a model.")
    return about


def read_reason(body: Body) -> str:
    return body.text("reason", required=True, longest=LONGEST_REASON)


def read_hold(value: object) -> tuple[About, str]:
    """A body of `POST /legal-holds`.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    about, reason = read_about(body, needs_subject=False), read_reason(body)
    body.finish()
    return about, reason


def read_lifting(value: object) -> str:
    """A body of `POST /legal-holds/{id}/lift`: the reason.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    reason = read_reason(body)
    body.finish()
    return reason
