"""`manage.py restore DIR`: bring back what `manage.py backup` wrote."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.backup import reaching, restoring
from config.backup.errors import CannotRestore
from config.embedded.folders import Occupied


class Command(BaseCommand):
    help = (
        "Bring back a backup: into the database of DATABASE_URL through DATABASE_ADMIN_URL, else into the "
        "embedded one of VAR_DIR. Status 1 when the guards are not as they were."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="what `manage.py backup` wrote")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="rename a database that is not empty, and restore beside it",
        )

    def handle(self, *args: Any, folder: Path, replace: bool, **options: Any) -> None:
        def say(step: str) -> None:
            self.stderr.write(f"  {step}")

        now = timezone.now()
        try:
            with reaching.to_restore(say) as reach:
                done = restoring.restore(folder.absolute(), reach, replace=replace, now=now, say=say)
        except (CannotRestore, Occupied) as error:
            raise CommandError(str(error)) from error
        for warning in done.warnings:
            self.stderr.write(f"WARNING: {warning}")
        self.stdout.write(f"Restored {done.database}. Next: manage.py migrate --database admin, or make up.")
        if done.differences:
            lines = "\n  ".join(done.differences)
            raise CommandError(f"The guards are not as they were when the backup was made:\n  {lines}")
