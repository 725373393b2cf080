"""What an export asks for, member by member: normalised, or refused."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from audit.canonical import canonical_bytes, utc_text
from audit.refusals import BadInput, FieldError, NotAvailableYet
from audit.trail import feeds
from audit.trail.models import Feed
from registry.systems.body import Body, fault_of_text
from reviews.exports.concealing import parse_pointer

FORMATS: Final = ("jsonl", "csv")
MOST_PARTS: Final = 10
MOST_VALUES: Final = 200
MOST_POINTERS: Final = 100
LARGEST: Final = 32 * 1024
"""Bytes of a request: it is kept in the event that says who asked for it."""
TOLERANCE: Final = 1e-6

CONTENT: Final = (
    "external_id", "input", "model_output", "label", "diff", "judgements", "confidence", "scores", "segment",
)  # fmt: skip
"""Members of a row that may hold something personal; the others are its lineage and stay."""

_PART = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class Asked(NamedTuple):
    """A request as read. `request` holds the contract's members with every default filled in."""

    model: str
    through: int | None
    request: dict[str, Any]


def read_request(value: object) -> Asked:
    """A body of `POST /exports`.

    Raises:
        BadInput: with all errors.
        NotAvailableYet: parquet, or a least agreement of reviewers.
    """
    body = Body(value)
    not_yet: list[FieldError] = []
    model = body.text("model", required=True, longest=100)
    format_ = _format(body, not_yet)
    through = _through(body)
    request = {
        "model": model,
        "format": format_,
        "filter": _filter(body.part("filter"), not_yet),
        "split": _split(body),
        "drop": _pointers(body, "drop"),
        "pseudonymise": _pointers(body, "pseudonymise"),
    }
    body.finish()
    if not_yet:
        raise NotAvailableYet(not_yet)
    if len(canonical_bytes(request)) > LARGEST:
        raise BadInput([FieldError("", "TOO_LARGE", f"A request has at most {LARGEST // 1024} KiB.")])
    return Asked(model, through, request)


def _format(body: Body, not_yet: list[FieldError]) -> str:
    format_ = body.text("format", required=True, longest=20)
    if format_ == "parquet":
        detail = "This release writes jsonl and csv; parquet comes later."
        not_yet.append(FieldError("/format", "NOT_AVAILABLE_YET", detail))
    elif format_ and format_ not in FORMATS:
        body.refuse("format", "BAD_VALUE", "format is jsonl or csv.")
    return format_


def _through(body: Body) -> int | None:
    """A position of the feed of labels; None means now."""
    text = body.text("through", longest=200)
    if not text:
        return None
    try:
        position = feeds.position_of(Feed.LABELS, text)
    except BadInput:
        body.refuse("through", "BAD_CURSOR", "through is a cursor that GET /labels gave.")
        return None
    if position > feeds.size(Feed.LABELS):
        body.refuse("through", "BAD_CURSOR", "This cursor lies behind the newest label.")
    return position


def _filter(part: Body, not_yet: list[FieldError]) -> dict[str, Any]:
    if part.given("min_agreement"):
        detail = "This release knows one reviewer per review, so there is no agreement to ask for yet."
        not_yet.append(FieldError("/filter/min_agreement", "NOT_AVAILABLE_YET", detail))
    after, before = _moment(part, "decided_after"), _moment(part, "decided_before")
    if after and before and after >= before:
        part.refuse("decided_before", "BAD_VALUE", "decided_before lies behind decided_after.")
    return {
        "decided_after": after,
        "decided_before": before,
        "versions": _strings(part, "versions"),
        "changed": part.boolean("changed") if part.given("changed") else None,
        "queues": _strings(part, "queues"),
        "classes": _strings(part, "classes"),
        "include_probes": part.boolean("include_probes"),
        "include_restricted": part.boolean("include_restricted"),
    }


def _moment(part: Body, name: str) -> str | None:
    text = part.text(name, longest=60)
    if not text:
        return None
    try:
        return utc_text(dt.datetime.fromisoformat(text))
    except (ValueError, OverflowError):  # no time, no zone, or before the year 1
        part.refuse(name, "BAD_VALUE", f"{name} is a time as in RFC 3339, with its zone.")
        return None


def _strings(part: Body, name: str) -> list[str] | None:
    """A set of strings, sorted; None where it is not given or empty, which filters nothing."""
    values = part.structure(name, list)
    if len(values) > MOST_VALUES:
        part.refuse(name, "TOO_LONG", f"{name} has at most {MOST_VALUES} entries.")
        return None
    for value in values:
        if not isinstance(value, str) or len(value) > 200 or fault_of_text(value):
            part.refuse(name, "BAD_VALUE", f"{name} is an array of strings of at most 200 characters.")
            return None
    return sorted(set(values)) or None


def _split(body: Body) -> dict[str, float] | None:
    """Shares by the name of the part, which is the name of its file."""
    shares: Mapping[str, Any] = body.structure("split", dict)
    if not shares:
        return None
    if len(shares) > MOST_PARTS:
        body.refuse("split", "TOO_LONG", f"split has at most {MOST_PARTS} parts.")
    for name, share in shares.items():
        if not _PART.fullmatch(name):
            body.refuse("split", "BAD_NAME", "A part is named by lower-case letters, digits, - and _.")
            return None
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
            body.refuse("split", "BAD_VALUE", "A share is a number above 0 and at most 1.")
            return None
    if abs(sum(shares.values()) - 1) > TOLERANCE:
        body.refuse("split", "BAD_SUM", "The shares of a split add up to 1.")
    return {name: float(shares[name]) for name in sorted(shares)}


def _pointers(body: Body, name: str) -> list[str]:
    values = body.structure(name, list)
    if len(values) > MOST_POINTERS:
        body.refuse(name, "TOO_LONG", f"{name} has at most {MOST_POINTERS} pointers.")
        return []
    for value in values:
        if fault := _fault_of(value):
            body.refuse(name, "BAD_POINTER", fault)
            return []
    return sorted(set(values))


def _fault_of(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > 500:
        return "A JSON pointer is needed, such as /input/name, of at most 500 characters."
    try:
        member = parse_pointer(value)[0]
    except ValueError as error:
        return str(error)
    if member not in CONTENT:
        return f"Only what may be personal can be concealed: {', '.join(CONTENT)}. The rest is lineage."
    return None
