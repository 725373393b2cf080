"""`manage.py audit_verify`: the whole trail and log against each other and against what lies outside."""

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connections
from django.utils import timezone

from audit.checking import services
from audit.checking.models import CheckState
from audit.verifier import Unreadable, VKey, read_vkeys

OK, FOUND, CANNOT_TELL = 0, 1, 2


class Command(BaseCommand):
    help = (
        "Check the audit log. Exit status: 0 all well, 1 something is wrong, 2 it cannot be told, "
        "3 Countersign is not running."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="say it as one JSON object")
        parser.add_argument("--since-last", action="store_true", help="only what came since the last check")
        parser.add_argument("--key", action="append", default=[], help="the log's key, or a file with keys")

    def handle(self, *args: Any, **options: Any) -> None:
        connections["default"].ensure_connection()  # not running is a status of its own: `manage.py` gives it
        try:
            keys = [key for given in options["key"] for key in read_vkeys(given)]
            sys.exit(self._verify(keys, since_last=options["since_last"], as_json=options["json"]))
        except (Error, Unreadable) as error:
            detail = f"{type(error).__name__}: {str(error).strip()}"
            if options["json"]:
                self.stdout.write(json.dumps({"ok": None, "code": "UNREADABLE", "detail": detail}))
            else:
                self.stderr.write(f"It could not be told: {detail}")
            sys.exit(CANNOT_TELL)

    def _verify(self, keys: list[VKey], *, since_last: bool, as_json: bool) -> int:
        _read_as_auditor()
        findings, reached = services.verify(since_last=since_last, keys=keys, beat=self._beat)
        name = CheckState.SINCE_LAST if since_last else CheckState.WHOLE
        try:
            services.remember(name, findings, reached, now=timezone.now())
        except Error:  # a login that may only read
            findings.not_proved.append("that the next check knows of this one: its place could not be kept")
        said = findings.as_json()
        if as_json:
            self.stdout.write(json.dumps(said, indent=2))
            return OK if findings.ok else FOUND
        for each in said["findings"]:
            self.stdout.write(f"{each['code']}: {each['detail']}")
        checked = ", ".join(f"{count:,} {name}" for name, count in said["checked"].items())
        self.stdout.write(f"{'All well' if findings.ok else 'Something is wrong'}. Checked: {checked}.")
        self.stdout.write("Not proved:")
        for line in said["not_proved"]:
            self.stdout.write(f"  - {line}")
        return OK if findings.ok else FOUND

    def _beat(self, done: int, total: int) -> None:
        if total and (done == total or done // 256 % 40 == 0):
            self.stderr.write(f"{done:,} of {total:,} events", ending="\r" if self.stderr.isatty() else "\n")


def _read_as_auditor() -> None:
    """Where there is a login that may only read, it does."""
    if "auditor" in settings.DATABASES and connections["default"].alias == "default":
        connections["default"].close()
        connections["default"].settings_dict.update(connections["auditor"].settings_dict)
