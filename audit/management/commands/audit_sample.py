"""`manage.py audit_sample`: a reproducible random sample of decisions, approvals or grants, with proofs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from audit.bundles import asking, services
from audit.bundles.choosing import POPULATIONS
from audit.bundles.sampling import rows, write_csv
from audit.refusals import Refusal
from audit.trail.actors import OPERATOR


class Command(BaseCommand):
    help = "Draw a sample of events as CSV on standard output, or ask for it as a bundle (--bundle)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", required=True, help="the same seed draws the same events of a log")
        parser.add_argument("--size", required=True, type=int)
        parser.add_argument("--kind", required=True, choices=sorted(POPULATIONS))
        for name in ("from", "to", "system"):
            parser.add_argument(f"--{name}", default="")
        parser.add_argument("--bundle", action="store_true", help="ask a worker for a bundle; prints its id")

    def handle(self, *args: Any, **options: Any) -> None:
        connection.ensure_connection()  # not running is a status of its own, which `manage.py` gives
        names = ("seed", "size", "kind", "from", "to", "system")
        try:
            asked = asking.read_sample({name: options[name] for name in names})
            if options["bundle"]:
                bundle = services.ask(asked=asked, actor=OPERATOR, now=timezone.now())
                self.stdout.write(str(bundle.pk))
                return
            count = write_csv(self.stdout, rows(asked.filter))
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stderr.write(f"{count} of {options['size']} drawn")
