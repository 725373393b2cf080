"""The life of a review item, as data. `leased` is seen from outside but not stored: leases lie on slots."""

from collections.abc import Mapping

from django.db import models


class State(models.TextChoices):
    WAITING = "waiting", "waiting"
    HELD = "held", "held"
    SNOOZED = "snoozed", "snoozed"
    ADJUDICATION = "adjudication", "adjudication"
    DECIDED = "decided", "decided"
    CANCELLED = "cancelled", "cancelled"
    EXPIRED = "expired", "expired"


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.WAITING: frozenset(
        {State.HELD, State.SNOOZED, State.ADJUDICATION, State.DECIDED, State.CANCELLED, State.EXPIRED}
    ),
    State.HELD: frozenset({State.WAITING, State.DECIDED, State.CANCELLED}),
    State.SNOOZED: frozenset({State.WAITING, State.CANCELLED, State.EXPIRED}),
    State.ADJUDICATION: frozenset({State.HELD, State.DECIDED, State.CANCELLED}),
    State.DECIDED: frozenset({State.WAITING}),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset({State.WAITING}),
}
OPEN = frozenset({State.WAITING, State.HELD, State.SNOOZED, State.ADJUDICATION})
LEASED = "leased"
"""What a waiting item is called from outside while somebody holds a live lease on it."""


class Verdict(models.TextChoices):
    ANSWER = "answer", "answer"
    CANNOT_TELL = "cannot_tell", "cannot tell"


class PassedOver(models.TextChoices):
    """Why an item is kept from a person."""

    JUDGED = "judged", "judged it already"
    CANNOT_TELL = "cannot_tell", "could not tell"
    ESCALATED = "escalated", "escalated it"
    SKIPPED = "skipped", "skipped it"
