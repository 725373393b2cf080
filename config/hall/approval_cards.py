"""Cards of the home page about approvals: what waits for my signature, and what ends soon."""

import datetime as dt
from collections.abc import Iterator

from config.hall.addresses import address
from config.hall.home import Card
from governance.access.models import Person
from governance.access.roles import ADD_EVIDENCE, REQUEST_APPROVAL
from governance.approvals import inbox, selectors
from governance.approvals.deciding_view import title_of
from governance.approvals.states import State
from governance.delegations.models import Delegation

MOST = 3
SOON = dt.timedelta(days=30)


def to_sign(person: Person, now: dt.datetime) -> Iterator[Card]:
    """Requests that wait for my signature."""
    if (
        not person.rights.allow_somewhere(ADD_EVIDENCE)
        and not Delegation.objects.filter(taker=person).exists()
    ):
        return
    waiting = inbox.waiting_for(person, now=now, most=20)
    for request in waiting[:MOST]:
        late = request.stage_due_at is not None and request.stage_due_at < now
        yield Card(
            title=f"Sign {title_of(request)}",
            text="Due",
            at=request.stage_due_at,
            url=address("page-approval", request.pk),
            link="Look and sign",
            urgency="bad" if late else "accent",
        )
    if len(waiting) > MOST:
        yield Card(
            title="More wait for your signature",
            number=len(waiting),
            text="requests in all.",
            url=address("page-approvals"),
            link="See all",
            urgency="accent",
        )


def of_mine(person: Person, now: dt.datetime) -> Iterator[Card]:
    """Requests of my systems that came back to me, and approvals that end soon."""
    if not person.rights.allow_somewhere(REQUEST_APPROVAL):
        return
    mine = selectors.requests_for(person)
    for request in mine.filter(state=State.CHANGES_REQUESTED).order_by("-pk")[:MOST]:
        yield Card(
            title=f"Changes are asked for: {title_of(request)}",
            text="It waits to be submitted again.",
            url=address("page-approval", request.pk),
            link="See what",
            urgency="warn",
        )
    ending = mine.filter(state=State.APPROVED, expires_at__gt=now, expires_at__lte=now + SOON)
    for request in ending.order_by("expires_at")[:MOST]:
        yield Card(
            title=f"The approval of {title_of(request)} ends",
            at=request.expires_at,
            url=address("page-approval", request.pk),
            link="Ask for another",
            urgency="warn",
        )


ALL = (to_sign, of_mine)
