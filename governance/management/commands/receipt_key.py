"""`manage.py receipt_key`: the key that signs the gate's receipts."""

from typing import Any, ClassVar

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from governance.access.commands import ActCommand
from governance.gate import keys


class Command(ActCommand):
    help = (
        "The key that signs the gate's receipts: list it and those before it, or put a new one in its place."
    )
    acts: ClassVar = ("list", "rotate")

    def arguments_of_list(self, parser: CommandParser) -> None:
        """Takes nothing."""

    def do_list(self, **_: Any) -> None:
        """List the public keys."""
        rows = [
            (key["keyid"], key["state"], f"{key['since']:%Y-%m-%d}", key["public_key"])
            for key in keys.published()["keys"]
        ]
        self.table(("KEY ID", "STATE", "SINCE", "PUBLIC KEY"), rows)

    def arguments_of_rotate(self, parser: CommandParser) -> None:
        """Takes nothing."""

    def do_rotate(self, **_: Any) -> None:
        """Sign with a new key from now on; the former one stays listed."""
        with transaction.atomic():
            former, present = keys.rotate()
            details = {"former": former, "present": present}
            trail.remark(
                kind="governance.receipt_key.rotated",
                actor=OPERATOR,
                entity_type="receipt_key",
                details=details,
                now=timezone.now(),
            )
        self.say(f"Receipts are signed by {present} now; {former} stays listed.")
