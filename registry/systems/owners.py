"""The three people who answer for a system: whether all are named, still here, and different where due."""

from typing import Any, Final

from registry.systems import hooks
from registry.systems.models import AISystem
from registry.systems.reasons import Reason

TITLES: Final = {
    "business_sponsor": "business sponsor",
    "product_owner": "AI product owner",
    "technical_lead": "technical lead",
}


def owners_of(system: AISystem) -> list[tuple[str, Any]]:
    """Each title with its person, or None."""
    return [(title, getattr(system, column)) for column, title in TITLES.items()]


def leavers(system: AISystem) -> list[tuple[str, Any]]:
    """Owners whose accounts are deactivated."""
    return [(title, person) for title, person in owners_of(system) if person and not person.is_active]


def three_people_due(system: AISystem) -> bool:
    """Whether the three owners have to be three different people."""
    return any(is_due(system) for is_due in hooks.high_risk)


def why_owners_incomplete(system: AISystem) -> list[Reason]:
    """What is missing before a version of the system can be submitted; empty: nothing."""
    missing = [
        Reason("OWNER_MISSING", f"No {title} is named.")
        for title, person in owners_of(system)
        if person is None
    ]
    left = [
        Reason("OWNER_LEFT", f"{person.name}, the {title}, has left; name somebody else.")
        for title, person in leavers(system)
    ]
    return missing + left + _same(system)


def _same(system: AISystem) -> list[Reason]:
    titles: dict[Any, list[str]] = {}
    for title, person in owners_of(system):
        if person is not None:
            titles.setdefault(person, []).append(title)
    doubled = {person: held for person, held in titles.items() if len(held) > 1}
    if not doubled or not three_people_due(system):
        return []
    return [
        Reason(
            "OWNERS_NOT_DIFFERENT",
            f"{person.name} is {' and '.join(held)}; a high-risk system needs three different people.",
        )
        for person, held in doubled.items()
    ]
