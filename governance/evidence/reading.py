"""Bodies of requests about evidence."""

import base64
import binascii
import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Final

from registry.systems.body import Body

ITEM: Final = r"[a-z0-9]+(?:[-_.][a-z0-9]+)*"
ITEM_WORDS: Final = "An item is lower-case letters and digits, joined by - _ or a dot."
LARGEST_FILE: Final = 25 * 1024 * 1024
DIGEST: Final = r"[0-9a-f]{64}"


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """What is said about one revision. A file has `content`, or `uri` and `sha256` if it lies elsewhere."""

    item: str
    title: str
    kind: str
    filename: str = ""
    content: bytes | None = None
    uri: str = ""
    sha256: str = ""
    size: int = 0
    metric: dict[str, Any] | None = None
    duties: list[str] = field(default_factory=list)
    valid_until: dt.datetime | None = None
    owner: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What evidence is about, by names: a system, or a model, or one version of it."""

    system: str
    model: str
    version: str


def read_evidence(value: object) -> tuple[About, NewEvidence]:
    """A body of `POST /evidence`.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    about = About(*(body.text(name, longest=100) for name in ("system", "model", "version")))
    if not about.system and not about.model:
        body.refuse(
            "model", "REQUIRED", "Say what it is about: a system, a model, or a model and its version."
        )
    if about.version and not about.model:
        body.refuse("version", "BAD_VALUE", "A version needs its model.")
    metric = body.structure("metric", dict) if body.given("metric") else None
    content = _content(body)
    found = NewEvidence(
        item=body.text("item", required=True, longest=100, pattern=ITEM, looks_like=ITEM_WORDS),
        title=body.text("title", required=True),
        kind="metric" if metric is not None else "file",
        filename=body.text("filename", longest=300),
        content=content,
        uri=body.text("uri", longest=2_000),
        sha256=body.text("sha256", pattern=DIGEST, looks_like="sha256 is 64 lower-case hexadecimal digits."),
        size=body.whole_number("size", least=0, most=2**63 - 1) if body.given("size") else 0,
        metric=metric,
        duties=_duties(body),
        valid_until=read_time(body, "valid_until"),
        owner=body.text("owner", longest=254),
        note=body.text("note", longest=10_000),
    )
    _check(body, found)
    body.finish()
    return about, found


def read_time(body: Body, name: str, *, required: bool = False) -> dt.datetime | None:
    """A moment in RFC 3339 with its zone, or None."""
    text = body.text(name, required=required, longest=40)
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.utcoffset() is None:
            raise ValueError(text)
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        body.refuse(name, "BAD_VALUE", f"{name} is a time such as 2027-01-31T12:00:00Z.")
        return None


def _check(body: Body, found: NewEvidence) -> None:
    if found.kind == "metric":
        if found.content is not None or found.uri or found.filename:
            body.refuse("metric", "BAD_VALUE", "Give a metric or a file, not both.")
        return
    if not found.filename:
        body.refuse("filename", "REQUIRED", "A file has a name.")
    if found.content is None and not (found.uri and found.sha256):
        body.refuse("content", "REQUIRED", "Give the file in base64, or its uri and sha256, or a metric.")


def _content(body: Body) -> bytes | None:
    if not body.given("content"):
        return None
    text = body.text("content", longest=LARGEST_FILE * 2)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        body.refuse("content", "BAD_VALUE", "content is the file in base64.")
        return None


def _duties(body: Body) -> list[str]:
    said = body.structure("duties", list)
    if any(not isinstance(each, str) or not 1 <= len(each) <= 100 for each in said) or len(said) > 50:
        body.refuse("duties", "BAD_VALUE", "duties is an array of at most 50 short texts.")
        return []
    return list(said)
