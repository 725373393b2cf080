"""How the log is doing: sizes, ages, and what is late; for the health page, the log's page and metrics."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Max

from audit.log import anchors, authority, selectors, stamping
from audit.log.authority import Authority
from audit.log.errors import CannotSign
from audit.log.models import Anchor, Checkpoint, Log, SignerState
from audit.log.witnesses import Witness, configured

LATE_CHECKPOINT: Final = dt.timedelta(minutes=11)
LATE_ANCHOR: Final = dt.timedelta(minutes=12)
LATE_WITNESS: Final = dt.timedelta(minutes=15)
LATE_STAMP: Final = dt.timedelta(minutes=30)
"""After the time at which the next stamp was due."""
LATE_SIGNER: Final = dt.timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere outside the database that has seen the log, and when it last did."""

    kind: str
    name: str
    size: int
    at: dt.datetime | None
    trouble: str = ""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The current log at one moment."""

    log: int
    origin: str
    size: int
    integrated_at: dt.datetime | None
    checkpoint: Checkpoint | None
    places: list[Place]
    signer_seen_at: dt.datetime | None
    refusal: str
    """Why the signer does not sign; empty while it does."""
    warnings: list[str] = field(default_factory=list)
    """What is late or wrong, each a sentence for people."""


def standing(now: dt.datetime) -> Standing:
    """Look at the log and at all that has seen it."""
    log, state = selectors.current(), SignerState.objects.filter(id=1).first()
    newest = selectors.newest_checkpoint(log)
    troubles = state.witnesses if state else {}
    refusal, seen_at = (state.refusal, state.seen_at) if state else ("", None)
    warnings, named, stamps = [], list[Witness](), None
    try:
        named = configured()
    except CannotSign as error:
        warnings.append(str(error))
    try:
        stamps = authority.configured()
    except CannotSign as error:
        warnings.append(str(error))
    places = _places(log, newest, named, stamps, troubles, now=now)
    if refusal:
        warnings.append(f"the signer refuses: {refusal}")
    elif seen_at is None or now - seen_at > LATE_SIGNER:
        warnings.append("the signer of the audit log does not run")
    if log.size and now - (newest.signed_at if newest else log.started_at) > LATE_CHECKPOINT:
        warnings.append("the last checkpoint of the audit log is older than ten minutes")
    warnings += [_of_late(place) for place in places if place.is_late]
    return Standing(
        log=log.number,
        origin=log.origin,
        size=log.size,
        integrated_at=log.integrated_at,
        checkpoint=newest,
        places=places,
        signer_seen_at=seen_at,
        refusal=refusal,
        warnings=warnings,
    )


def _of_late(place: Place) -> str:
    did = "stamped" if place.kind == Anchor.TIMESTAMP else "seen"
    said = f"{place.name} has not {did} the audit log for long"
    return f"{said}: {place.trouble}" if place.trouble else said


def _places(
    log: Log,
    newest: Checkpoint | None,
    named: list[Witness],
    stamps: Authority | None,
    troubles: dict[str, str],
    *,
    now: dt.datetime,
) -> list[Place]:
    rows = (
        Anchor.objects.filter(log=log.number).values("kind", "place").annotate(at=Max("at"), size=Max("size"))
    )
    seen = {(row["kind"], row["place"]): row for row in rows}
    wanted = [(Anchor.FILE, anchors.place().name, LATE_ANCHOR)]
    wanted += [(Anchor.WITNESS, witness.verifier.name, LATE_WITNESS) for witness in named]
    wanted += [(Anchor.TIMESTAMP, stamps.name, stamping.pause() + LATE_STAMP)] if stamps else []
    found = []
    for kind, name, late in wanted:
        row = seen.get((kind, name))
        at, size = (row["at"], row["size"]) if row else (None, 0)
        is_late = now - (at or log.started_at) > late
        if kind == Anchor.TIMESTAMP:  # nobody stamps what was stamped already
            is_late = is_late and newest is not None and newest.size > size
        found.append(Place(kind, name, size, at, troubles.get(name, ""), is_late))
    return found
