"""What can be done about one prediction, and why not: the sentences of its page's buttons."""

import datetime as dt

from governance.access.models import Person
from governance.access.roles import ADJUDICATE, FLAG_PREDICTION, VIEW_EVENTS, VIEW_PAYLOAD, VIEW_REVIEWERS
from reviews.intake import selectors as intake
from reviews.intake.errors import PredictionErased
from reviews.intake.models import Status
from reviews.intake.services import CANNOT_FLAG
from reviews.intake.standing import Standing
from reviews.queue import policies as queue
from reviews.queue.errors import AlreadyOpen
from reviews.queue.models import ReviewItem
from reviews.queue.states import OPEN, State


def why_not_see_payload(person: Person, standing: Standing) -> str | None:
    """Input, output and answers are for those who work with them."""
    if not intake.sees_payload(person, standing):
        return "Your role shows you what happened to this prediction, not what was in it."
    if standing.body is None:
        return "What was posted has been erased. What happened to the prediction stays."
    return None


def why_not_see_answers(person: Person, standing: Standing) -> str | None:
    """Whoever is still to judge must not be led by what others said."""
    if not intake.sees_payload(person, standing):
        return "Your role shows you that people answered, not what."
    if not person.has_perm(VIEW_PAYLOAD, standing) and intake.is_to_review(person, standing):
        return (
            "You may be asked to review this, so what others answered is hidden from you until it is decided."
        )
    return None


def sees_names(person: Person, standing: Standing, item: ReviewItem | None) -> bool:
    """Reviewers' names: by role, and for an adjudicator on what they decided; pseudonyms for the others."""
    if person.has_perm(VIEW_REVIEWERS, standing):
        return True
    decided = item is not None and item.state not in OPEN and item.decided_by_id == person.pk
    return decided and person.has_perm(ADJUDICATE, standing)


def sees_events(person: Person, standing: Standing) -> bool:
    """The audit events themselves, rather than the plain history."""
    return person.has_perm(VIEW_EVENTS, standing)


def why_not_flag(person: Person, standing: Standing, item: ReviewItem | None) -> str | None:
    """An outcome can be disputed once there is one and nobody looks at it yet."""
    if not person.has_perm(FLAG_PREDICTION, item or standing):
        return CANNOT_FLAG
    if standing.status != Status.FINAL:
        return f"This prediction is {standing.status}; there is no outcome to dispute."
    if item is not None and item.state in OPEN:
        return str(AlreadyOpen())
    return str(PredictionErased()) if standing.body is None else None


def why_not_reopen(person: Person, item: ReviewItem | None, *, now: dt.datetime) -> str | None:
    """A decided review can be asked again."""
    if item is None:
        return "People never reviewed this prediction. Dispute its outcome instead."
    return queue.why_not_reopen(person, item, now=now)


def why_not_take(person: Person, item: ReviewItem) -> str | None:
    """Whether the workbench would give this review to the person now; leases are judged when they take it."""
    if item.state == State.HELD:
        return "Somebody has just decided this review and may still take it back."
    if item.state not in {State.WAITING, State.SNOOZED}:
        return f"This review is {item.get_state_display()}."
    assigned = set(item.slots.values_list("assigned_to_id", flat=True))
    elsewhere = None if not assigned or {None, person.pk} & assigned else assigned.pop()
    return queue.why_not_take(person, item, assigned_to=elsewhere)
