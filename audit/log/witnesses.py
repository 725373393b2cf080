"""Shows checkpoints to witnesses, which cosign only what continues what they saw (C2SP tlog-witness)."""

import datetime as dt
import http.client
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from audit.log import noting, selectors
from audit.log.errors import CannotSign
from audit.log.models import Anchor, Checkpoint, Log
from audit.note import COSIGNATURE, InvalidNote, Verifier, number_in, signatures_in, split_note
from audit.notekeys import Signature, encoded

PATIENCE: Final = 10.0
"""Seconds that a witness gets for an answer."""
LONGEST_ANSWER: Final = 64 * 1024
SIZE_TYPE: Final = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Witness:
    """Where one listens, and the key it cosigns with."""

    address: str
    verifier: Verifier


class NotCosigned(Exception):
    """A witness could not be reached, or would not cosign. The message says which."""


class Conflict(NotCosigned):
    """The witness has cosigned a tree of another size than we thought."""

    def __init__(self, size: int) -> None:
        super().__init__(f"it has seen {size} leaves")
        self.size = size


def configured() -> list[Witness]:
    """The witnesses that the settings name.

    Raises:
        CannotSign: one of them is named wrongly.
    """
    found = []
    for text in settings.AUDIT_WITNESSES:
        address, _, vkey = text.partition(" ")
        try:
            verifier = Verifier.parse(vkey.strip())
        except InvalidNote as invalid:
            raise CannotSign(f"AUDIT_WITNESSES: {invalid}") from invalid
        if not address.startswith(("https://", "http://")) or verifier.algorithm != COSIGNATURE:
            raise CannotSign("AUDIT_WITNESSES: an http(s) address and a key for cosignatures are needed")
        found.append(Witness(address.rstrip("/"), verifier))
    return found


def show_newest(now: dt.datetime) -> int:
    """Show the newest checkpoint to every witness that has not cosigned it; how many did now.

    A witness that cannot or will not leaves its reason for the health page; the next call tries again.
    """
    log, cosigned = selectors.current(), 0
    newest = selectors.newest_checkpoint(log)
    for witness in configured() if newest else []:
        assert newest is not None
        name = witness.verifier.name
        seen = Anchor.objects.filter(log=log.number, kind=Anchor.WITNESS, place=name)
        last = seen.order_by("-size").values_list("size", flat=True).first() or 0
        if last >= newest.size:
            continue
        try:
            signature = _show(witness, log, newest, last=last)
        except NotCosigned as refused:
            noting.note_place(name, trouble=str(refused), now=now)
            continue
        evidence = signature.line
        Anchor.objects.create(
            log=log.number, size=newest.size, kind=Anchor.WITNESS, place=name, evidence=evidence, at=now
        )
        noting.note_place(name, trouble="", now=now)
        cosigned += 1
    return cosigned


def cosigned_note(checkpoint: Checkpoint) -> str:
    """The signed note with the lines that witnesses added to it: what is served and bundled."""
    lines = Anchor.objects.filter(log=checkpoint.log, size=checkpoint.size, kind=Anchor.WITNESS)
    return checkpoint.note + "".join(dict(lines.order_by("seq").values_list("place", "evidence")).values())


def _show(witness: Witness, log: Log, newest: Checkpoint, *, last: int) -> Signature:
    """The witness's cosignature of the newest checkpoint; asks once more when it has seen another size."""
    try:
        return ask(witness, newest.note, last, selectors.consistency(log, last, newest.size))
    except Conflict as other:
        if other.size > newest.size:
            raise NotCosigned(
                f"it has seen {other.size} leaves, the newest checkpoint has {newest.size}: "
                "the log was longer before"
            ) from other
        proof = selectors.consistency(log, other.size, newest.size)
        return ask(witness, newest.note, other.size, proof)


def ask(witness: Witness, note: str, old: int, proof: Sequence[bytes]) -> Signature:
    """POST add-checkpoint; the cosignature that came back, verified.

    Raises:
        Conflict: the witness's newest size is another one than `old`.
        NotCosigned: everything else.
    """
    lines = [f"old {old}", *(encoded(each) for each in proof), ""]
    body = "\n".join(lines) + "\n" + note
    answer = _post(f"{witness.address}/add-checkpoint", body.encode())
    text, _ = split_note(note)
    try:
        found = signatures_in(answer)
    except InvalidNote as invalid:
        raise NotCosigned(f"it answered no cosignature: {invalid}") from invalid
    for signature in found:
        known = (signature.name, signature.key_id) == (witness.verifier.name, witness.verifier.key_id)
        if known and witness.verifier.verifies(text, signature.signature):
            return signature
    raise NotCosigned("it answered with a signature of another key, or a wrong one")


def _post(address: str, body: bytes) -> str:
    # The scheme was looked at in `configured`.
    request = urllib.request.Request(address, data=body, headers={"Content-Type": "text/plain"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
            return str(response.read(LONGEST_ANSWER).decode())
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(LONGEST_ANSWER).decode(errors="replace")
        if error.code == 409 and error.headers.get_content_type() == SIZE_TYPE:
            raise Conflict(_size_in(said)) from error
        raise NotCosigned(f"it answered {error.code}: {said.strip()[:200]}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotCosigned(f"it cannot be reached: {type(error).__name__}") from error


def _size_in(text: str) -> int:
    try:
        return number_in(text.removesuffix("\n"))
    except InvalidNote as invalid:
        raise NotCosigned("it answered a conflict without its size") from invalid
