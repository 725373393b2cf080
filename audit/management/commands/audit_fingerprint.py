"""`manage.py audit_fingerprint`: what the database's guards look like now, and what changed."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.fingerprint import digesting, reading, selectors, services
from audit.fingerprint.errors import NothingToExplain
from audit.fingerprint.models import Fingerprint


class Command(BaseCommand):
    help = "Compare the database's schema with its last fingerprint; status 1 when it changed unexplained."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--explain", metavar="REASON", help="say why it changed without a migration")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["explain"] is not None:
            self._explain(options["explain"])
            return
        found = reading.read()
        parts = digesting.digests_of(found)
        last = selectors.newest()
        changed = digesting.compare(last.objects_by_part, found).lines() if last else []
        told = {
            "digest": digesting.whole(parts),
            "parts": parts,
            "recorded": last and {"digest": last.digest, "at": last.at.isoformat(), "why": last.explanation},
            "changed_since": changed,
            "unexplained": last.changed if last and not last.explanation else [],
        }
        self.stdout.write(json.dumps(told, indent=2) if options["json"] else self._in_words(told, last))
        if changed or told["unexplained"]:
            raise CommandError("The schema is not as it was recorded.", returncode=1)

    def _explain(self, reason: str) -> None:
        try:
            told = services.explain(reason=reason, now=timezone.now())
        except (NothingToExplain, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"Recorded for {told.digest}.")

    def _in_words(self, told: dict[str, Any], last: Fingerprint | None) -> str:
        lines = [f"schema {told['digest']}"]
        lines += [f"  {part:<12} {digest}" for part, digest in told["parts"].items()]
        if last is None:
            return "\n".join([*lines, "Nothing is recorded yet: the worker does so within ten minutes."])
        why = last.explanation or "nobody has said why"
        lines.append(f"recorded {last.digest} at {last.at:%Y-%m-%d %H:%M:%S} ({why})")
        lines += [f"  {line}" for line in told["changed_since"] or told["unexplained"]]
        return "\n".join(lines)
