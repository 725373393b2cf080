"""A time-stamp authority (RFC 3161) and the tokens that it gives: asked for, and checked.

The library that verifies their signatures is the optional extra `tsa`; without the settings nothing of it
is needed.
"""

import hashlib
import http.client
import importlib
import importlib.util
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.x509 import Certificate, load_pem_x509_certificates
from django.conf import settings

from audit import verifier
from audit.log.errors import CannotSign

PATIENCE: Final = 10.0
"""Seconds of silence that an authority is allowed."""
LONGEST_CALL: Final = 30.0
"""Seconds for a whole call, the look-up of its name included: one that answers drop by drop is cut off."""
LONGEST_ANSWER: Final = verifier.LARGEST_STAMP
_LIBRARY: Final = "rfc3161_client"
_GRANTED: Final = bytes.fromhex("3003020100")
"""PKIStatusInfo that says `granted`: what a token alone lacks to be an answer."""

NOT_INSTALLED: Final = (
    "the optional package rfc3161-client (extra `tsa`) is not installed: make .venv/installed-tsa"
)


@dataclass(frozen=True, slots=True)
class Authority:
    """Where one listens. `name` is its address without the scheme: what anchors are filed under."""

    address: str
    name: str


class NotStamped(Exception):
    """The authority could not be reached, would not, or gave no good token. The message says which."""


def configured() -> Authority | None:
    """The authority that the settings name; None: none.

    Raises:
        CannotSign: it is named wrongly, or what it takes to use it is missing.
    """
    address = settings.AUDIT_TSA_URL
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise CannotSign("AUDIT_TSA_URL: an http(s) address without a user is needed")
    if not settings.AUDIT_TSA_CERTIFICATES:
        raise CannotSign("AUDIT_TSA_URL: AUDIT_TSA_CERTIFICATES has to name its root certificates")
    if not is_installed():
        raise CannotSign(f"AUDIT_TSA_URL: {NOT_INSTALLED}")
    return Authority(address, parts.netloc + parts.path)


def is_installed() -> bool:
    """Whether time stamps can be asked for and verified here."""
    return importlib.util.find_spec(_LIBRARY) is not None


def roots() -> list[Certificate]:
    """The certificates that time stamps have to lead to; none where the settings name none.

    Raises:
        CannotSign: the file cannot be used.
    """
    if not settings.AUDIT_TSA_CERTIFICATES:
        return []
    try:
        return load_pem_x509_certificates(Path(settings.AUDIT_TSA_CERTIFICATES).read_bytes())
    except (OSError, ValueError) as error:
        raise CannotSign(f"AUDIT_TSA_CERTIFICATES cannot be read: {type(error).__name__}") from error


def ask(authority: Authority, note: bytes) -> bytes:
    """Have these bytes stamped; the token (DER), verified, about them, and an answer to this very question.

    Raises:
        NotStamped: there is no such token, or nothing to verify it with.
    """
    library = _library()
    try:
        trusted = roots()
    except CannotSign as error:
        raise NotStamped(str(error)) from error
    builder = library.TimestampRequestBuilder().data(note).hash_algorithm(library.HashAlgorithm.SHA256)
    request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    body = request.as_bytes()
    answer = _within(LONGEST_CALL, lambda: _post(authority.address, body))
    try:
        response = library.decode_timestamp_response(answer)
        if response.status != library.PKIStatus.GRANTED:
            said = " ".join(response.status_string)
            status = library.PKIStatus(response.status).name.lower()
            raise NotStamped(f"it refused ({status}): {verifier.printable(said)[:200]}")
        token = bytes(response.time_stamp_token())
    except ValueError as error:
        raise NotStamped("it answered with no time stamp") from error
    if reason := _why_not_genuine(response, note, trusted, nonce=request.nonce):
        raise NotStamped(reason)
    if reason := why_not_about(token, note):
        raise NotStamped(reason)
    return token


def why_not_about(token: bytes, note: bytes) -> str | None:
    """Why a token is none, or is not about these bytes, as auditors will see it without the library."""
    try:
        stamp = verifier.read_stamp(token)
    except verifier.Disproved as error:
        return str(error)
    if stamp.imprint != hashlib.sha256(note).digest():
        return "the time stamp is about something else"
    return None


def why_not_genuine(token: bytes, note: bytes, trusted: Sequence[Certificate]) -> str | None:
    """Why no authority under the trusted roots gave this token about these bytes; None: one did."""
    body = _GRANTED + token
    length = len(body).to_bytes(4, "big").lstrip(b"\0")
    head = bytes([len(body)]) if len(body) < 0x80 else bytes([0x80 | len(length)]) + length
    try:
        response = _library().decode_timestamp_response(b"\x30" + head + body)
    except ValueError:
        return "it is no time stamp"
    return _why_not_genuine(response, note, trusted)


def _why_not_genuine(
    response: Any, note: bytes, trusted: Sequence[Certificate], *, nonce: int | None = None
) -> str | None:
    library = _library()
    checker = library.VerifierBuilder(roots=list(trusted), nonce=nonce)
    try:
        checker.build().verify_message(response, note)
    except Exception as error:  # strangers feed it, and whatever it trips over is no good token
        return f"its time stamp does not hold: {verifier.printable(error)[:200]}"
    return None


def _library() -> Any:
    return importlib.import_module(_LIBRARY)


def _within(seconds: float, call: Callable[[], bytes]) -> bytes:
    """The result of a call that is left to itself after so many seconds."""
    found: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            found.put(call())
        except Exception as error:  # raised below, in the thread that waits
            found.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        result = found.get(timeout=seconds)
    except queue.Empty:
        raise NotStamped(f"it took longer than {seconds:.0f} s") from None
    if isinstance(result, Exception):
        raise result
    return result


def _post(address: str, body: bytes) -> bytes:
    # The scheme was looked at in `configured`.
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    request = urllib.request.Request(address, data=body, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
            answer = bytes(response.read(LONGEST_ANSWER + 1))
    except urllib.error.HTTPError as error:
        with error:
            raise NotStamped(f"it answered {error.code}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotStamped(f"it cannot be reached: {type(error).__name__}") from error
    if len(answer) > LONGEST_ANSWER:
        raise NotStamped(f"it answered more than {LONGEST_ANSWER} bytes")
    return answer
