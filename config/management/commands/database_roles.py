"""Makes the database's roles, or prints the SQL for somebody who may."""

import secrets
from collections.abc import Mapping
from typing import Any

import dj_database_url
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.roles import roles_of
from config import environment, roles


class Command(BaseCommand):
    help = "Make a database (where it is missing), its roles, and their grants."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--print", action="store_true", help="print the SQL for psql instead of running it"
        )
        parser.add_argument("--database", help="default: the one of DATABASE_URL, else countersign")
        parser.add_argument(
            "--for-tests",
            action="store_true",
            help="let the migrator make databases and roles, as the suite does",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        urls = {login: dj_database_url.parse(url or "postgres:///") for login, url in _named().items()}
        database = options["database"] or urls["app"]["NAME"] or "countersign"
        names = roles_of(database)
        passwords = {login: self._password(getattr(names, login), url) for login, url in urls.items()}
        if options["print"]:
            self.stdout.write(roles.script(database, passwords, for_tests=options["for_tests"]))
            return
        admin = urls["migrator"]
        if not admin["USER"]:
            raise CommandError(
                "Set DATABASE_ADMIN_URL to a login that may make roles (a superuser, this once), "
                "or give the SQL of --print to one: manage.py database_roles --print | psql"
            )
        roles.set_up(roles.login_of(admin), database, passwords, for_tests=options["for_tests"])
        made = ", ".join(getattr(names, role) for role in type(names).__slots__)
        self.stderr.write(f"The roles of {database} are {made}.")

    def _password(self, role: str, url: Mapping[str, Any]) -> str | None:
        """The one that the role's own address names; else a new one, said once."""
        if url["USER"] == role:
            return str(url["PASSWORD"]) or None
        password = secrets.token_urlsafe(24)
        self.stderr.write(f"{role} gets the password {password}")
        return password


def _named() -> dict[str, str]:
    """The address that the environment names for each login."""
    return {
        "app": environment.DATABASE_URL.read(),
        "migrator": environment.DATABASE_ADMIN_URL.read(),
        "sequencer": environment.DATABASE_SEQUENCER_URL.read(),
        "auditor": environment.DATABASE_AUDITOR_URL.read(),
    }
