"""`manage.py audit_log`: begin the log anew after a restore, or its anchor file after a loss."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError, connection
from django.utils import timezone

from audit.log import keys, services
from audit.log.errors import CannotSign, LogBroken, NothingToRestart, WillNotSign
from audit.log.standing import standing
from audit.roles import why_not_place


class Command(BaseCommand):
    help = (
        "Show how the audit log is doing; begin it anew after a restore; adopt it when its anchors are lost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("show", help="size, last checkpoint, anchors, and what is late")
        restart = acts.add_parser("restart", help="go on under a new origin, after a restore")
        restart.add_argument("--reason", required=True, help="stands in the log for ever")
        restart.add_argument("--anyway", action="store_true", help="also if the log continues its anchor")
        adopt = acts.add_parser("adopt", help="begin a new anchor file: the former one is lost")
        adopt.add_argument("--reason", required=True, help="stands in the log for ever")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['act']}")(options)
        except (NothingToRestart, CannotSign, WillNotSign, LogBroken, ValueError) as error:
            raise CommandError(str(error)) from error
        except ProgrammingError as error:
            raise CommandError(why_not_place(connection) or str(error)) from error

    def _show(self, options: Any) -> None:
        now = timezone.now()
        found = standing(now)
        self.stdout.write(f"log {found.log}, origin {found.origin}, {found.size} leaves")
        if found.checkpoint is not None:
            age = (now - found.checkpoint.signed_at).total_seconds()
            self.stdout.write(f"last checkpoint: {found.checkpoint.size} leaves, {age:.0f} s ago")
        for place in found.places:
            seen = f"{place.size} leaves, {place.at:%Y-%m-%d %H:%M:%S} UTC" if place.at else "never"
            self.stdout.write(
                f"{place.kind} {place.name}: {seen}" + (f"; {place.trouble}" if place.trouble else "")
            )
        for warning in found.warnings:
            self.stdout.write(f"LATE: {warning}")

    def _restart(self, options: Any) -> None:
        log = services.restart(reason=options["reason"], anyway=options["anyway"], now=timezone.now())
        self.stdout.write(keys.signer(log.origin).verifier.vkey)
        self.stderr.write(
            f"Log {log.number} begins under the origin {log.origin}. Give the key above to everybody who "
            "verifies; the former log stays as it is."
        )

    def _adopt(self, options: Any) -> None:
        services.adopt(reason=options["reason"], now=timezone.now())
        self.stdout.write("The newest checkpoint of the database is the first line of a new anchor file.")
