"""What needs a person now, by role. Rooms add their own by appending to `cards`."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from governance.access.models import Person

URGENCY = ("bad", "warn", "accent", "quiet")
"""Most urgent first: late, soon late, to be done, good to know."""


@dataclass(frozen=True, slots=True)
class Card:
    """One thing that needs the person, or may: a number, a sentence, and where to act."""

    title: str
    text: str = ""
    number: int | None = None
    url: str = ""
    link: str = ""
    urgency: str = "quiet"
    at: dt.datetime | None = None
    """A moment that matters, such as when a lease ends."""


CardMaker = Callable[[Person, dt.datetime], Iterable[Card]]

cards: list[CardMaker] = []
"""Each is asked for everybody and answers nothing for those whom it does not concern."""


def what_needs(person: Person, *, now: dt.datetime) -> list[Card]:
    """Everything that needs this person now, most urgent first."""
    found = [card for make in cards for card in make(person, now)]
    return sorted(found, key=lambda card: URGENCY.index(card.urgency))
