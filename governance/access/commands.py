"""What the commands about people and keys share: refusals as sentences, secrets alone on stdout."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.refusals import Refusal
from governance.access import selectors
from governance.access.models import Scope

Act = Callable[..., None]


class ActCommand(BaseCommand):
    """A command whose first word says which of its acts is meant."""

    acts: ClassVar[Sequence[str]] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        subparsers = parser.add_subparsers(dest="act", required=True, metavar="|".join(self.acts))
        for act in self.acts:
            run: Act = getattr(self, f"do_{act}")
            description = (run.__doc__ or "").strip()
            described = subparsers.add_parser(act, help=description, description=description)
            getattr(self, f"arguments_of_{act}")(described)

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        try:
            getattr(self, f"do_{act}")(**options)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal

    def say(self, sentence: str) -> None:
        """A sentence for whoever stands there; never on stdout."""
        self.stderr.write(sentence)

    def give(self, secret: str) -> None:
        """A secret, alone on stdout, so that a shell can keep it."""
        self.stdout.write(secret)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Rows for people at a terminal, tab-separated for programs."""
        table = [list(heads), *[list(row) for row in rows]]
        if not self._to_terminal():
            for row in table[1:]:
                self.stdout.write("\t".join(row))
            return
        widths = [max(len(row[n]) for row in table) for n in range(len(heads))]
        for row in table:
            cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())

    def _to_terminal(self) -> bool:
        return bool(getattr(self.stdout, "isatty", sys.stdout.isatty)())


def add_scope_arguments(parser: CommandParser) -> None:
    """`--system SLUG | --queue SLUG`."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--system", metavar="SLUG", help="the role holds on this AI system and its queues")
    where.add_argument("--queue", metavar="SLUG", help="the role holds on this queue only")


def scope_of(*, system: str | None, queue: str | None) -> Scope:
    """The scope that these options name; without them: everywhere."""
    if system:
        return selectors.scope_of_system(system)
    if queue:
        return selectors.scope_of_queue(queue)
    return selectors.everywhere()
