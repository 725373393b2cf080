"""Puts the portfolio before a new version of a pack: first what would change, then, if asked, keeps it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from audit.refusals import NotPermitted
from audit.trail.actors import Actor
from governance.risk import policies, selectors, services
from governance.risk.answers import read_answers
from governance.risk.drafting import carried_over
from governance.risk.engine import Classification, classify
from governance.risk.models import Assessment
from governance.risk.pack import Pack

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Change:
    """What a new version of the pack makes of an assessment."""

    assessment: Assessment
    class_: str
    lost: tuple[str, ...]
    """Questions whose answers are none in the new version."""
    missing: tuple[str, ...]
    """Questions that now decide and have no answer."""
    differs: tuple[str, ...]
    """Members of the result that change, and `obligations` if duties do; empty: nothing changes."""

    @property
    def changes_class(self) -> bool:
        return self.class_ != self.assessment.class_id


def changes(pack: Pack, *, on: dt.date) -> Iterator[Change]:
    """For every system whose assessment in force is of another version of the pack, what would change."""
    newest = (
        Assessment.objects.filter(pack=pack.name)
        .select_related("system")
        .order_by("system_id", "-number")
        .distinct("system_id")
    )
    for assessment in newest.iterator(chunk_size=AT_ONCE):
        if assessment.pack_version != pack.version:
            yield change_of(pack, assessment, on=on)


def change_of(pack: Pack, assessment: Assessment, *, on: dt.date) -> Change:
    """What the pack makes of the assessment's answers."""
    kept = carried_over(pack, assessment.answers)
    found = classify(pack, read_answers(pack, kept), on=on)
    return Change(
        assessment=assessment,
        class_=found.class_,
        lost=tuple(name for name in assessment.answers if name not in kept),
        missing=found.undetermined,
        differs=tuple(_differing(assessment, found)),
    )


def keep(*, pack: Pack, actor: Actor, on: dt.date, now: dt.datetime) -> list[Assessment]:
    """File an assessment, as `reclassified`, for every system for which something changes.

    Each in a transaction of its own, and asked again behind the system's lock, so it may be run again. A
    system for which nothing changes keeps its assessment, with whatever was set by hand on it.

    Raises:
        NotPermitted: `actor` is not responsible for risk everywhere.
    """
    if reason := policies.why_not_reclassify(actor):
        raise NotPermitted(reason)
    ids = [each.assessment.system_id for each in changes(pack, on=on) if each.differs]
    return [made for id_ in ids if (made := _keep_one(id_, pack=pack, actor=actor, on=on, now=now))]


@transaction.atomic
def _keep_one(
    system_id: UUID, *, pack: Pack, actor: Actor, on: dt.date, now: dt.datetime
) -> Assessment | None:
    system = services.lock_system(system_id)
    newest = selectors.newest_of(system_id, pack.name)
    if newest is None or newest.pack_version == pack.version:
        return None
    return services.file(
        system=system,
        actor=actor,
        pack=pack,
        answers=carried_over(pack, newest.answers),
        on=on,
        now=now,
        parent=newest,
        kind="reclassified",
    )


def _differing(assessment: Assessment, found: Classification) -> Iterator[str]:
    before: dict[str, Any] = assessment.result
    for name, value in found.result.items():
        if name != "unanswered" and before.get(name) != value:
            yield name
    if _duties(assessment.outcome["obligations"]) != _duties(found.as_json()["obligations"]):
        yield "obligations"


def _duties(obligations: list[dict[str, Any]]) -> set[tuple[str, ...]]:
    """What is owed by whom and from when; whether it applies today is no difference."""
    return {(each["article"], each["who"], each["applies_from"] or "", each["duty"]) for each in obligations}
