"""`manage.py reclassify`: what a version of a rule pack would change; with --keep, keeps it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.risk import reclassifying
from governance.risk.packs import pack_at


class Command(BaseCommand):
    help = "List what a version of a rule pack changes for every assessed AI system; --keep files it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pack", required=True)
        parser.add_argument("--version-of-pack", "--version", dest="pack_version", default=None)
        parser.add_argument("--keep", action="store_true", help="file the assessments that change")

    def create_parser(self, prog_name: str, subcommand: str, **given: Any) -> CommandParser:
        """Django's own --version would be in the way of the pack's."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **given)

    def handle(self, *args: Any, **options: Any) -> None:
        pack = pack_at(options["pack"], options["pack_version"])
        if pack is None:
            raise CommandError("There is no such rule pack, or not in this version.")
        now = timezone.now()
        found = list(reclassifying.changes(pack, on=now.date()))
        for each in found:
            self.stdout.write(_line(each))
        changing = [each for each in found if each.differs]
        self.stdout.write(f"{len(found)} assessed with another version; {len(changing)} change.")
        if options["keep"]:
            made = reclassifying.keep(pack=pack, actor=OPERATOR, on=now.date(), now=now)
            self.stdout.write(f"{len(made)} filed.")


def _line(each: reclassifying.Change) -> str:
    before = each.assessment
    said = f"{before.system.slug}: {before.class_id} -> {each.class_} (from {before.pack_version})"
    if each.missing:
        said += f"; to answer: {', '.join(each.missing)}"
    if each.lost:
        said += f"; no answers any more: {', '.join(each.lost)}"
    return said if each.differs else f"{before.system.slug}: nothing changes"
