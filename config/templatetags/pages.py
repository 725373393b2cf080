"""How pages write times, states and structures; the only place that turns a state into a colour."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from django import template
from django.utils import timezone

register = template.Library()

MOST_SAID = 20
GOOD, WARN, BAD, ACTIVE, QUIET = "good", "warn", "bad", "accent", "quiet"

# A state that is missing here is shown quietly, by its own word.
TONES: Mapping[str, str] = MappingProxyType(
    {
        "accept": GOOD,
        "active": GOOD,
        "adjudication": WARN,
        "approved": GOOD,
        "available": GOOD,
        "cancelled": QUIET,
        "confirmed": GOOD,
        "changed": ACTIVE,
        "changes_requested": WARN,
        "decided": GOOD,
        "done": GOOD,
        "draft": QUIET,
        "due_soon": WARN,
        "escalated": WARN,
        "exempt": ACTIVE,
        "expired": BAD,
        "failed": BAD,
        "final": GOOD,
        "held": ACTIVE,
        "high_risk": WARN,
        "leased": ACTIVE,
        "missing": BAD,
        "not_high_risk": GOOD,
        "ok": GOOD,
        "open": ACTIVE,
        "overdue": BAD,
        "pending": ACTIVE,
        "prohibited": BAD,
        "proposed": ACTIVE,
        "published": GOOD,
        "purged": QUIET,
        "queued": QUIET,
        "refused": BAD,
        "rejected": BAD,
        "retired": QUIET,
        "review": ACTIVE,
        "revoked": BAD,
        "running": ACTIVE,
        "snoozed": QUIET,
        "stale": BAD,
        "superseded": QUIET,
        "suspended": BAD,
        "tier_1": WARN,
        "tier_2": ACTIVE,
        "undecided": WARN,
        "undetermined": WARN,
        "valid": GOOD,
        "waiting": QUIET,
        "warning": WARN,
        "withdrawn": QUIET,
    }
)


@register.filter
def tone(state: object) -> str:
    """The tone of a state: good, warn, bad, accent or quiet."""
    return TONES.get(str(state), QUIET)


@register.filter
def words(name: object) -> str:
    """A machine name as words: `due_soon` becomes "due soon"."""
    return str(name).replace("_", " ").strip()


@register.filter
def said(value: object) -> str:
    """A value of an event's details in words: lists and members in a row, the first twenty of many."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _row(f"{words(name)} {said(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return _row(said(each) for each in value)
    return "none" if value is None else str(value)


def _row(found: Iterable[str]) -> str:
    shown = list(found)
    more = len(shown) - MOST_SAID
    return ", ".join(shown[:MOST_SAID]) + (f" and {more:,} more" if more > 0 else "")


@register.filter
def ago(moment: dt.datetime | None) -> str:
    """A moment as people say it: "4 min ago", "in 52 min", "18 Nov 14:02" once days lie between."""
    if moment is None:
        return ""
    seconds = (moment - timezone.now()).total_seconds()
    if abs(seconds) < 45:
        return "just now" if seconds <= 0 else "in a moment"
    if abs(seconds) < 86_400:
        span = _span(abs(seconds))
        return f"in {span}" if seconds > 0 else f"{span} ago"
    local = timezone.localtime(moment)
    this_year = local.year == timezone.localtime(timezone.now()).year
    return f"{local.day} {local:%b %H:%M}" if this_year else f"{local.day} {local:%b %Y}"


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{max(minutes, 1)} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h" if hours >= 6 or rest == 0 else f"{hours} h {rest} min"


@register.filter
def exact(moment: dt.datetime | None) -> str:
    """The exact time in the person's own zone, with its name."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y, %H:%M:%S} {timezone.get_current_timezone_name()}"


@register.filter
def stamp(moment: dt.datetime | None) -> str:
    """The machine-readable form for `<time datetime>`, in UTC."""
    return "" if moment is None else moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


@register.filter
def clock(seconds: float | None) -> str:
    """A number of seconds as `4:32`."""
    whole = max(0, int(seconds or 0))
    return f"{whole // 60}:{whole % 60:02d}"


@register.filter
def pretty_json(value: object) -> str:
    """A value as indented JSON; templates escape it like any other text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


@register.filter
def short_digest(digest: object) -> str:
    """A long digest by its two ends, `4be0…91c7`; the whole belongs in the title."""
    text = str(digest)
    return text if len(text) <= 12 else f"{text[:4]}…{text[-4:]}"
