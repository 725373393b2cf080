"""Makes the database's roles, or prints the SQL for somebody who may."""

import secrets
from typing import Any

import dj_database_url
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.roles import roles_of
from config import environment, roles


class Command(BaseCommand):
    help = "Make a database (where it is missing), its roles owner, app and migrator, and their grants."
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
        app_url = dj_database_url.parse(environment.DATABASE_URL.read() or "postgres:///")
        admin_url = dj_database_url.parse(environment.DATABASE_ADMIN_URL.read() or "postgres:///")
        database = options["database"] or app_url["NAME"] or "countersign"
        names = roles_of(database)
        passwords = {}
        for name, role, url in (
            ("app_password", names.app, app_url),
            ("migrator_password", names.migrator, admin_url),
        ):
            known = url["PASSWORD"] if url["USER"] == role else ""
            passwords[name] = known or secrets.token_urlsafe(24)
            if not known:
                self.stderr.write(f"{role} gets the password {passwords[name]}")
        if options["print"]:
            self.stdout.write(roles.script(database, for_tests=options["for_tests"], **passwords))
            return
        if not admin_url["USER"]:
            raise CommandError(
                "Set DATABASE_ADMIN_URL to a login that may make roles (a superuser, this once), "
                "or give the SQL of --print to one: manage.py database_roles --print | psql"
            )
        roles.set_up(roles.login_of(admin_url), database, for_tests=options["for_tests"], **passwords)
        self.stderr.write(f"The roles of {database} are {names.owner}, {names.app} and {names.migrator}.")
