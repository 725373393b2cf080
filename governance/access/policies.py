"""Who may change people, roles and keys, and why not."""

import datetime as dt

from audit.trail.actors import Actor
from governance.access.models import Person, PersonalToken, ServiceKey
from governance.access.roles import MANAGE_KEYS, MANAGE_PEOPLE, VIEW_PEOPLE


def why_not_view_people(actor: Actor) -> str | None:
    """Who has an account and which role is for administrators and for those who check."""
    if not actor.has_perm(VIEW_PEOPLE):
        return "Only an administrator, an auditor or a compliance officer can see who has an account."
    return None


def why_not_manage_people(actor: Actor) -> str | None:
    """Accounts are an administrator's work."""
    if not actor.has_perm(MANAGE_PEOPLE):
        return "Only an administrator can change accounts."
    return None


def why_not_grant(actor: Actor, person: Person) -> str | None:
    """Nobody gives, widens or restores a role of their own."""
    if reason := why_not_manage_people(actor):
        return reason
    if isinstance(actor, Person) and actor.pk == person.pk:
        return "Nobody changes their own roles. Ask another administrator."
    if not person.is_active:
        return "This account is deactivated."
    return None


def why_not_revoke(actor: Actor, person: Person) -> str | None:
    """A role may be taken from anybody but oneself, also from deactivated accounts."""
    if reason := why_not_manage_people(actor):
        return reason
    if isinstance(actor, Person) and actor.pk == person.pk:
        return "Nobody changes their own roles. Ask another administrator."
    return None


def why_not_deactivate(actor: Actor, person: Person) -> str | None:
    """Locking oneself out is somebody else's decision."""
    if reason := why_not_manage_people(actor):
        return reason
    if isinstance(actor, Person) and actor.pk == person.pk:
        return "You cannot deactivate your own account. Ask another administrator."
    return None


def why_not_reset_password(actor: Actor, person: Person) -> str | None:
    """One's own password is changed where the old one is asked for."""
    if reason := why_not_manage_people(actor):
        return reason
    if isinstance(actor, Person) and actor.pk == person.pk:
        return "Change your own password in your profile."
    if not person.is_active:
        return "This account is deactivated."
    return None


def why_not_set_group(actor: Actor, person: Person) -> str | None:
    """Who is independent of whom is never said by the person concerned."""
    if reason := why_not_manage_people(actor):
        return reason
    if isinstance(actor, Person) and actor.pk == person.pk:
        return "Nobody sets their own independence group. Ask another administrator."
    return None


def why_not_view_keys(actor: Actor) -> str | None:
    """Their names, scopes and use; nobody sees a secret."""
    if not actor.has_perm(VIEW_PEOPLE):
        return "Only an administrator, an auditor or a compliance officer can see the service keys."
    return None


def why_not_manage_keys(actor: Actor) -> str | None:
    """Service keys are an administrator's work."""
    if not actor.has_perm(MANAGE_KEYS):
        return "Only an administrator can make, rotate or revoke service keys."
    return None


def why_not_rotate_key(actor: Actor, key: ServiceKey) -> str | None:
    """A key has one successor."""
    if reason := why_not_manage_keys(actor):
        return reason
    if key.revoked_at is not None:
        return "This key was revoked or rotated already; rotate its successor."
    return None


def why_not_revoke_key(actor: Actor, key: ServiceKey, *, now: dt.datetime) -> str | None:
    """What has ended cannot end again; an overlap can be cut short."""
    if reason := why_not_manage_keys(actor):
        return reason
    if key.revoked_at is not None and key.revoked_at <= now:
        return "This key was revoked already."
    return None


def why_not_revoke_token(actor: Actor, token: PersonalToken) -> str | None:
    """One's own tokens, or any as administrator."""
    if isinstance(actor, Person) and token.person_id == actor.pk:
        return None
    return why_not_manage_people(actor)
