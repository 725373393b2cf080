"""`manage.py receipt_key`: the key that signs the gate's receipts."""

from typing import Any, ClassVar

from django.core.management.base import CommandParser
from django.utils import timezone

from governance.access.commands import ActCommand
from governance.gate import keys, naming


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
        former, present = naming.rotate(now=timezone.now())
        self.say(f"Receipts are signed by {present} now; {former} stays listed.")
