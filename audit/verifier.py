#!/usr/bin/env python3
"""Checks what Countersign has given out, without Countersign: one file, standard library only, no network.

    python verifier.py receipt FILE --key KEY [--nonce N] [--at TIME] [--artifact FILE ...] [--json]

FILE is a receipt of the gate (a DSSE envelope, or a whole answer of `POST /gate` with one in it; `-` is
standard input). KEY is the public key: a file with PEM, with 32 bytes as base64 or hex, or a saved
`/.well-known/countersign/keys.json`; or that base64 or hex itself. Get it once, from somebody you trust, and
keep it: a key that comes with the receipt proves nothing.

Exit status: 0 what is listed was proved; 1 something was disproved, and it says what; 2 nothing could be
told, because an argument or a file cannot be read. A genuine denial is status 0: look at the decision, or
say `--require allow`.

Read it before you trust it. Copy it wherever you like; it needs Python 3.11 or later and nothing else.
"""

import argparse
import base64
import binascii
import datetime as dt
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

PROVED, DISPROVED, CANNOT_TELL = 0, 1, 2

PAYLOAD = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:countersign:gate:v1"
DECISIONS = ("allow", "warn", "deny")
LARGEST = 16 * 1024 * 1024
SKEW = dt.timedelta(seconds=60)
"""How far the clocks of who asked and who checks may be apart."""


class Unreadable(Exception):
    """An input cannot be read. The message says which, and why."""


class Disproved(Exception):
    """What was given is not what it says. `code` is for programs."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Key(NamedTuple):
    """A public key, and what its list said about it."""

    public: bytes
    state: str = ""

    @property
    def keyid(self) -> str:
        return hashlib.sha256(self.public).hexdigest()


class Report(NamedTuple):
    """What was found out."""

    proved: list[str]
    not_proved: list[str]
    facts: dict[str, Any]


# --- Ed25519 (RFC 8032, 5.1), verification only. Nothing is secret here, so no time has to be constant. ---

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

Point = tuple[int, int, int, int]
"""Extended homogeneous coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""


def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is that of `message` under `public` (32 bytes); false for anything malformed."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, commitment = _decoded(public), _decoded(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or s >= _L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    return _same(_times(s, _BASE), _plus(commitment, _times(k, key)))


def _decoded(encoded: bytes) -> Point | None:
    """The point of 32 bytes; None if they are not the one encoding of a point."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = _x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % _P)


def _x_of(y: int, sign: int) -> int | None:
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    return _P - x if x & 1 != sign else x


def _plus(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(n: int, p: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = _plus(total, p)
        p = _plus(p, p)
        n >>= 1
    return total


def _same(p: Point, q: Point) -> bool:
    return (p[0] * q[2] - q[0] * p[2]) % _P == 0 and (p[1] * q[2] - q[1] * p[2]) % _P == 0


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE: Point = _decoded(_BASE_Y.to_bytes(32, "little"))  # type: ignore[assignment]  # it is on the curve


# --- Keys ---

_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes in the DER of an Ed25519 public key (RFC 8410)."""


def read_keys(given: str) -> list[Key]:
    """The public keys behind `--key`: of a file, or written out.

    Raises:
        Unreadable: there is none.
    """
    path, is_text = Path(given), "{" in given or "\n" in given
    try:
        text = given if is_text or not path.is_file() else path.read_text()
    except (OSError, ValueError) as error:
        raise Unreadable(f"The key file {given} cannot be read: {error}.") from error
    text = text.strip()
    if text.startswith("{"):
        return _keys_of_list(text)
    if "-----BEGIN" in text:
        return [Key(_of_pem(text))]
    return [Key(_of_text(text))]


def _keys_of_list(text: str) -> list[Key]:
    listed = _json(text, "the list of keys").get("keys")
    if not isinstance(listed, list) or not listed:
        raise Unreadable("The list of keys has no keys.")
    found = []
    for each in listed:
        if not isinstance(each, dict) or each.get("algorithm") != "ed25519":
            continue
        found.append(Key(_of_text(str(each.get("public_key"))), str(each.get("state", ""))))
    if not found:
        raise Unreadable("The list of keys has no Ed25519 key.")
    return found


def _of_pem(text: str) -> bytes:
    body = "".join(line for line in text.splitlines() if not line.startswith("-----"))
    if "PRIVATE" in text:
        raise Unreadable(
            "This is a private key. Nobody but the installation may have it; give the public one."
        )
    try:
        der = base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise Unreadable(f"The PEM of the key is damaged: {error}.") from error
    if len(der) != len(_SPKI) + 32 or not der.startswith(_SPKI):
        raise Unreadable("The PEM is not that of an Ed25519 public key.")
    return der[len(_SPKI) :]


def _of_text(text: str) -> bytes:
    try:
        raw = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) != 32:
        raise Unreadable("The key is neither a file nor 32 bytes as base64 or hex.")
    return raw


# --- Receipts of the gate ---


def check_receipt(
    text: str,
    keys: Sequence[Key],
    *,
    at: dt.datetime,
    nonce: str | None = None,
    artifacts: Iterable[tuple[str, str]] = (),
    require: str | None = None,
) -> Report:
    """Check a receipt at a moment. `artifacts` are (name, sha256) that have to be among its subjects.

    Raises:
        Unreadable: it is no envelope at all.
        Disproved: it is one, and something about it is wrong.
    """
    envelope = _envelope_of(text)
    payload, key = _opened(envelope, keys)
    said = _statement_of(payload)
    predicate = said["predicate"]
    report = Report([], [], _facts(said, key))
    report.proved.append(f"signed by the key {key.keyid[:16]}..., and not changed since")
    _check_time(predicate, at, report)
    _check_nonce(predicate, nonce, report)
    _check_artifacts(said, list(artifacts), report)
    if require is not None and predicate["decision"] != require:
        raise Disproved("DECISION", f"The decision is {predicate['decision']}, not {require}.")
    report.proved.append(f"the gate answered: {predicate['decision']}")
    report.not_proved.append("that the key is Countersign's: that is for whoever gave it to you to say")
    report.not_proved.append("that the answer holds after it expires, or that anything was deployed")
    if key.state == "retired":
        report.not_proved.append("that this key was still in use: its list calls it retired")
    return report


def _envelope_of(text: str) -> dict[str, Any]:
    found = _json(text, "the receipt")
    if isinstance(found.get("receipt"), dict):
        found = found["receipt"]  # a whole answer of POST /gate
    if not isinstance(found.get("payload"), str) or not isinstance(found.get("signatures"), list):
        raise Unreadable("The receipt is no DSSE envelope: it needs payload and signatures.")
    return found


def _opened(envelope: dict[str, Any], keys: Sequence[Key]) -> tuple[bytes, Key]:
    """The payload, once a signature of one of the keys was found to be its."""
    kind = envelope.get("payloadType")
    if kind != PAYLOAD:
        raise Disproved("PAYLOAD_TYPE", f"The payload is not of the type {PAYLOAD}.")
    payload = _decoded_base64(envelope["payload"], "payload")
    name = PAYLOAD.encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)
    for each in envelope["signatures"][:20]:
        if not isinstance(each, dict):
            continue
        signature = _decoded_base64(each.get("sig"), "signature")
        for key in keys:
            if verify_ed25519(key.public, signed, signature):
                return payload, key
    raise Disproved("SIGNATURE", "No signature of the receipt is one of this key.")


def _statement_of(payload: bytes) -> dict[str, Any]:
    """The statement in a payload. Whoever signed it meant it so; still it may not be one of the gate."""
    try:
        said = _json(payload.decode(), "the statement")
    except (Unreadable, UnicodeDecodeError) as error:
        raise Disproved("STATEMENT", f"What was signed cannot be read: {error}") from error
    predicate, subjects = said.get("predicate"), said.get("subject")
    if said.get("_type") != STATEMENT or said.get("predicateType") != PREDICATE:
        raise Disproved("STATEMENT", "What was signed is no answer of the gate.")
    if not isinstance(predicate, dict) or predicate.get("decision") not in DECISIONS:
        raise Disproved("STATEMENT", "The statement has no decision.")
    if not isinstance(subjects, list) or not subjects or not all(map(_is_subject, subjects)):
        raise Disproved("STATEMENT", "The statement does not say what it is about.")
    return said


def _is_subject(value: Any) -> bool:
    digest = value.get("digest") if isinstance(value, dict) else None
    return isinstance(digest, dict) and isinstance(digest.get("sha256"), str)


def _facts(said: dict[str, Any], key: Key) -> dict[str, Any]:
    names = ("decision", "reasons", "model", "version", "environment", "mode", "approval", "nonce",
             "context_sha256", "asked_at", "expires_at", "caller", "answer")  # fmt: skip
    subjects = [{"name": each.get("name"), "sha256": each["digest"]["sha256"]} for each in said["subject"]]
    facts = {name: said["predicate"].get(name) for name in names}
    return {**facts, "subjects": subjects, "keyid": key.keyid}


def _check_time(predicate: dict[str, Any], at: dt.datetime, report: Report) -> None:
    begins, ends = (moment_of(predicate.get(name), name) for name in ("asked_at", "expires_at"))
    if at >= ends:
        raise Disproved("EXPIRED", f"The receipt expired at {ends.isoformat()}; it is {at.isoformat()}.")
    if at < begins - SKEW:
        raise Disproved("NOT_YET", f"The receipt is of {begins.isoformat()}, later than {at.isoformat()}.")
    report.proved.append(f"it holds at {at.isoformat(timespec='seconds')}, until {ends.isoformat()}")


def _check_nonce(predicate: dict[str, Any], nonce: str | None, report: Report) -> None:
    if nonce is None:
        report.not_proved.append("that it answers your question and no earlier one: no nonce was given")
    elif predicate.get("nonce") != nonce:
        raise Disproved("NONCE", "The receipt answers another question: its nonce is not this one.")
    else:
        report.proved.append("it answers the question with this nonce")


def _check_artifacts(said: dict[str, Any], artifacts: list[tuple[str, str]], report: Report) -> None:
    about = {each["digest"]["sha256"] for each in said["subject"]}
    if not artifacts:
        report.not_proved.append("that it is about the files you have: none was given")
    for name, sha256 in artifacts:
        if sha256 not in about:
            raise Disproved("ARTIFACT", f"The receipt is not about {name} (sha256 {sha256}).")
        report.proved.append(f"it is about {name} (sha256 {sha256[:16]}...)")


# --- Reading ---


def moment_of(text: Any, name: str) -> dt.datetime:
    """A time as in RFC 3339.

    Raises:
        Disproved: it is none.
    """
    try:
        moment = dt.datetime.fromisoformat(str(text))
        if moment.tzinfo is not None:
            return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    raise Disproved("STATEMENT", f"{name} is no time with a zone: {text!r}.")


def _decoded_base64(text: Any, name: str) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Disproved("ENCODING", f"The {name} is no base64: {error}.") from error


def _json(text: str, name: str) -> dict[str, Any]:
    """A JSON object without a member that stands twice: two readers would see two different things."""
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{name[0].upper()}{name[1:]} cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise Unreadable(f"{name[0].upper()}{name[1:]} is no JSON object.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice")
    return found


def _text_of(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read(LARGEST + 1) if file == "-" else Path(file).read_bytes()
        if len(raw) > LARGEST:
            raise Unreadable(f"{file} is larger than {LARGEST >> 20} MiB.")
        return raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{file} cannot be read: {error}") from error


def _digest_of(file: str) -> str:
    digest = hashlib.sha256()
    try:
        with Path(file).open("rb") as opened:
            for block in iter(lambda: opened.read(1 << 20), b""):
                digest.update(block)
    except OSError as error:
        raise Unreadable(f"{file} cannot be read: {error}") from error
    return digest.hexdigest()


# --- Command line: one entry of `SUBCOMMANDS` for each thing that can be checked. ---


def _receipt_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the receipt, or the gate's whole answer; - is stdin")
    parser.add_argument("--key", required=True, metavar="KEY", help="public key: a file, base64 or hex")
    parser.add_argument("--nonce", metavar="N", help="the nonce you asked with")
    parser.add_argument("--at", metavar="TIME", help="check as of this time (RFC 3339) instead of now")
    parser.add_argument(
        "--artifact", metavar="FILE", action="append", default=[], help="it is about this file"
    )
    parser.add_argument("--require", choices=DECISIONS, help="disprove any other decision")


def _receipt(args: argparse.Namespace) -> Report:
    try:
        at = moment_of(args.at, "--at") if args.at else dt.datetime.now(dt.UTC)
    except Disproved as error:
        raise Unreadable(str(error)) from error
    artifacts = [(file, _digest_of(file)) for file in args.artifact]
    return check_receipt(
        _text_of(args.file), read_keys(args.key),
        at=at, nonce=args.nonce, artifacts=artifacts, require=args.require,
    )  # fmt: skip


class Subcommand(NamedTuple):
    """Something that can be checked."""

    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    check: Callable[[argparse.Namespace], Report]


SUBCOMMANDS = {"receipt": Subcommand("check a receipt of the gate", _receipt_arguments, _receipt)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and say what it found; answers the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    subparsers = parser.add_subparsers(dest="subcommand", required=True)
    for name, subcommand in SUBCOMMANDS.items():
        described = subparsers.add_parser(name, help=subcommand.help, description=subcommand.help)
        subcommand.arguments(described)
        described.add_argument("--json", action="store_true", help="say it as one JSON object")
    args = parser.parse_args(arguments)
    try:
        report = SUBCOMMANDS[args.subcommand].check(args)
    except Disproved as error:
        return _say(args, DISPROVED, error.code, str(error))
    except Unreadable as error:
        return _say(args, CANNOT_TELL, "UNREADABLE", str(error))
    return _tell(args, report)


def _tell(args: argparse.Namespace, report: Report) -> int:
    if args.json:
        print(json.dumps({"ok": True, **report._asdict()}, indent=2))
        return PROVED
    facts = report.facts
    print(f"{facts['decision']}: {facts['model']} {facts['version']} in {facts['environment']}")
    for reason in facts["reasons"] or []:
        print(f"  {reason['code']}: {reason['detail']}")
    print("Proved:", *(f"  - {each}" for each in report.proved), sep="\n")
    print("Not proved:", *(f"  - {each}" for each in report.not_proved), sep="\n")
    return PROVED


def _say(args: argparse.Namespace, status: int, code: str, message: str) -> int:
    if args.json:
        print(json.dumps({"ok": False, "code": code, "detail": message}, indent=2))
    else:
        print(f"{code}: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
