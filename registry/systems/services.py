"""Everything that changes an AI system."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from registry.systems import policies, selectors
from registry.systems.errors import SlugTaken
from registry.systems.models import AISystem

Attendant = Callable[[AISystem, Actor, dt.datetime], None]

attendants: list[Attendant] = []
"""What higher wings make together with every system, in the same transaction; filled at start-up."""

PLAIN = ("name", "shares_payloads")


@transaction.atomic
def register(
    *,
    actor: Actor,
    slug: str,
    name: str,
    purpose: str = "",
    owners: Mapping[str, str | None] | None = None,
    now: dt.datetime,
) -> AISystem:
    """Make an AI system known. `owners` maps `business_sponsor` and so on to e-mail addresses.

    Raises:
        NotPermitted: `actor` may not register systems.
        SlugTaken: the slug is in use.
        BadInput: an owner has no account here.
    """
    if reason := policies.why_not_register(actor):
        raise NotPermitted(reason)
    system = AISystem(slug=slug, name=name, purpose=purpose, created_by=actor.audit_ref, created_at=now)
    named = _people(owners or {})
    for title, person in named.items():
        setattr(system, title, person)
    details = {"slug": slug, "name": name, "owners": _refs(named)}
    if purpose:
        details["purpose_commitment"] = trail.commit_to(entity=system, name="purpose", value=purpose)
    _record_new(system, actor=actor, details=details, now=now)
    for attend in attendants:
        attend(system, actor, now)
    return system


@transaction.atomic
def change(*, system_id: Any, actor: Actor, changes: Mapping[str, Any], now: dt.datetime) -> AISystem:
    """Change what is said about a system: `name`, `purpose`, `shares_payloads`, `owners` (those given).

    Raises:
        NotPermitted: `actor` may not change this system.
        BadInput: an owner has no account here, or everything stands as asked already.
    """
    if unknown := changes.keys() - {*PLAIN, "purpose", "owners"}:
        raise ValueError(unknown)
    system = _lock(system_id)
    if reason := policies.why_not_change(actor, system):
        raise NotPermitted(reason)

    details: dict[str, Any] = {}
    for name in PLAIN:
        if name in changes and getattr(system, name) != changes[name]:
            details[name] = changes[name]
            setattr(system, name, changes[name])
    if "purpose" in changes and system.purpose != changes["purpose"]:
        system.purpose = changes["purpose"]
        details["purpose_commitment"] = trail.commit_to(entity=system, name="purpose", value=system.purpose)
    named = {
        title: person
        for title, person in _people(changes.get("owners", {})).items()
        if getattr(system, f"{title}_id") != (person.pk if person else None)
    }
    for title, person in named.items():
        setattr(system, title, person)
    if named:
        details["owners"] = _refs(named)
    if not details:
        raise BadInput([FieldError("", "NOTHING_TO_CHANGE", "Everything stands as asked already.")])
    trail.record(kind="registry.system.changed", actor=actor, entity=system, details=details, now=now)
    return system


def _lock(system_id: Any) -> AISystem:
    """Load a system so that nobody else can change it before we commit."""
    return AISystem.objects.select_for_update(of=["self"], no_key=True).get(pk=system_id)


def _record_new(system: AISystem, *, actor: Actor, details: Mapping[str, Any], now: dt.datetime) -> None:
    if AISystem.objects.filter(slug=system.slug).exists():
        raise SlugTaken(f"There is an AI system {system.slug!r} already.")
    try:
        with transaction.atomic():
            trail.record(
                kind="registry.system.registered", actor=actor, entity=system, details=details, now=now
            )
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        # Somebody registered the same slug between the look above and now.
        raise SlugTaken(f"There is an AI system {system.slug!r} already.") from error


def _people(owners: Mapping[str, str | None]) -> dict[str, Any]:
    """The persons behind the addresses; None where an owner is to be taken off."""
    named: dict[str, Any] = {}
    errors = []
    for title, email in owners.items():
        if title not in selectors.OWNERS:
            raise ValueError(title)
        named[title] = selectors.person_with(email) if email else None
        if email and named[title] is None:
            detail = "Nobody with an active account here has this address."
            errors.append(FieldError(f"/owners/{title}", "UNKNOWN_PERSON", detail))
    if errors:
        raise BadInput(errors)
    return named


def _refs(named: Mapping[str, Any]) -> dict[str, str | None]:
    return {title: person.audit_ref if person else None for title, person in named.items()}
