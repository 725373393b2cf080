"""`manage.py gate`: ask the gate from the command line; the exit status is the answer."""

import json
import sys
from typing import Any, Final, NoReturn

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from audit.refusals import BadInput, Refusal
from audit.trail.actors import OPERATOR
from governance.gate import services
from governance.gate.reading import read_question

LET_THROUGH: Final = 0
DENIED: Final = 1
CANNOT_TELL: Final = 2


class Command(BaseCommand):
    help = (
        "May this version go live there? Exit status 0: yes (a warning is on standard error), 1: no, "
        "2: it cannot be told, 3: Countersign is not running."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--model", metavar="M")
        parser.add_argument("--version", metavar="V", dest="model_version", help="of the model")
        parser.add_argument(
            "--artifact", metavar="SHA256", action="append", default=[], help="instead of model and version"
        )
        parser.add_argument("--environment", metavar="E", required=True)
        parser.add_argument("--context", metavar="JSON", default="{}", help="for the approval's conditions")
        parser.add_argument("--nonce", metavar="N")
        parser.add_argument("--json", action="store_true", help="the whole answer with its receipt")

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Django gives every command a `--version` of its own; here it is the model's.

        The parser's own errors have status 2 already: it cannot be told.
        """
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def handle(self, *args: Any, **options: Any) -> None:
        connection.ensure_connection()  # not running is a status of its own, which `manage.py` gives
        try:
            answer = services.answer(question=_question(options), actor=OPERATOR, now=timezone.now())
        except (Refusal, OperationalError, InterfaceError, ValueError) as error:
            self._cannot_tell(error)
        if options["json"]:
            self.stdout.write(json.dumps(answer, default=_plain))
        else:
            self.stdout.write(answer["decision"])
        for reason in answer["reasons"]:
            self.stderr.write(f"{reason['code']}: {reason['detail']}")
        sys.exit(DENIED if answer["decision"] == "deny" else LET_THROUGH)

    def _cannot_tell(self, error: Exception) -> NoReturn:
        details = error.errors if isinstance(error, BadInput) else []
        for each in details:
            self.stderr.write(f"{each.pointer}: {each.detail}")
        if not details:
            self.stderr.write(str(error))
        sys.exit(CANNOT_TELL)


def _question(options: dict[str, Any]) -> Any:
    """The question that the options ask, read as a body of `POST /gate` is."""
    asked = {
        "environment": options["environment"],
        "model": options["model"],
        "version": options["model_version"],
        "artifacts": [{"sha256": sha256} for sha256 in options["artifact"]] or None,
        "context": json.loads(options["context"]),
        "nonce": options["nonce"],
    }
    return read_question(asked)


def _plain(value: Any) -> str:
    return str(value.isoformat())
