"""Reads the bodies of the judging API."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from audit.refusals import BadInput, FieldError
from registry.systems.body import Body
from registry.systems.models import SLUG_PATTERN
from reviews.intake.content import stored_text
from reviews.judging.submission import Submission
from reviews.labels.diff import ABSENT
from reviews.queue.releasing import LONGEST_REASON

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_TOKENS: Final = 2**63 - 1
_SUBMISSION: Final = frozenset(
    {"token", "submission_id", "verdict", "output", "reasons", "comment", "hold_seconds"}
)
MOST_HELD: Final = 100


def read_submission(sent: object, *, or_else: Callable[[], object]) -> Submission:
    """A judgement's envelope. Whether its content fits is for later, after rights and lease.

    `or_else` is called before anything is refused: whoever has no right here is told that, and no more.

    Raises:
        BadInput: token or submission_id are not what they should be.
    """
    members = sent if isinstance(sent, dict) else {}
    errors = []
    if not isinstance(sent, dict):
        errors.append(FieldError("", "WRONG_TYPE", "A JSON object is needed here."))
    token = members.get("token")
    if isinstance(token, bool) or not isinstance(token, int) or not 0 <= token <= _TOKENS:
        errors.append(FieldError("/token", "REQUIRED", "token is the whole number that the claim gave."))
    submission_id = _uuid(members.get("submission_id"))
    if submission_id is None:
        errors.append(FieldError("/submission_id", "REQUIRED", "submission_id is a UUID of your making."))
    if errors:
        or_else()
        raise BadInput(errors)
    assert submission_id is not None
    assert isinstance(token, int)
    return Submission(
        submission_id=submission_id,
        token=token,
        output=members.get("output", ABSENT),
        verdict=members.get("verdict", "answer"),
        reasons=members.get("reasons", []),
        comment=members.get("comment", ""),
        hold_seconds=members.get("hold_seconds", 0),
        unknown=tuple(sorted(members.keys() - _SUBMISSION)),
    )


def read_submission_id(sent: object) -> UUID:
    """`{"submission_id"}`"""
    body = Body(sent)
    text = body.text("submission_id", required=True)
    found = _uuid(text)
    if text and found is None:
        body.refuse("submission_id", "BAD_VALUE", "submission_id is a UUID.")
    body.finish()
    assert found is not None
    return found


def read_release(sent: object) -> dict[str, Any]:
    """`{"token", "reason"?, "snooze_until"?}`"""
    body = Body(sent)
    token = body.whole_number("token", least=0, most=_TOKENS, required=True)
    reason = body.text("reason", longest=LONGEST_REASON).strip()
    until = _time(body, "snooze_until")
    body.finish()
    return {"token": token, "reason": reason, "snooze_until": until}


def read_token(sent: object) -> int:
    """`{"token"}`"""
    body = Body(sent)
    token = body.whole_number("token", least=0, most=_TOKENS, required=True)
    body.finish()
    return token


def read_token_and_reason(sent: object) -> dict[str, Any]:
    """`{"token", "reason"}`"""
    body = Body(sent)
    token = body.whole_number("token", least=0, most=_TOKENS, required=True)
    reason = body.text("reason", required=True, longest=LONGEST_REASON).strip()
    body.finish()
    return {"token": token, "reason": reason}


def read_reason(sent: object, *, required: bool) -> str:
    """`{"reason"}`"""
    body = Body(sent)
    reason = body.text("reason", required=required, longest=LONGEST_REASON).strip()
    body.finish()
    return reason


def read_draft(sent: object) -> dict[str, Any]:
    """`{"token", "draft"}`: the draft is any JSON, and is kept as text."""
    body = Body(sent)
    token = body.whole_number("token", least=0, most=_TOKENS, required=True)
    if not body.has("draft"):
        body.refuse("draft", "REQUIRED", "draft is needed; it may be any JSON.")
    body.finish()
    assert isinstance(sent, dict)
    return {"token": token, "body": stored_text(sent["draft"])}


def read_assignment(sent: object) -> tuple[str | None, str]:
    """`{"person"|null, "reason"}`: a person by id or e-mail address."""
    body = Body(sent)
    if not body.has("person"):
        body.refuse("person", "REQUIRED", "person is an id or e-mail address, or null for nobody.")
    person = body.text("person", longest=254) if body.given("person") else None
    reason = body.text("reason", longest=LONGEST_REASON).strip()
    body.finish()
    return person, reason


def read_claim(sent: object, *, with_queues: bool = False) -> tuple[list[str] | None, list[UUID]]:
    """`{"queues"?: [slugs], "hold"?: [review ids]}`; None: all my queues."""
    body = Body(sent)
    queues = _texts(body, "queues") if with_queues and body.given("queues") else None
    hold = []
    for place, text in enumerate(_texts(body, "hold")):
        if found := _uuid(text):
            hold.append(found)
        else:
            body.errors.append(FieldError(f"/hold/{place}", "BAD_VALUE", "hold names reviews by id."))
    body.finish()
    return queues, hold


def read_queue(sent: object) -> dict[str, str]:
    """`{"slug", "name", "system"}`"""
    body = Body(sent)
    looks_like = "A slug is lower-case letters and digits, joined by single -, _ or dots."
    read = {
        "slug": body.text("slug", required=True, longest=100, pattern=SLUG_PATTERN, looks_like=looks_like),
        "name": body.text("name", required=True),
        "system": body.text("system", required=True, longest=100),
    }
    body.finish()
    return read


def _texts(body: Body, name: str) -> list[str]:
    values = body.structure(name, list)
    if len(values) > MOST_HELD or not all(isinstance(value, str) for value in values):
        body.refuse(name, "BAD_VALUE", f"{name} is an array of at most {MOST_HELD} strings.")
        return []
    return list(values)


def _time(body: Body, name: str) -> dt.datetime | None:
    text = body.text(name)
    if not text:
        return None
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        return dt.datetime.fromisoformat(text.upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        body.refuse(name, "BAD_VALUE", f"{name} is a time like 2026-11-20T10:00:00Z.")
        return None


def _uuid(value: object) -> UUID | None:
    if not isinstance(value, str):
        return None
    try:
        return UUID(value)
    except ValueError:
        return None
