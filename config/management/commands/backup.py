"""`manage.py backup DIR`: the database and the files it speaks of, while everything runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.backup import making, reaching
from config.backup.errors import CannotBackUp
from config.embedded.folders import Occupied


class Command(BaseCommand):
    help = (
        "Back up the database, the files it speaks of, public keys and anchors; never a private key. "
        "Status 1 when a file is damaged."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that is not there yet, or is empty")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        def say(step: str) -> None:
            self.stderr.write(f"  {step}")

        try:
            with reaching.to_back_up(say) as reach:
                made = making.make(folder.absolute(), reach, now=timezone.now(), say=say)
        except (CannotBackUp, Occupied) as error:
            raise CommandError(str(error)) from error
        for name in made.gone:
            self.stderr.write(f"deleted meanwhile, left out: {name}")
        for name in made.damaged:
            self.stderr.write(f"DAMAGED, left out: {name} is not what the database says it is")
        for what in made.out_of_reach:
            self.stderr.write(f"NOT IN IT. {what}")
        self.stdout.write(f"{made.digest}  {made.folder / 'manifest.json'}")
        if made.damaged:
            raise CommandError(f"{len(made.damaged)} files are damaged; the backup has everything else.")
