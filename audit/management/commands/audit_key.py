"""`manage.py audit_key`: the key that signs the log. Run it as the user of the signer, who can read it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError, connection
from django.utils import timezone

from audit.log import keys, selectors, services
from audit.log.errors import CannotSign
from audit.roles import why_not_place


class Command(BaseCommand):
    help = "Show the keys that verify the audit log, or sign with a new one from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["show", "rotate"], nargs="?", default="show")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["act"] == "rotate":
                former, present = services.rotate_key(now=timezone.now())
                self.stdout.write(present)
                self.stderr.write(f"The log is signed by this key now; {former} stays listed.")
            else:
                log = selectors.current()
                keys.require_in_use(log)
                for verifier in keys.verifiers(log.origin):
                    self.stdout.write(verifier.vkey)
        except CannotSign as error:
            raise CommandError(str(error)) from error
        except ProgrammingError as error:
            raise CommandError(why_not_place(connection) or str(error)) from error
