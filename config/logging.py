"""Logs: JSON, one object per line, with the request's id; never a payload.

Exceptions are logged as types, places and SQL states. Their messages are left out unless they are
known to hold nothing of what a client sent: PostgreSQL quotes whole rows, `float()` its argument.
"""

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

import orjson
import structlog
from django.core.exceptions import ImproperlyConfigured
from structlog.typing import EventDict, WrappedLogger

SPEAKABLE = (OSError, ImproperlyConfigured, ImportError)
"""Exceptions whose messages come from the machine, not from a client."""

LONGEST_TRACE = 30


def set_up(level: str) -> None:
    """Send structlog and the standard library's loggers through one formatter to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        describe_exception,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, as_line],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Its warnings repeat, with the path, what the request's own line says.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    # Four lines for every task of the clock, which has one each second.
    for chatty in ("celery.beat", "celery.worker.strategy", "celery.app.trace", "psycopg.pool", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def as_line(logger: WrappedLogger, name: str, event: EventDict) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def describe_exception(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by what may be told of it."""
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    if isinstance(exc_info, BaseException):
        event["exception"] = described(exc_info)
    elif isinstance(exc_info, tuple) and exc_info[1] is not None:
        event["exception"] = described(exc_info[1])
    return event


def described(error: BaseException) -> list[dict[str, Any]]:
    """An exception and what caused it, the last one first, without what a client sent."""
    told: list[dict[str, Any]] = []
    current: BaseException | None = error
    while current is not None and len(told) < 5:
        entry: dict[str, Any] = {"type": f"{type(current).__module__}.{type(current).__qualname__}"}
        if isinstance(current, SPEAKABLE):
            entry["message"] = str(current)
        if state := getattr(current, "sqlstate", None):
            entry["sqlstate"] = state
            entry["constraint"] = getattr(getattr(current, "diag", None), "constraint_name", None)
        entry["frames"] = _frames(current.__traceback__)
        told.append(entry)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return told


def _frames(trace: TracebackType | None) -> list[str]:
    summary = traceback.extract_tb(trace)[-LONGEST_TRACE:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in summary]
