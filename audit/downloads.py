"""Whole lists as CSV: the rows that a list shows by its filter, read page by page while they are sent."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from audit.canonical import utc_text
from audit.refusals import BadInput, FieldError
from audit.rest import keyset_page
from audit.spreadsheets import Cell, line, title_line
from audit.trail import services as trail
from audit.trail.actors import Actor

DOWNLOADED: Final = "audit.list.downloaded"
FORM: Final = "format"
AT_ONCE: Final = 500
"""Rows that are read together."""


def wants_csv(parameters: Mapping[str, str]) -> bool:
    """Whether `format=csv` is asked for.

    Raises:
        BadInput: it names another format.
    """
    form = parameters.get(FORM, "json")
    if form not in ("json", "csv"):
        raise BadInput([FieldError("/format", "BAD_VALUE", "format is json or csv.")])
    return form == "csv"


def page_or_csv(
    rows: QuerySet[Any],
    parameters: Mapping[str, str],
    as_json: Callable[[Any], Mapping[str, Any]],
    *,
    name: str,
    columns: Iterable[str],
    actor: Actor,
) -> HttpResponseBase:
    """A keyset page of a list, or by `format=csv` all of it; `columns` are the members of `as_json`.

    Raises:
        BadInput: an unknown format, or a page of a file.
    """
    if not wants_csv(parameters):
        return keyset_page(rows, parameters, as_json)
    if paged := [each for each in ("cursor", "limit") if each in parameters]:
        raise BadInput([FieldError(f"/{paged[0]}", "BAD_VALUE", "A file holds the whole list.")])
    found = (as_json(row) for row in newest_first(rows))
    return csv_of(found, columns, name=name, actor=actor, asked=parameters)


def csv_of(
    found: Iterable[Mapping[str, Any]],
    columns: Iterable[str],
    *,
    name: str,
    actor: Actor,
    asked: Mapping[str, str],
) -> StreamingHttpResponse:
    """A file with these rows. An event: a list leaves the building."""
    kept = {key: value for key, value in asked.items() if key != FORM and value}
    with transaction.atomic():
        trail.remark(
            kind=DOWNLOADED,
            actor=actor,
            entity_type="list",
            details={"list": name, "filter": kept},
            now=timezone.now(),
        )
    response = StreamingHttpResponse(_lines(found, tuple(columns)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def newest_first(rows: QuerySet[Any]) -> Iterator[Any]:
    """All rows by their UUIDv7 key, in reads of `AT_ONCE`: no cursor is held while a slow reader reads."""
    following = rows
    while found := list(following.order_by("-pk")[:AT_ONCE]):
        yield from found
        if len(found) < AT_ONCE:
            return
        following = rows.filter(pk__lt=found[-1].pk)


def _lines(found: Iterable[Mapping[str, Any]], columns: tuple[str, ...]) -> Iterator[str]:
    yield title_line(columns)
    for row in found:
        yield line({name: _cell(value) for name, value in row.items()}, columns)


def _cell(value: Any) -> Cell:
    """One value as a cell: times in UTC, what has members as JSON."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, dt.datetime):
        return utc_text(value)
    if isinstance(value, UUID | dt.date):
        return str(value)
    return orjson.dumps(value).decode()
