"""`manage.py service_key`: service keys from the command line."""

import datetime as dt
from typing import Any, ClassVar

from django.core.management.base import CommandParser
from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.access import credentials, selectors
from governance.access.commands import ActCommand
from governance.access.models import ServiceKey
from governance.access.roles import PERMISSIONS_BY_KEY_SCOPE
from registry.systems.models import AISystem


class Command(ActCommand):
    help = "Service keys: make, list, rotate, revoke."
    acts: ClassVar = ("create", "list", "rotate", "revoke")

    def arguments_of_create(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="says who uses it")
        parser.add_argument(
            "--scope",
            required=True,
            action="append",
            metavar="S",
            help=f"may be given several times; one of {', '.join(sorted(PERMISSIONS_BY_KEY_SCOPE))}",
        )
        parser.add_argument("--system", metavar="SLUG", action="append", default=[], help="only there")
        parser.add_argument("--environment", metavar="SLUG", action="append", default=[], help="only there")
        parser.add_argument("--owner", metavar="EMAIL", help="the person who answers for it")
        parser.add_argument("--days", type=int, metavar="N", help="it expires after so many days")

    def do_create(
        self,
        *,
        name: str,
        scope: list[str],
        system: list[str],
        environment: list[str],
        owner: str | None,
        days: int | None,
        **_: Any,
    ) -> None:
        """Make a service key; it alone goes to stdout."""
        now = timezone.now()
        key, text = credentials.create_key(
            name=name,
            scopes=scope,
            actor=OPERATOR,
            now=now,
            system_ids=[selectors.system_id_of(slug) for slug in system],
            environments=environment,
            owner=selectors.person_by_email(owner) if owner else None,
            expires_at=now + dt.timedelta(days=days) if days else None,
        )
        self.say(f"Service key {key.name!r} ({key.prefix}) with {', '.join(key.scopes)}, shown this once:")
        self.give(text)

    def arguments_of_list(self, parser: CommandParser) -> None:
        """Takes nothing."""

    def do_list(self, **_: Any) -> None:
        """All service keys."""
        now = timezone.now()
        slugs = dict(AISystem.objects.values_list("id", "slug"))
        rows = [
            (
                key.prefix,
                key.name,
                _state(key, now),
                ",".join(key.scopes),
                ",".join(slugs[id_] for id_ in key.system_ids if id_ in slugs) or "all systems",
                key.owner.email if key.owner else "-",
                key.last_used_at.isoformat(timespec="seconds") if key.last_used_at else "never used",
            )
            for key in selectors.service_keys()
        ]
        self.table(("PREFIX", "NAME", "STATE", "SCOPES", "SYSTEMS", "OWNER", "LAST USED"), rows)

    def arguments_of_rotate(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="name, prefix or id")
        parser.add_argument(
            "--overlap-hours", type=int, default=24, metavar="N", help="the old secret works so long (24)"
        )

    def do_rotate(self, *, name: str, overlap_hours: int, **_: Any) -> None:
        """Make the successor of a key; the old one works for a while. The new key alone goes to stdout."""
        now = timezone.now()
        old = selectors.key_named(name, now=now)
        new, text = credentials.rotate_key(
            key_id=old.pk, actor=OPERATOR, now=now, overlap=dt.timedelta(hours=max(overlap_hours, 0))
        )
        self.say(f"{old.prefix} works for {overlap_hours} h more; {new.prefix} takes over, shown this once:")
        self.give(text)

    def arguments_of_revoke(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="name, prefix or id")

    def do_revoke(self, *, name: str, **_: Any) -> None:
        """End a key at once."""
        now = timezone.now()
        key = credentials.revoke_key(key_id=selectors.key_named(name, now=now).pk, actor=OPERATOR, now=now)
        self.say(f"Service key {key.name!r} ({key.prefix}) is revoked.")


def _state(key: ServiceKey, now: dt.datetime) -> str:
    if key.is_live(now=now):
        return "until " + key.revoked_at.isoformat(timespec="minutes") if key.revoked_at else "active"
    return "revoked" if key.revoked_at and key.revoked_at <= now else "expired"
