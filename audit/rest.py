"""What every REST view shares: query parameters by allow-list, keyset pages, feed pages."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response

from audit.refusals import BadInput, FieldError
from audit.trail.actors import Actor

LARGEST_PAGE = 500
DEFAULT_PAGE = 100
LONGEST_WAIT = 30.0


def actor_of(request: HttpRequest | Request) -> Actor:
    """Who asks. Requests without anybody were turned away before; the type checker cannot know."""
    return cast(Actor, request.user)


def query_parameters(request: Request, allowed: Iterable[str]) -> dict[str, str]:
    """The query's parameters; only those on the list are taken.

    Raises:
        BadInput: an unknown parameter, one given twice, or a NUL in one.
    """
    names = set(allowed)
    errors = []
    for name, values in request.query_params.lists():
        if name not in names:
            known = ", ".join(sorted(names)) or "none"
            errors.append(
                FieldError(
                    f"/{name}", "UNKNOWN_PARAMETER", f"There is no parameter {name!r}; there are: {known}."
                )
            )
        elif len(values) > 1:
            errors.append(FieldError(f"/{name}", "REPEATED", f"Give {name} once."))
        elif "\x00" in values[0]:
            errors.append(FieldError(f"/{name}", "BAD_VALUE", "U+0000 cannot be part of a value."))
    if errors:
        raise BadInput(errors)
    return {name: str(request.query_params[name]) for name in request.query_params}


def limit_of(parameters: Mapping[str, str]) -> int:
    """`limit`: 1 to 500, by default 100."""
    text = parameters.get("limit", str(DEFAULT_PAGE))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= LARGEST_PAGE):
        raise BadInput(
            [FieldError("/limit", "BAD_VALUE", f"limit is a whole number from 1 to {LARGEST_PAGE}.")]
        )
    return int(text)


def wait_of(parameters: Mapping[str, str]) -> float:
    """`wait`: seconds, at most 30; a larger number means 30."""
    text = parameters.get("wait", "0")
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise BadInput([FieldError("/wait", "BAD_VALUE", "wait is a number of seconds from 0 to 30.")])
    return min(seconds, LONGEST_WAIT)


def boolean_of(parameters: Mapping[str, str], name: str) -> bool | None:
    """`true` or `false`; None when not given."""
    if name not in parameters:
        return None
    if parameters[name] not in {"true", "false"}:
        raise BadInput([FieldError(f"/{name}", "BAD_VALUE", f"{name} is true or false.")])
    return parameters[name] == "true"


def uuid_of(text: str, name: str) -> UUID:
    """An id.

    Raises:
        BadInput: it is none.
    """
    try:
        return UUID(text)
    except ValueError:
        raise BadInput([FieldError(f"/{name}", "BAD_VALUE", f"{name} is an id, a UUID.")]) from None


def keyset_page(
    rows: QuerySet[Any],
    parameters: Mapping[str, str],
    as_json: Callable[[Any], Any],
    *,
    newest_first: bool = True,
) -> Response:
    """A page of rows ordered by their UUIDv7 key, with the cursor of the next one."""
    limit = limit_of(parameters)
    if cursor := parameters.get("cursor"):
        last = _id_behind(cursor)
        rows = rows.filter(Q(pk__lt=last) if newest_first else Q(pk__gt=last))
    found = list(rows.order_by("-pk" if newest_first else "pk")[: limit + 1])
    following = _cursor_for(found[limit - 1].pk) if len(found) > limit else None
    return Response({"results": [as_json(row) for row in found[:limit]], "next": following})


def _cursor_for(id_: UUID) -> str:
    return base64.urlsafe_b64encode(id_.bytes).decode().rstrip("=")


def _id_behind(cursor: str) -> UUID:
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        raise BadInput(
            [FieldError("/cursor", "BAD_CURSOR", "This cursor is not of this list; begin without one.")]
        ) from None
