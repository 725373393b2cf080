"""Named reads of what is known about the schema."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db import connection

from audit.fingerprint.models import Fingerprint
from audit.trail.models import Event

FINGERPRINTED: Final = "audit.schema.fingerprinted"
LATE: Final = dt.timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the page of the log and the health page say about the schema."""

    digest: str
    since: dt.datetime | None
    """When it became what it is."""
    last_event_at: dt.datetime | None
    """When the log last said so."""
    explanation: str
    changed: list[str]
    """What the last change changed, one line for each object."""

    @property
    def is_explained(self) -> bool:
        return bool(self.explanation)

    def is_late(self, now: dt.datetime) -> bool:
        return self.last_event_at is None or now - self.last_event_at > LATE


def newest() -> Fingerprint | None:
    """The last that was recorded."""
    return Fingerprint.objects.order_by("-seq").first()


def standing() -> Standing:
    """How the schema stands, without looking at it anew."""
    at = Event.objects.filter(kind=FINGERPRINTED).order_by("-seq").values_list("at", flat=True).first()
    last = Fingerprint.objects.order_by("-seq").defer("objects_by_part").first()
    if last is None:
        return Standing("", None, at, "", [])
    return Standing(last.digest, last.at, at, last.explanation, last.changed)


def migrations_since(at: dt.datetime | None) -> list[str]:
    """Migrations that were applied after `at`, or all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT app || '.' || name FROM django_migrations "
            "WHERE %(at)s::timestamptz IS NULL OR applied > %(at)s ORDER BY id",
            {"at": at},
        )
        return [name for (name,) in cursor.fetchall()]
