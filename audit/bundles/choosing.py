"""Which events go into a bundle: the filter and the sample, as SQL over the index columns.

The offline verifier looks at the bytes again, so a column that says something else is found there.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

from audit.trail.kinds import ROUTED
from audit.verifier import ALWAYS, ERASED, RESTARTED, SAMPLE

POPULATIONS: Final[Mapping[str, Sequence[str]]] = {
    "decisions": ("reviews.review.cannot_tell", "reviews.review.judged"),
    "approvals": ("approvals.request.rejected", "approvals.request.signed", "approvals.waiver.approved"),
    "grants": ("access.key.created", "access.role.granted", "approvals.delegation.given"),
    "predictions": (ROUTED,),
}
"""What can be sampled, by the word that is asked with."""

Things = Iterable[tuple[str, UUID]]
subjects: list[Callable[[str], Things]] = []
"""Filled by wings above: the entities (type, id) that are about a data subject."""

CONDITIONS: Final = """
    (%(from)s::timestamptz IS NULL OR e.at >= %(from)s::timestamptz)
    AND (%(to)s::timestamptz IS NULL OR e.at < %(to)s::timestamptz)
    AND (%(system)s::uuid IS NULL OR e.system_id = %(system)s::uuid)
    AND (%(things)s::text[] IS NULL OR e.entity_type || ':' || e.entity_id = ANY(%(things)s::text[]))
    AND (%(kinds)s::text[] IS NULL OR e.kind = ANY(%(kinds)s::text[]))
"""

_SAMPLE: Final = f"""
SELECT n FROM audit_position AS p JOIN audit_event AS e ON e.seq = p.ref
WHERE p.feed = 1 AND n <= %(upto)s AND {CONDITIONS}
ORDER BY sha256(convert_to('{SAMPLE}' || chr(10) || %(seed)s || chr(10) || n, 'UTF8')), n
LIMIT %(size)s
"""
_ALWAYS: Final = """
SELECT n FROM audit_position AS p JOIN audit_event AS e ON e.seq = p.ref
WHERE p.feed = 1 AND n <= %(upto)s AND e.kind = ANY(%(always)s)
  AND (%(system)s::uuid IS NULL OR e.kind <> %(erased)s OR e.system_id = %(system)s::uuid)
"""
_IN_TILE: Final = f"""
SELECT n, e.body FROM audit_position AS p JOIN audit_event AS e ON e.seq = p.ref
WHERE p.feed = 1 AND n > %(after)s AND n <= %(upto)s AND (n = ANY(%(always)s::bigint[])
    OR (%(picked)s::bigint[] IS NULL AND {CONDITIONS}) OR n = ANY(%(picked)s::bigint[]))
ORDER BY n
"""


class Choice:
    """What goes along, once the subject is known and the sample drawn."""

    def __init__(self, filter_: Mapping[str, Any], *, subject: str | None, upto: int, request: int | None):
        sample = filter_["sample"]
        self._parameters = {
            "from": _moment(filter_["from"]),
            "to": _moment(filter_["to"]),
            "system": filter_["system"],
            "things": None if subject is None else _things(subject),
            "kinds": None if sample is None else list(sample["kinds"]),
        }
        self._always = _always(self._parameters["system"], upto) + ([] if request is None else [request])
        self._picked = None if sample is None else self._drawn(sample, upto)

    def in_tile(self, after: int, upto: int) -> list[tuple[int, bytes]]:
        """(position, bytes) of those among positions after + 1 to `upto`."""
        bounds = {"after": after, "upto": upto, "always": self._always, "picked": self._picked}
        with connection.cursor() as cursor:
            cursor.execute(_IN_TILE, self._parameters | bounds)
            return [(n, bytes(body)) for n, body in cursor.fetchall()]

    @property
    def picked(self) -> list[int]:
        """The positions of the sample, in the order in which they were drawn."""
        return list(self._picked or ())

    def _drawn(self, sample: Mapping[str, Any], upto: int) -> list[int]:
        wanted = {"seed": sample["seed"], "size": sample["size"], "upto": upto}
        with connection.cursor() as cursor:
            cursor.execute(_SAMPLE, self._parameters | wanted)
            return [n for (n,) in cursor.fetchall()]


def _always(system: str | None, upto: int) -> list[int]:
    """What a reader needs besides: what was erased, which keys sign receipts, and how logs go on."""
    kinds = [*ALWAYS, RESTARTED]
    wanted: dict[str, Any] = {"upto": upto, "always": kinds, "erased": ERASED, "system": system}
    with connection.cursor() as cursor:
        cursor.execute(_ALWAYS, wanted)
        return [n for (n,) in cursor.fetchall()]


def _things(subject: str) -> list[str]:
    return sorted({f"{kind}:{id_}" for source in subjects for kind, id_ in source(subject)})


def _moment(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
