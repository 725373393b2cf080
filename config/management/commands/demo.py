"""Loads the demo into a running, empty copy."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from config.demo import load


class Command(BaseCommand):
    help = "Load the demo into a running copy that has no AI system yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the copy answers")
        parser.add_argument(
            "--trained", action="store_true", help="the models have been trained into VAR_DIR/demo already"
        )

    def handle(self, *args: Any, url: str, trained: bool, **options: Any) -> None:
        if load.is_unwanted():
            self.stderr.write("The demo is loaded already, or there are AI systems of your own.")
            return
        staff = load.load(
            base=url,
            folder=Path(settings.VAR_DIR) / "demo",
            trained=trained,
            now=timezone.now(),
            say=lambda step: self.stderr.write(f"  demo: {step}"),
        )
        self.stdout.write("Sign-ins of the demo, shown this once:")
        for member, password in staff:
            self.stdout.write(f"  {member.role.label:<20} {member.email:<34} {password}")
