"""Writes the generated pages of `docs/reference/`."""

from typing import Any

from django.core.management.base import BaseCommand

from config.environment import BASE_DIR
from config.reference import PAGES


class Command(BaseCommand):
    help = "Write the pages of docs/reference/ that are tables of the program."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        folder = BASE_DIR / "docs" / "reference"
        folder.mkdir(parents=True, exist_ok=True)
        for name, page in PAGES.items():
            (folder / name).write_text(page())
            self.stdout.write(f"docs/reference/{name}")
