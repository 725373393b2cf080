"""The OpenAPI document: every route of the interface, each as its table describes it.

Written from tables rather than from serializers: what goes over the wire is read and written by hand, for
speed and against hostile input. A test holds that no route is missing here.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from config.hall.interface import (
    approving,
    auditing,
    classifying,
    erasing,
    governing,
    judging,
    registering,
    releasing,
    reviewing,
)
from config.hall.interface.building import ACTING, READING, Operation, Schema, ref
from config.hall.interface.components import components
from config.hall.routes import Route, routes
from config.version import VERSION

OPERATIONS = {
    **registering.OPERATIONS, **releasing.OPERATIONS, **classifying.OPERATIONS,
    **approving.OPERATIONS, **governing.OPERATIONS, **reviewing.OPERATIONS, **judging.OPERATIONS,
    **auditing.OPERATIONS,
    **erasing.OPERATIONS,
}  # fmt: skip

ABOUT = """\
Refusals are `application/problem+json` (RFC 9457); `type` leads to a page that explains the code. POSTs \
accept `Idempotency-Key`: the same body again is answered the same again with `Idempotency-Replayed: true`. \
What lies outside everything a caller holds answers 404 exactly as if it were missing."""

REFUSALS = {
    401: "Nobody is known to ask",
    403: "The caller may not",
    404: "Not there, or not the caller's to know",
    409: "Nobody may now: state, lease or idempotency",
    410: "It was deleted; its record stays",
    413: "The body is too large",
    415: "The media type is not taken here",
    422: "Something has to be corrected; `errors` says what",
    429: "Too many requests; `Retry-After` says how long to wait",
    503: "Not right now; `Retry-After` says when",
}
SUCCESSES = {
    200: "Done", 201: "Made; `Location` is its address", 202: "Goes on", 204: "Done, nothing to say",
    206: "Part of the file", 304: "As it was", 416: "The file is shorter than that",
}  # fmt: skip
IDS = {"uuid": {"type": "string", "format": "uuid"}, "int": {"type": "integer"}, "str": {"type": "string"}}


@cache
def document() -> dict[str, Any]:
    """The whole document; the same for everybody, so made once."""
    paths: dict[str, dict[str, Any]] = {}
    for route in described():
        address = re.sub(r"<\w+:(\w+)>", r"{\1}", "/" + route.path)
        for method in route.methods:
            operation = OPERATIONS[route.name, method]
            paths.setdefault(address, {})[method.lower()] = _operation(route, method, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Countersign", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"session": []}],
        "tags": [{"name": name} for name in dict.fromkeys(each.tag for each in OPERATIONS.values())],
        "paths": paths,
        "components": components(),
    }


def described() -> Iterable[Route]:
    """The routes of the interface."""
    return (route for route in routes() if route.prefix)


def _operation(route: Route, method: str, operation: Operation) -> dict[str, Any]:
    needs = "" if operation.is_open else f"Needs {operation.needs}."
    found: dict[str, Any] = {
        "operationId": f"{route.name.replace('-', '_')}_{method.lower()}",
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": " ".join(filter(None, [operation.text, needs])),
        "responses": _responses(operation, method),
    }
    if parameters := [*_in_path(route), *_in_query(operation), *_in_headers(method)]:
        found["parameters"] = parameters
    if operation.body is not None:
        found["requestBody"] = {"required": True, "content": _content(operation)}
    if operation.is_open:
        found["security"] = []
    return found


def _content(operation: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": operation.body}}
    if operation.lines is not None:
        lines = "One JSON object per line, each like the body of a single POST."
        content["application/x-ndjson"] = {"schema": {"type": "string", "description": lines}}
    return content


def _responses(operation: Operation, method: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, schema in operation.answers.items():
        found[str(status)] = {"description": SUCCESSES[status]} | _answered(operation, status, schema)
    usual = READING if method == "GET" else ACTING
    for status in usual if operation.refusals is None else operation.refusals:
        problem = {"application/problem+json": {"schema": ref("Problem")}}
        found[str(status)] = {"description": REFUSALS[status], "content": problem}
    return found


def _answered(operation: Operation, status: int, schema: Schema | None) -> dict[str, Any]:
    if schema is None:
        return {}
    if operation.file:
        return {
            "content": {"*/*": {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}}
        }
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if operation.lines is not None and status == 200:
        content["application/x-ndjson"] = {
            "schema": {"type": "string", "description": "One `Line` per line."}
        }
    return {"content": content}


def _in_path(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": IDS[kind]}
        for kind, name in re.findall(r"<(\w+):(\w+)>", route.path)
    ]


def _in_query(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name.rstrip("*"),
            "in": "query",
            "required": name.endswith("*"),
            "schema": schema,
            **({"description": words} if words else {}),
        }
        for name, (schema, words) in operation.query.items()
    ]


def _in_headers(method: str) -> list[dict[str, Any]]:
    if method != "POST":
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 200}
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}]
