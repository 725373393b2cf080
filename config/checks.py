"""What a set-up for others must have said before it serves them."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from audit.log import authority
from audit.log.errors import CannotSign

SHORTEST_SECRET = 50


def insecurities() -> list[str]:
    """Why this set-up may not serve, each with the variable's name. None for children of `manage.py up`."""
    if settings.UNDER_UP:
        return []
    found = []
    if len(settings.SECRET_KEY) < SHORTEST_SECRET or len(set(settings.SECRET_KEY)) < 10:
        found.append(
            f"SECRET_KEY is missing or weak: at least {SHORTEST_SECRET} random characters are needed."
        )
    hosts = settings.ALLOWED_HOSTS
    if not settings.HOSTS_NAMED or "*" in hosts:
        found.append("ALLOWED_HOSTS does not name the hosts under which Countersign is reached.")
    if not settings.TLS:
        found.append("TLS does not say who ends TLS: proxy, direct or off.")
    elif settings.TLS == "off" and not set(hosts) <= set(settings.LOOPBACK):
        found.append(
            "TLS is off, but ALLOWED_HOSTS names more than loopback: passwords would travel in the clear."
        )
    if not settings.EXTERNAL_DATABASE:
        found.append("DATABASE_URL is not set.")
    return found


def refuse_insecure() -> None:
    """Stop a web process that would serve others insecurely.

    Raises:
        ImproperlyConfigured: names the variables.
    """
    if settings.PROCESS == "web" and (found := insecurities()):
        raise ImproperlyConfigured("Countersign does not start like this. " + " ".join(found))


@register(Tags.security, deploy=True)
def check_set_up(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """The same for `manage.py check --deploy`."""
    return [Error(text, id=f"config.E{number:03d}") for number, text in enumerate(insecurities(), start=1)]


@register()
def check_time_stamps(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """Whether an authority that the settings name can be used."""
    try:
        if authority.configured() is not None:
            authority.roots()
    except CannotSign as error:
        return [Error(f"{error}.", id="audit.E001")]
    return []
