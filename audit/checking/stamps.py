"""The time stamps: each is about exactly the checkpoint that it is kept with, and an authority gave it."""

import base64
import binascii
from collections.abc import Sequence
from typing import Final

from cryptography.x509 import Certificate

from audit.checking.findings import Findings
from audit.log import authority
from audit.log.errors import CannotSign
from audit.log.models import Anchor, Checkpoint

NOT_CHECKED: Final = "that a time-stamp authority gave the {count:,} time stamps: not checked, {reason}"


def check_stamps(findings: Findings, *, newest: int | None = None) -> None:
    """Check all time stamps, or only so many of the newest; their signatures where that is possible here."""
    stamps = Anchor.objects.filter(kind=Anchor.TIMESTAMP).order_by("-seq")
    trusted, reason = _trusted()
    count = 0
    for stamp in stamps.iterator() if newest is None else stamps[:newest]:
        count += 1
        checkpoint = Checkpoint.objects.filter(log=stamp.log, size=stamp.size).first()
        if checkpoint is not None:  # one that is gone is a finding of its own
            _check(findings, stamp, checkpoint.note.encode(), trusted)
    if count:
        findings.counts["time stamps"] += count
    if count and reason:
        findings.not_proved.append(NOT_CHECKED.format(count=count, reason=reason))


def _check(findings: Findings, stamp: Anchor, note: bytes, trusted: Sequence[Certificate]) -> None:
    try:
        token = base64.b64decode(stamp.evidence, validate=True)
    except (binascii.Error, ValueError):
        token = b""
    reason = authority.why_not_about(token, note)
    if not reason and trusted:
        reason = authority.why_not_genuine(token, note, trusted)
    if reason:
        findings.add("TIMESTAMP", f"Log {stamp.log}, time stamp of {stamp.size} leaves: {reason}")


def _trusted() -> tuple[list[Certificate], str]:
    """The roots to check signatures with, or why there are none."""
    if not authority.is_installed():
        return [], authority.NOT_INSTALLED
    try:
        found = authority.roots()
    except CannotSign as error:
        return [], str(error)
    return found, "" if found else "AUDIT_TSA_CERTIFICATES names no root certificates"
