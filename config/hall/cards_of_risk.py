"""The cards of the home page about how systems are classified."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from django.db.models import Exists, OuterRef

from config.hall.addresses import address
from config.hall.home import Card
from governance.access.models import Person
from governance.access.roles import CHANGE_SYSTEM, DECIDE_RISK
from governance.risk.models import Assessment, AssessmentDraft, Override
from governance.risk.selectors import LAW
from governance.risk.states import OverrideKind
from registry.systems.selectors import systems_for

MOST_OF_A_KIND: Final = 3
EXPIRES_SOON: Final = dt.timedelta(days=30)


def risk_to_decide(person: Person, now: dt.datetime) -> Iterator[Card]:
    """Lighter classes and exemptions that somebody else proposed where I am responsible for risk."""
    if not person.rights.allow_somewhere(DECIDE_RISK):
        return
    waiting = Override.objects.open().exclude(proposer=person).select_related("system", "assessment")
    if (mine := person.rights.systems_with(DECIDE_RISK)) is not None:
        waiting = waiting.filter(system__in=mine)
    for found in waiting.order_by("proposed_at")[:MOST_OF_A_KIND]:
        yield Card(
            title=f"{found.system.name}: another risk class is proposed",
            text="Waiting for a second person since",
            at=found.proposed_at,
            url=address("page-risk-assessment", found.system.slug, found.assessment.number),
            link="Decide it",
            urgency="accent",
        )


def risk_to_answer(person: Person, now: dt.datetime) -> Iterator[Card]:
    """Questionnaires that are mine to go on with, and systems of mine that nobody has classified."""
    drafts = AssessmentDraft.objects.filter(holder=person).select_related("system")
    for draft in drafts.order_by("-changed_at")[:MOST_OF_A_KIND]:
        yield Card(
            title=f"Risk questions of {draft.system.name}",
            text="Yours to answer; last change",
            at=draft.changed_at,
            url=address("page-risk-answer", draft.system.slug, draft.pack),
            link="Go on",
            urgency="accent",
        )
    if not person.rights.allow_somewhere(CHANGE_SYSTEM):
        return
    classified = Assessment.objects.filter(system=OuterRef("pk"), pack=LAW)
    begun = AssessmentDraft.objects.filter(system=OuterRef("pk"), pack=LAW)
    unknown = systems_for(person, CHANGE_SYSTEM).exclude(Exists(classified)).exclude(Exists(begun))
    for system in unknown.order_by("slug")[:MOST_OF_A_KIND]:
        yield Card(
            title=f"{system.name} is not classified",
            text="Nothing of it can be approved before its risk questions are answered.",
            url=address("page-risk", system.slug),
            link="Answer them",
            urgency="warn",
        )


def overrides_ending(person: Person, now: dt.datetime) -> Iterator[Card]:
    """Lighter classes of my systems that end soon."""
    if not person.rights.allow_somewhere(CHANGE_SYSTEM):
        return
    day = now.date()
    ending = Override.objects.in_force(on=day).filter(
        system__in=systems_for(person, CHANGE_SYSTEM), expires_on__lte=day + EXPIRES_SOON
    )
    lighter = ending.exclude(kind=OverrideKind.UPWARD).select_related("system", "assessment")
    for found in lighter.order_by("expires_on")[:MOST_OF_A_KIND]:
        yield Card(
            title=f"{found.system.name} stands lighter until {found.expires_on:%d %b %Y}",
            text="Afterwards it stands as its assessment says.",
            url=address("page-risk-assessment", found.system.slug, found.assessment.number),
            link="See it",
            urgency="warn",
        )


ALL = (risk_to_decide, risk_to_answer, overrides_ending)
