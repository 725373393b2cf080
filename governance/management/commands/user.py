"""`manage.py user`: accounts, roles and tokens from the command line."""

import os
from typing import Any, ClassVar

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.access import credentials, secrets, selectors, services
from governance.access.commands import ActCommand, add_scope_arguments, scope_of
from governance.access.roles import Role

PASSWORD = "COUNTERSIGN_PASSWORD"  # noqa: S105 - the name of a variable


class Command(ActCommand):
    help = "Accounts: make, give and take roles, deactivate, set a password, make a token."
    acts: ClassVar = ("create", "grant", "revoke", "deactivate", "password", "token", "list")

    def arguments_of_create(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument(
            "--role", required=True, action="append", choices=Role.values, help="may be given several times"
        )
        parser.add_argument("--name", default="", help="default: the address before the @")
        _add_must_change(parser)
        add_scope_arguments(parser)

    @transaction.atomic
    def do_create(
        self,
        *,
        email: str,
        role: list[str],
        name: str,
        must_change: bool,
        system: str | None,
        queue: str | None,
        **_: Any,
    ) -> None:
        """Open an account with a role. Password: COUNTERSIGN_PASSWORD, else generated and printed."""
        now = timezone.now()
        scope = scope_of(system=system, queue=queue)
        password, generated = _password()
        person = services.create_person(
            email=email, name=name, password=password, actor=OPERATOR, now=now, must_change=must_change
        )
        for each in role:
            services.grant(person_id=person.pk, role=Role(each), scope_id=scope.pk, actor=OPERATOR, now=now)
        self.say(f"{person.email} is {' and '.join(role)} ({scope.label}).")
        if generated:
            self.say("The password, shown this once:")
            self.give(password)

    def arguments_of_grant(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("role", metavar="ROLE", choices=Role.values)
        add_scope_arguments(parser)

    def do_grant(self, *, email: str, role: str, system: str | None, queue: str | None, **_: Any) -> None:
        """Give somebody a role."""
        person, scope = selectors.person_by_email(email), scope_of(system=system, queue=queue)
        services.grant(
            person_id=person.pk, role=Role(role), scope_id=scope.pk, actor=OPERATOR, now=timezone.now()
        )
        self.say(f"{person.email} is {role} ({scope.label}).")

    arguments_of_revoke = arguments_of_grant

    def do_revoke(self, *, email: str, role: str, system: str | None, queue: str | None, **_: Any) -> None:
        """Take a role from somebody."""
        person, scope = selectors.person_by_email(email), scope_of(system=system, queue=queue)
        services.revoke(
            person_id=person.pk, role=Role(role), scope_id=scope.pk, actor=OPERATOR, now=timezone.now()
        )
        self.say(f"{person.email} is no longer {role} ({scope.label}).")

    def arguments_of_deactivate(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")

    def do_deactivate(self, *, email: str, **_: Any) -> None:
        """Close an account: its sessions, tokens and roles end at once."""
        person = selectors.person_by_email(email)
        services.deactivate(person_id=person.pk, actor=OPERATOR, now=timezone.now())
        self.say(f"{person.email} is deactivated.")

    def arguments_of_password(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        _add_must_change(parser)

    def do_password(self, *, email: str, must_change: bool, **_: Any) -> None:
        """Set a password: COUNTERSIGN_PASSWORD, else generated and printed. Their sessions end."""
        person = selectors.person_by_email(email)
        password, generated = _password()
        services.set_password(
            person_id=person.pk,
            password=password,
            actor=OPERATOR,
            now=timezone.now(),
            must_change=must_change,
        )
        self.say(f"The password of {person.email} is set." + (" Shown this once:" if generated else ""))
        if generated:
            self.give(password)

    def arguments_of_token(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--name", default="command line", help="what the token is for; its owner sees it")

    def do_token(self, *, email: str, name: str, **_: Any) -> None:
        """Make a personal token; it alone goes to stdout."""
        person = selectors.person_by_email(email)
        token, text = credentials.create_token(
            person_id=person.pk, name=name, actor=OPERATOR, now=timezone.now()
        )
        self.say(f"Acts as {person.email}, who sees it as {token.name!r} in their profile; shown this once:")
        self.give(text)

    def arguments_of_list(self, parser: CommandParser) -> None:
        """Takes nothing."""

    def do_list(self, **_: Any) -> None:
        """Everybody with their roles."""
        rows = []
        for person in selectors.people():
            held = [each for each in person.assignments.all() if each.revoked_at is None]
            roles = ", ".join(sorted(f"{each.role} ({each.scope.label})" for each in held))
            rows.append((person.email, person.name, "active" if person.is_active else "deactivated", roles))
        self.table(("E-MAIL", "NAME", "STATE", "ROLES"), rows)


def _add_must_change(parser: CommandParser) -> None:
    parser.add_argument("--must-change", action="store_true", help="has to be changed at the next sign-in")


def _password() -> tuple[str, bool]:
    """The password of the environment, else a fresh one; and whether it is fresh."""
    if given := os.environ.get(PASSWORD, ""):
        return given, False
    return secrets.fresh_password(), True
