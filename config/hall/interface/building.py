"""How one operation of the interface is written down, and the pieces it is written with. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
ID: Schema = {"type": "string", "format": "uuid"}
TIME: Schema = {"type": "string", "format": "date-time"}
ANYTHING: Schema = {}
OBJECT: Schema = {"type": "object"}
DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
SLUG: Schema = {"type": "string", "pattern": "^[a-z0-9]+(?:[-_.][a-z0-9]+)*$", "maxLength": 100}


def ref(name: str) -> Schema:
    """A schema of `components.py`, by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def thing(required: str = "", /, **members: Schema) -> Schema:
    """An object of an answer; more members may come in later releases. `required`: names, or `all`."""
    names = list(members) if required == "all" else required.split()
    return {"type": "object", "properties": members} | ({"required": names} if names else {})


def body(required: str = "", /, **members: Schema) -> Schema:
    """An object of a request: members that are not named here are refused."""
    return {**thing(required, **members), "additionalProperties": False}


def page_of(schema: Schema) -> Schema:
    """A keyset page."""
    return thing("all", results=many(schema), next=maybe(TEXT))


def feed_of(schema: Schema) -> Schema:
    """A page of a feed."""
    return thing("all", results=many(schema), cursor=TEXT)


@dataclass(frozen=True, slots=True)
class Operation:
    """One address and method, as a reader needs it."""

    tag: str
    summary: str
    needs: str
    """Scope or role, in words."""
    answers: Mapping[int, Schema | None]
    """By status; None is an answer without a body."""
    text: str = ""
    query: Mapping[str, tuple[Schema, str]] = field(default_factory=dict)
    """Schema and words by name; a name with `*` at its end is required."""
    body: Schema | None = None
    lines: Schema | None = None
    """What one line of `application/x-ndjson` is, where it is taken, too."""
    file: bool = False
    """Answers the bytes of a file instead of JSON."""
    refusals: tuple[int, ...] | None = None
    """Without it those of reading or of acting, by method."""
    is_open: bool = False
    """Anybody may ask."""


PAGES: Mapping[str, tuple[Schema, str]] = {
    "cursor": (TEXT, "`next` of the page before"),
    "limit": ({"type": "integer", "minimum": 1, "maximum": 500, "default": 100}, "at most so many"),
}
FILE: Mapping[str, tuple[Schema, str]] = {
    "format": (one_of("json", "csv"), "csv: the whole list as text/csv, without `cursor` and `limit`"),
}
FEEDS: Mapping[str, tuple[Schema, str]] = {
    "after": (TEXT, "`cursor` of the page before; without it from the beginning"),
    "limit": PAGES["limit"],
    "wait": ({"type": "number", "minimum": 0, "maximum": 30}, "seconds to wait for something new"),
}
WAIT: Mapping[str, tuple[Schema, str]] = {
    "wait": ({"type": "number", "minimum": 0, "maximum": 30}, "seconds to wait until it is not pending"),
}
ACTING = (401, 403, 404, 409, 413, 415, 422, 429, 503)
"""Refusals of what changes something."""
READING = (401, 403, 404, 422, 429, 503)
