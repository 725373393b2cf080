"""Everything in one supervisor."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import environment


class Command(BaseCommand):
    help = "Start database, broker, web, workers, clock and sequencer; load the demo into an empty copy."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=environment.PORT.read(), help="default: PORT, else 8000"
        )
        parser.add_argument("--no-demo", action="store_true", help="begin with an empty system")

    def handle(self, *args: Any, port: int, no_demo: bool, **options: Any) -> None:
        from config.embedded.up import CannotStart, Copy

        try:
            Copy(environment.VAR_DIR.read(), port, with_demo=not no_demo).run()
        except CannotStart as error:
            raise CommandError(str(error)) from error
