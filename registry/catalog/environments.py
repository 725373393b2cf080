"""Everything that changes an environment: where versions can be live, and how strict its gate is."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import transaction

from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from registry.catalog.epoch import raise_epoch
from registry.catalog.models import Environment
from registry.systems.errors import SlugTaken
from registry.systems.policies import why_not_change_environments

CHANGEABLE: Final = ("kind", "mode", "regions", "enforce_at_intake")


@transaction.atomic
def create(
    *,
    actor: Actor,
    slug: str,
    kind: str,
    mode: str = "block",
    regions: Sequence[str] = (),
    enforce_at_intake: bool = False,
    now: dt.datetime,
) -> Environment:
    """Make an environment. Its slug is its name for good.

    Raises:
        NotPermitted: `actor` may not change environments.
        SlugTaken: there is one of that slug.
    """
    if reason := why_not_change_environments(actor):
        raise NotPermitted(reason)
    # Whoever raises the epoch has the catalogue to themselves, so the look below stays true.
    raise_epoch()
    if Environment.objects.filter(slug=slug).exists():
        raise SlugTaken(f"There is an environment {slug!r} already.")
    environment = Environment(
        slug=slug, kind=kind, mode=mode, regions=list(regions), enforce_at_intake=enforce_at_intake
    )
    details = {"slug": slug, **{name: getattr(environment, name) for name in CHANGEABLE}}
    trail.record(
        kind="registry.environment.created", actor=actor, entity=environment, details=details, now=now
    )
    return environment


@transaction.atomic
def change(*, slug: str, actor: Actor, changes: Mapping[str, Any], now: dt.datetime) -> Environment:
    """Change an environment: any of `kind`, `mode`, `regions`, `enforce_at_intake`. It holds at once.

    Raises:
        NotPermitted: `actor` may not change environments.
        BadInput: everything stands as asked already.
    """
    if unknown := changes.keys() - set(CHANGEABLE):
        raise ValueError(unknown)
    environment = Environment.objects.select_for_update().get(slug=slug)
    if reason := why_not_change_environments(actor):
        raise NotPermitted(reason)
    different = differing(environment, changes)
    if not different:
        raise BadInput([FieldError("", "NOTHING_TO_CHANGE", "Everything stands as asked already.")])
    details = {"slug": slug, **different, "before": {name: getattr(environment, name) for name in different}}
    for name, value in different.items():
        setattr(environment, name, value)
    raise_epoch()
    trail.record(
        kind="registry.environment.changed", actor=actor, entity=environment, details=details, now=now
    )
    return environment


def differing(environment: Environment, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the changes that would change something."""
    return {name: value for name, value in changes.items() if getattr(environment, name) != value}
