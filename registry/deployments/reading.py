"""What is posted and asked about deployments: pure."""

import datetime as dt
from collections.abc import Mapping

from audit.refusals import BadInput, FieldError
from registry.systems.body import Body


def read_deployment(value: object) -> dict[str, str]:
    """A body of `POST /deployments`: `model`, `version`, `environment`.

    Raises:
        BadInput: with all errors.
    """
    return _texts(value, ("model", "version", "environment"))


def read_rollback(value: object) -> dict[str, str]:
    """A body of `POST /deployments/rollback`: `model`, `environment`.

    Raises:
        BadInput: with all errors.
    """
    return _texts(value, ("model", "environment"))


def moment_of(parameters: Mapping[str, str], name: str) -> dt.datetime | None:
    """A time as in RFC 3339; None when not given.

    Raises:
        BadInput: it is none, or has no zone.
    """
    if name not in parameters:
        return None
    try:
        moment = dt.datetime.fromisoformat(parameters[name].strip().replace(" ", "+").upper())
        return moment.astimezone(dt.UTC) if moment.tzinfo else _no_time(name)
    except (ValueError, OverflowError):
        return _no_time(name)


def _no_time(name: str) -> dt.datetime:
    detail = f"{name} is a time as in RFC 3339, with its zone."
    raise BadInput([FieldError(f"/{name}", "BAD_VALUE", detail)])


def _texts(value: object, names: tuple[str, ...]) -> dict[str, str]:
    body = Body(value)
    found = {name: body.text(name, required=True) for name in names}
    body.finish()
    return found
