"""The public keys that a check uses when none is given: those that the installation publishes itself."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from audit import verifier
from audit.checking.restarts import quoted_origins
from audit.log.models import Log, LogKey
from audit.note import Verifier

FROM_HERE: Final = (
    "that the log's keys are the right ones: they were read from this database; give those you know (--key)"
)


def keys_here(logs: Sequence[Log]) -> list[verifier.VKey]:
    """Every key in use or retired, under the name of every log: one key signs a log and those after it.

    A restore may have forgotten the row of a key for a log, or a whole log that a later one quotes.
    """
    known = [Verifier.parse(vkey) for vkey in LogKey.objects.order_by("seq").values_list("vkey", flat=True)]
    publics = {(key.algorithm, key.public_key) for key in known}
    origins = {log.origin for log in logs} | {key.name for key in known}
    origins |= {origin for former, log in pairwise(logs) for origin in quoted_origins(former, log)}
    return [
        each
        for origin in sorted(origins)
        for algorithm, public in sorted(publics)
        for each in verifier.read_vkeys(Verifier(origin, algorithm, public).vkey)
    ]
