"""`manage.py witness`: a witness for other copies' logs, or for tests. It needs no database."""

import signal
import threading
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.log import witnessing
from audit.log.errors import CannotSign
from audit.note import InvalidNote, Verifier


class Command(BaseCommand):
    help = (
        "Cosign the checkpoints of logs as long as each continues the one before (C2SP tlog-witness). Prints "
        "its verification key, which belongs into AUDIT_WITNESSES."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dir", type=Path, required=True, help="folder of its key and what it has seen")
        parser.add_argument("--log", action="append", required=True, metavar="VKEY", help="a log it knows")
        parser.add_argument("--port", type=int, default=8130)
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on; loopback by default")
        parser.add_argument("--name", help="name of its key, for a new folder")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            logs = [Verifier.parse(vkey) for vkey in options["log"]]
            witness = witnessing.Witness(options["dir"], logs, name=options["name"])
            desk = witnessing.server(witness, port=options["port"], host=options["host"])
        except (InvalidNote, CannotSign) as error:
            raise CommandError(str(error)) from error
        except BlockingIOError as error:
            raise CommandError("Another witness uses this folder.") from error
        for number in (signal.SIGTERM, signal.SIGINT):
            # shutdown() waits for the loop that this handler interrupts: from a thread of its own.
            signal.signal(number, lambda *_: threading.Thread(target=desk.shutdown).start())
        self.stdout.write(witness.signer.verifier.vkey)
        self.stdout.flush()
        desk.serve_forever()
        desk.server_close()
        witness.close()
