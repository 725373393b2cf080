"""Which systems the portfolio shows."""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Q, QuerySet

from registry.portfolio import hooks
from registry.systems.models import AISystem
from registry.systems.reading import OWNER_TITLES
from registry.systems.selectors import systems_for

GAPS: Final = (("missing", "somebody is missing"), ("left", "somebody has left"))


def portfolio_of(actor: Any, wanted: Mapping[str, str]) -> QuerySet[AISystem]:
    """The systems in reach. `wanted`: `owner` (part of a name or address), `gap` (see `GAPS`), `class`."""
    found = systems_for(actor).order_by("slug")
    if owner := wanted.get("owner", ""):
        found = found.filter(_any_owner(name__icontains=owner) | _any_owner(email__icontains=owner))
    if wanted.get("gap") == "missing":
        found = found.filter(_any_owner(isnull=True))
    elif wanted.get("gap") == "left":
        found = found.filter(_any_owner(is_active=False))
    if (risk := wanted.get("class", "")) in dict(hooks.classes) and hooks.narrow is not None:
        found = hooks.narrow(found, risk)
    return found


def _any_owner(**said: Any) -> Q:
    ((what, value),) = said.items()
    either = Q()
    for title in OWNER_TITLES:
        either |= Q(**{f"{title}__{what}": value})
    return either
