#!/usr/bin/env python3
"""Checks what Countersign has given out, without Countersign: one file, standard library only, no network.

    python verifier.py bundle BUNDLE --key VKEY [--witness VKEY] [--against CHECKPOINT] [--stamps FOLDER]
    python verifier.py receipt FILE --key KEY [--nonce N] [--at TIME] [--artifact FILE ...] [--json]

BUNDLE is the audit log, or a part of it, as one file. VKEY is the log's public key (`origin+hash+base64`),
or a file with such keys or with a saved list of keys; a log that was begun anew after a restore has a name
of its own and needs its own key. CHECKPOINT is a file you kept: a signed checkpoint, or the file that
checkpoints are anchored in. What the bundle holds is proved to be the same log as each of them. FOLDER is
where time stamps and what they are about are written to, for `openssl ts -verify`.

FILE is a receipt of the gate (a DSSE envelope, or a whole answer of `POST /gate` with one in it; `-` is
standard input). KEY is the public key: a file with PEM, with 32 bytes as base64 or hex, or a saved
`/.well-known/countersign/keys.json`; that base64 or hex itself; or what `bundle --json` printed, for the keys
that the log names. Get it once, from somebody you trust, and keep it: a key that comes with the receipt
proves nothing.

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
import re
import struct
import sys
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

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
    multiples, commitment = _multiples(public), _decoded(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if multiples is None or commitment is None or s >= _L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    base = _multiples(_BASE)
    assert base is not None  # it is on the curve
    return _same(_times(s, base), _plus(commitment, _times(k, multiples)))


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


@lru_cache(maxsize=32)
def _multiples(encoded: bytes) -> list[list[Point]] | None:
    """For each of 64 hexadecimal digits, 0 to 15 times the point there: a log's key is used many times."""
    p = _decoded(encoded)
    if p is None:
        return None
    rows = []
    for _ in range(64):
        row: list[Point] = [(0, 1, 1, 0)]
        for _ in range(15):
            row.append(_plus(row[-1], p))
        rows.append(row)
        p = _plus(row[15], p)
    return rows


def _times(n: int, multiples: list[list[Point]]) -> Point:
    total: Point = (0, 1, 1, 0)
    for row in multiples:
        total = _plus(total, row[n & 15])
        n >>= 4
    return total


def _same(p: Point, q: Point) -> bool:
    return (p[0] * q[2] - q[0] * p[2]) % _P == 0 and (p[1] * q[2] - q[1] * p[2]) % _P == 0


_BASE = (4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little")


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
    """Of `keys.json`, or of what `bundle --json` printed: the keys that the log names."""
    found = _json(text, "the list of keys")
    facts = found.get("facts")
    listed = facts.get("receipt_keys") if isinstance(facts, dict) else found.get("keys")
    if not isinstance(listed, list) or not listed:
        raise Unreadable("The list of keys has no keys.")
    keys = []
    for each in listed:
        if not isinstance(each, dict) or each.get("algorithm") != "ed25519":
            continue
        keys.append(Key(_of_text(str(each.get("public_key"))), str(each.get("state", ""))))
    if not keys:
        raise Unreadable("The list of keys has no Ed25519 key.")
    return keys


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


# --- Signed notes, as C2SP signed-note, tlog-checkpoint and tlog-cosignature have them ---

_ED25519, _COSIGNATURE = 1, 4
_SIGNATURE_LINE = re.compile(r"\N{EM DASH} ([^\s+]{1,200}) ([A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
LARGEST_NOTE = 64 * 1024


class VKey(NamedTuple):
    """A verifier key: `name+hash+base64`."""

    name: str
    id: bytes
    algorithm: int
    public: bytes


class Note(NamedTuple):
    """A signed checkpoint, not yet believed. `signatures` are (name, key id, signature)."""

    text: str
    signatures: list[tuple[str, bytes, bytes]]
    origin: str
    size: int
    root: bytes


def read_vkeys(given: str) -> list[VKey]:
    """The verifier keys behind `--key`: one written out, or a file with one a line or with a list as JSON.

    Raises:
        Unreadable: there is none.
    """
    text = given
    try:
        if len(given) < 4096 and Path(given).is_file():
            text = _text_of(given)
    except (OSError, ValueError):
        pass
    if text.lstrip().startswith("{"):
        listed = _json(text, "the list of keys").get("keys")
        rows = listed if isinstance(listed, list) else []
        lines = [str(row["vkey"]) for row in rows if isinstance(row, dict) and row.get("vkey")]
    else:
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise Unreadable("There is no verifier key (origin+hash+base64) in what --key gives.")
    return [_vkey_of(line) for line in lines]


def _vkey_of(line: str) -> VKey:
    name, _, rest = line.partition("+")
    hashed, _, encoded = rest.partition("+")
    try:
        key = _exact_base64(encoded)
    except Disproved as error:
        raise Unreadable(f"The verifier key {line[:80]!r} is damaged.") from error
    wanted = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if not name or len(key) != 33 or key[0] not in (_ED25519, _COSIGNATURE) or hashed != wanted.hex():
        raise Unreadable(f"This is no Ed25519 verifier key (origin+hash+base64): {line[:80]!r}.")
    return VKey(name, wanted, key[0], key[1:])


def notes_in(text: str, file: str) -> list[Note]:
    """The signed checkpoints in a file that somebody kept: one note, or lines of JSON that hold notes.

    Raises:
        Unreadable: there is none.
    """
    try:
        if not text.lstrip().startswith("{"):
            return [read_note(text)]
        lines = list(_json_lines(text))
        found = [each for line in lines for each in line.values() if isinstance(each, str)]
        notes = [read_note(each) for each in found if "\n\n\N{EM DASH} " in each]
    except Disproved as error:
        raise Unreadable(f"{file} is no signed checkpoint: {error}") from error
    if not notes:
        raise Unreadable(f"There is no signed checkpoint in {file}.")
    return notes


def _json_lines(text: str) -> Iterator[dict[str, Any]]:
    """The lines that are JSON; what a crash cut off was never acknowledged."""
    for line in text.splitlines():
        try:
            yield _json(line, "a line")
        except Unreadable:
            continue


def read_note(signed: str) -> Note:
    """A signed checkpoint, letter by letter as the format has it.

    Raises:
        Disproved: it is none.
    """
    text, blank, signatures = signed.rpartition("\n\n")
    if not blank or len(signed) > LARGEST_NOTE or not signatures.endswith("\n"):
        raise Disproved("CHECKPOINT", "A checkpoint is no signed note.")
    text += "\n"
    if any(ord(each) < 32 and each != "\n" for each in signed):
        raise Disproved("CHECKPOINT", "A checkpoint holds control characters.")
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or not _SIZE.fullmatch(lines[1]) or "" in lines[:-1]:
        raise Disproved("CHECKPOINT", "A checkpoint is not origin, size and root.")
    root = _exact_base64(lines[2])
    if len(root) != 32:
        raise Disproved("CHECKPOINT", "The root of a checkpoint is no SHA-256.")
    return Note(text, _signatures_of(signatures), lines[0], int(lines[1]), root)


def _signatures_of(block: str) -> list[tuple[str, bytes, bytes]]:
    found = []
    for line in block[:-1].split("\n"):
        matched = _SIGNATURE_LINE.fullmatch(line)
        raw = _exact_base64(matched[2]) if matched else b""
        if not matched or len(raw) < 5:
            raise Disproved("CHECKPOINT", "A line under a checkpoint is no signature.")
        found.append((matched[1], raw[:4], raw[4:]))
    if len(found) > 100:
        raise Disproved("CHECKPOINT", "A checkpoint has more than 100 signatures.")
    return found


def _exact_base64(text: str) -> bytes:
    """Base64 in its only form: other padding bits would be other text for the same bytes."""
    raw = _decoded_base64(text, "text")
    if base64.b64encode(raw).decode() != text:
        raise Disproved("ENCODING", "The base64 is not in its only form.")
    return raw


def _signs(key: VKey, note: Note, signature: tuple[str, bytes, bytes]) -> bool:
    name, id_, raw = signature
    if (name, id_) != (key.name, key.id):
        return False
    if key.algorithm == _ED25519:
        return verify_ed25519(key.public, note.text.encode(), raw)
    if len(raw) != 72:
        return False
    time = int.from_bytes(raw[:8], "big")
    said = f"cosignature/v1\ntime {time}\n{note.text}".encode()
    return verify_ed25519(key.public, said, raw[8:])


def believed(note: Note, keys: Sequence[VKey]) -> None:
    """Let through a checkpoint that the log's own key signed.

    Raises:
        Unreadable: no key of this log was given.
        Disproved: the key was, and did not sign this.
    """
    own = [key for key in keys if key.name == note.origin and key.algorithm == _ED25519]
    if not own:
        raise Unreadable(f"No --key was given for the log {note.origin}.")
    if not any(_signs(key, note, signature) for key in own for signature in note.signatures):
        raise Disproved(
            "SIGNATURE", f"The checkpoint of {note.size} leaves is not signed by the key of {note.origin}."
        )


# --- Time stamps (RFC 3161), read as far as it takes to say what one is about; no signature is verified ---

LARGEST_STAMP = 64 * 1024
_INTEGER, _OCTETS, _OID, _SEQUENCE, _SET, _TIME = 0x02, 0x04, 0x06, 0x30, 0x31, 0x18
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_CERTIFICATE_BY_SHA1, _CERTIFICATE = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_DIGESTS = {_SHA256: "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}
_NAMES = {"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU"}
_GENERALIZED = re.compile(rb"(\d{14})(?:\.(\d{1,9}))?Z")


class Stamp(NamedTuple):
    """What a time-stamp token says. Whether its authority said so is another question."""

    imprint: bytes
    """The SHA-256 of what it is about."""
    at: str
    """Its time, in RFC 3339."""
    authority: str
    """The subject of the certificate that it names as its signer's."""
    serial: int


class Der(NamedTuple):
    """A value of DER: its tag, its content, and its bytes with both."""

    tag: int
    content: bytes
    whole: bytes

    def children(self, *tags: int) -> "list[Der]":
        """The values inside, of which the first must have these tags."""
        found = der_values(self.content)
        if [each.tag for each in found[: len(tags)]] != list(tags):
            raise _no_stamp("it is put together otherwise")
        return found


def read_stamp(token: bytes) -> Stamp:
    """A time-stamp token as it was given out, letter by letter: one that was changed is none any more.

    What it says is the content whose digest its signer's attributes hold, and its signer's certificate the
    one that they name. Only the signature over those attributes is not looked at.

    Raises:
        Disproved: it is none.
    """
    if len(token) > LARGEST_STAMP:
        raise _no_stamp("it is too large")
    signed = _only(_only(token, _SEQUENCE).children(_OID, 0xA0), _OID, 0xA0)
    if _oid(signed[0]) != _SIGNED_DATA:
        raise _no_stamp("it is no signed data")
    members = _only(signed[1].content, _SEQUENCE).children(_INTEGER, _SET, _SEQUENCE, 0xA0)
    content = _only(members[2].children(_OID, 0xA0), _OID, 0xA0)
    if _oid(content[0]) != _TST_INFO or [each.tag for each in members[4:]] not in ([_SET], [0xA1, _SET]):
        raise _no_stamp("it is no time stamp, or holds something else beside it")
    said = _only(content[1].content, _OCTETS).content
    authority = _authority_of(_only(members[-1].content, _SEQUENCE), said, der_values(members[3].content))
    return _stamp_of(said, authority)


def _stamp_of(said: bytes, authority: str) -> Stamp:
    """TSTInfo (RFC 3161, 2.4.2)."""
    info = _only(said, _SEQUENCE).children(_INTEGER, _OID, _SEQUENCE, _INTEGER, _TIME)
    optional = [each.tag for each in info[5:]]
    if optional != [tag for tag in (_SEQUENCE, 0x01, _INTEGER, 0xA0, 0xA1) if tag in optional]:
        raise _no_stamp("its members are out of order")
    imprint = _only(info[2].children(_SEQUENCE, _OCTETS), _SEQUENCE, _OCTETS)
    if _digest_named(imprint[0]) != "sha256" or len(imprint[1].content) != 32 or info[0].content != b"\x01":
        raise _no_stamp("it is not about a SHA-256")
    return Stamp(imprint[1].content, _moment_in(info[4].content), authority, _whole(info[3]))


def _authority_of(signer: Der, said: bytes, certificates: "list[Der]") -> str:
    """Who is named as the signer of what is said, by attributes that hold the digest of it."""
    members = signer.children(_INTEGER)
    if [each.tag for each in members[2:4]] != [_SEQUENCE, 0xA0]:
        raise _no_stamp("its signer signed no attributes")
    attributes: dict[str, Der] = {}
    for each in der_values(members[3].content):
        kind, values = _only(each.children(_OID, _SET), _OID, _SET)
        if _oid(kind) in attributes:
            raise _no_stamp("an attribute stands twice")
        attributes[_oid(kind)] = values
    if {_CONTENT_TYPE, _MESSAGE_DIGEST} - attributes.keys():
        raise _no_stamp("its signer did not sign what it says")
    kind, digest = _only(attributes[_CONTENT_TYPE].content, _OID), attributes[_MESSAGE_DIGEST].content
    wanted = hashlib.new(_digest_named(members[2]), said).digest()
    if _oid(kind) != _TST_INFO or _only(digest, _OCTETS).content != wanted:
        raise _no_stamp("what it says was changed")
    return _name_of(_certificate_of(attributes, certificates))


def _certificate_of(attributes: dict[str, Der], certificates: "list[Der]") -> Der:
    """The certificate of the signer: its digest is among the attributes (RFC 5035)."""
    if _CERTIFICATE in attributes:
        first = _first_id(attributes[_CERTIFICATE])
        name = _digest_named(first.pop(0)) if first[0].tag == _SEQUENCE else "sha256"
    elif _CERTIFICATE_BY_SHA1 in attributes:
        first, name = _first_id(attributes[_CERTIFICATE_BY_SHA1]), "sha1"
    else:
        raise _no_stamp("it does not say who signed it")
    for each in certificates:
        digest = hashlib.new(name, each.whole, usedforsecurity=name != "sha1").digest()
        if first and (first[0].tag, first[0].content) == (_OCTETS, digest):
            return each
    raise _no_stamp("the certificate of its signer is not in it")


def _first_id(values: Der) -> "list[Der]":
    ids = _only(values.content, _SEQUENCE).children(_SEQUENCE)[0].children(_SEQUENCE)
    if found := der_values(ids[0].content):
        return found
    raise _no_stamp("it does not say who signed it")


def _name_of(certificate: Der) -> str:
    """The subject of a certificate, such as `CN=Example TSA, O=Example`."""
    members = certificate.children(_SEQUENCE)[0].children(0xA0, _INTEGER, *[_SEQUENCE] * 4)
    parts = []
    for each in (one for several in der_values(members[5].content) for one in der_values(several.content)):
        kind, value = [*each.children(_OID), each][:2]
        text = value.content.decode("utf-16-be" if value.tag == 0x1E else "utf-8", errors="replace")
        parts.append(f"{_NAMES.get(_oid(kind), _oid(kind))}={printable(text)}")
    return ", ".join(reversed(parts))[:300] or "nobody"


def _digest_named(algorithm: Der) -> str:
    kind, *rest = algorithm.children(_OID)
    if _oid(kind) not in _DIGESTS or [each.whole for each in rest] not in ([], [b"\x05\x00"]):
        raise _no_stamp("its digest is none of SHA-2")
    return _DIGESTS[_oid(kind)]


def _moment_in(content: bytes) -> str:
    matched = _GENERALIZED.fullmatch(content)
    try:
        if matched:
            whole = dt.datetime.strptime(matched[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
            fraction = (matched[2] or b"").rstrip(b"0").decode()
            return f"{whole:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}Z"
    except ValueError:
        pass
    raise _no_stamp("it has no time")


def der_values(raw: bytes) -> list[Der]:
    """The values that follow one another in `raw`, to its last byte; lengths in their only form.

    Raises:
        Disproved: they do not.
    """
    found, at = [], 0
    while at < len(raw):
        head = raw[at : at + 2]
        if len(head) < 2 or head[0] & 0x1F == 0x1F or head[1] > 0x84 or head[1] == 0x80:
            raise _no_stamp("it is no DER")
        begins, size = at + 2, head[1]
        if size > 0x80:
            begins += size - 0x80
            size = int.from_bytes(raw[at + 2 : begins], "big")
            if size < 0x80 or size < 1 << 8 * (begins - at - 3):
                raise _no_stamp("it is no DER")
        if begins + size > len(raw):
            raise _no_stamp("it is cut off")
        found.append(Der(head[0], raw[begins : begins + size], raw[at : begins + size]))
        at = begins + size
    return found


def _only(values: "bytes | list[Der]", *tags: int) -> Any:
    """Values with exactly these tags; of a single tag the value itself."""
    found = der_values(values) if isinstance(values, bytes) else values
    if [each.tag for each in found] != list(tags):
        raise _no_stamp("it is put together otherwise")
    return found[0] if len(tags) == 1 else found


def _oid(value: Der) -> str:
    arcs, arc, ends = [], 0, True
    for byte in value.content[:33]:
        if ends and byte == 0x80:
            raise _no_stamp("it is no DER")
        arc, ends = arc << 7 | byte & 0x7F, byte < 0x80
        if ends:
            arcs.append(arc)
            arc = 0
    if not arcs or not ends or len(value.content) > 32:
        raise _no_stamp("it is no DER")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


def _whole(value: Der) -> int:
    content = value.content
    if not 0 < len(content) <= 32 or (len(content) > 1 and content[0] == 0 and content[1] < 0x80):
        raise _no_stamp("it is no DER")
    return int.from_bytes(content, "big", signed=True)


def _no_stamp(why: str) -> Disproved:
    return Disproved("TIMESTAMP", f"A time stamp cannot be what was given out: {why}.")


# --- The archive: a ZIP whose every byte follows from its members, read in one pass and never unpacked ---

LARGEST_MEMBER = 256 * 1024 * 1024
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
FIXED_DATE = 0x21
"""1980-01-01, the first day that a ZIP can say."""
_LAST_OFFSET = 0xFFFFFFFF


class Archive:
    """The members of a bundle in their order.

    No member is compressed and none has a date, an owner or a comment: what the members are decides every
    byte, so nothing can be changed, added or hidden between them.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._offset = 0
        self._members: list[tuple[bytes, int, int, int]] = []
        self._left = b""
        self.next: str | None = None
        self._advance(b"PK\x03\x04")

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def _advance(self, wanted: bytes = b"") -> None:
        """Read the header of the next member."""
        head = self._read(_LOCAL.size)
        if head[:4] != b"PK\x03\x04":
            if wanted:
                raise Unreadable("This is no bundle.")
            self._left, self.next = head, None
            return
        if len(head) < _LOCAL.size:
            raise _cut_off()
        _, version, flags, method, time, date, crc, packed, size, length, extra = _LOCAL.unpack(head)
        if (version, flags, method, time, date, extra) != (20, 0, 0, 0, FIXED_DATE, 0) or packed != size:
            raise Disproved("ARCHIVE", "The archive is not in the one form that bundles have.")
        if size > LARGEST_MEMBER or not 0 < length <= 200:
            raise Disproved("ARCHIVE", "A member of the archive is too large, or its name is.")
        name = self._read(length)
        try:
            self.next = name.decode("ascii")
        except UnicodeDecodeError:
            raise Disproved("ARCHIVE", "A member has a name that none can have.") from None
        self._members.append((name, crc, size, self._offset - _LOCAL.size - length))

    def take(self, name: str) -> bytes:
        """The content of the next member, which must have this name.

        Raises:
            Disproved: it has not, or its check sum is wrong.
        """
        if self.next != name:
            raise Disproved("MEMBERS", f"The bundle should go on with {name}, and there is {self.next!r}.")
        _, crc, size, _ = self._members[-1]
        content = self._read(size)
        if len(content) != size:
            raise _cut_off()
        if zlib.crc32(content) != crc:
            raise Disproved("ARCHIVE", f"The check sum of {name} is wrong.")
        self._advance()
        return content

    def again(self, folder: str) -> Iterator[bytes]:
        """The contents of the members in a folder, once more and unchecked: for the caller to check."""
        for name, _, size, offset in self._members:
            if name.startswith(folder.encode()):
                self._file.seek(offset + _LOCAL.size + len(name))
                yield self._file.read(size)

    def end(self) -> None:
        """What follows the last member is the directory of the members, and then nothing."""
        if self.next is not None:
            raise Disproved("MEMBERS", f"The bundle holds {self.next!r}, which belongs into none.")
        wanted = directory_of(self._members, self._offset - len(self._left))
        found = self._left + self._read(len(wanted) - len(self._left) + 1)
        if found != wanted:
            raise Disproved("ARCHIVE", "The directory at the end of the archive is not that of its members.")

    def _read(self, size: int) -> bytes:
        found = self._file.read(max(size, 0))
        self._digest.update(found)
        self._offset += len(found)
        return found


def _cut_off() -> Disproved:
    return Disproved("ARCHIVE", "The bundle is cut off.")


def directory_of(members: Sequence[tuple[bytes, int, int, int]], begins: int) -> bytes:
    """The end of the archive: of each member (name, CRC-32, size, offset) an entry, then their number."""
    rows = []
    for name, crc, size, offset in members:
        far = offset >= _LAST_OFFSET
        extra = struct.pack("<2HQ", 1, 8, offset) if far else b""
        head = _CENTRAL.pack(
            b"PK\x01\x02", 0x0314, 45 if far else 20, 0, 0, 0, FIXED_DATE, crc, size, size, len(name),
            len(extra), 0, 0, 0, 0o100644 << 16, min(offset, _LAST_OFFSET),
        )  # fmt: skip
        rows.append(head + name + extra)
    directory, count = b"".join(rows), len(members)
    size, ends = len(directory), b""
    if count >= 0xFFFF or max(begins, size) >= _LAST_OFFSET:
        ends = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 0x032D, 45, 0, 0, count, count, size, begins)
        ends += struct.pack("<4sIQI", b"PK\x06\x07", 0, begins + size, 1)
    few = min(count, 0xFFFF)
    where = min(begins, _LAST_OFFSET)
    return directory + ends + struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, few, few, min(size, _LAST_OFFSET), where, 0
    )  # fmt: skip


# --- The tree (RFC 9162, 2.1) in tiles of 256 (C2SP tlog-tiles) ---

WIDTH = 256


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def tile_path(n: int) -> str:
    """`x001/x234/067`: the number of a tile in groups of three digits."""
    path = f"{n % 1000:03d}"
    while n := n // 1000:
        path = f"x{n % 1000:03d}/{path}"
    return path


def partial_path(n: int, width: int) -> str:
    return tile_path(n) if width == WIDTH else f"{tile_path(n)}.p/{width}"


def tile_root(hashes: bytes) -> bytes:
    """The root over a tile that is full, or over the first hashes of one."""
    sha256 = hashlib.sha256
    while len(hashes) > 32:
        even = len(hashes) // 64 * 64
        above = [sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, even, 64)]
        hashes = b"".join(above) + hashes[even:]
    return hashes


class Tree:
    """Grows tile by tile; says which tiles above have to stand next, and the roots on the way."""

    def __init__(self, wanted: Iterable[int]) -> None:
        self.size = 0
        self.roots: dict[int, bytes] = {0: hashlib.sha256().digest()}
        """By the sizes that were asked for."""
        self._wanted = sorted(set(wanted), reverse=True)
        self._left: list[tuple[int, bytes]] = []
        """Perfect subtrees from the left, as (how many leaves, hash)."""
        self._edge: list[bytearray] = []
        """Of each level above the leaves, the hashes of the tile that is not full."""
        self._counts: list[int] = []

    def add(self, hashes: bytes) -> Iterator[tuple[str, bytes]]:
        """Take the next tile of leaf hashes; yields path and content of each tile above that it fills."""
        width = len(hashes) // 32
        while self._wanted and self._wanted[-1] <= self.size + width:
            size = self._wanted.pop()
            if size > self.size:
                self.roots[size] = self._folded(tile_root(hashes[: (size - self.size) * 32]))
        self.size += width
        if width < WIDTH:
            return
        root, level = tile_root(hashes), 1
        self._merge(WIDTH, root)
        while True:
            if len(self._edge) < level:
                self._edge.append(bytearray())
                self._counts.append(0)
            edge = self._edge[level - 1]
            edge += root
            if len(edge) < WIDTH * 32:
                return
            yield f"{level}/{tile_path(self._counts[level - 1])}", bytes(edge)
            root = tile_root(bytes(edge))
            self._counts[level - 1] += 1
            edge.clear()
            level += 1

    def edge(self) -> Iterator[tuple[str, bytes]]:
        """The tiles above the leaves that are not full at the end."""
        for level, hashes in enumerate(self._edge, 1):
            if hashes:
                path = partial_path(self._counts[level - 1], len(hashes) // 32)
                yield f"{level}/{path}", bytes(hashes)

    def _merge(self, leaves: int, root: bytes) -> None:
        while self._left and self._left[-1][0] == leaves:
            root = _node(self._left.pop()[1], root)
            leaves *= 2
        self._left.append((leaves, root))

    def _folded(self, root: bytes) -> bytes:
        for _, left in reversed(self._left):
            root = _node(left, root)
        return root


# --- Entries: the bytes of events ---

_MEMBERS = {"actor", "at", "details", "entity_id", "entity_type", "entity_version", "kind", "system"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _refuse_number(text: str) -> Any:
    raise ValueError(f"{text[:40]} stands where only whole numbers may")


_DECODER = json.JSONDecoder(parse_float=_refuse_number, parse_constant=_refuse_number)
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(value: Any) -> bytes:
    """The one form of a JSON value without fractions (RFC 8785)."""
    return _ENCODER.encode(value).encode()


def _by_utf16(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _by_utf16(value[name]) for name in sorted(value, key=lambda n: n.encode("utf-16-be"))}
    return [_by_utf16(each) for each in value] if isinstance(value, list) else value


def read_canonical(raw: bytes, name: str, code: str) -> Any:
    """A JSON value that stands there in its one form.

    Raises:
        Disproved: with `code`: it does not.
    """
    try:
        text = raw.decode()
        found = _DECODER.decode(text)
        if _ENCODER.encode(found) == text:
            return found
        # Members are sorted by UTF-16 code units, which differs from the order of characters beyond U+FFFF.
        again = json.dumps(_by_utf16(found), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        raise Disproved(code, f"{name} cannot be read: {str(error)[:200]}.") from error
    if again != text:
        raise Disproved(code, f"{name} is not in canonical form.")
    return found


def read_entry(body: bytes, where: str) -> dict[str, Any]:
    """An event: exactly the members that events have.

    Raises:
        Disproved: it is none.
    """
    said = read_canonical(body, where, "ENTRY")
    if type(said) is not dict or said.keys() != _MEMBERS or type(said["details"]) is not dict:
        raise Disproved("ENTRY", f"{where} is no event.")
    version, at, id_ = said["entity_version"], said["at"], said["entity_id"]
    if type(version) is not int or not 1 <= version < 2**31:
        raise Disproved("ENTRY", f"{where} has no version.")
    if not all(type(said[name]) is str for name in ("actor", "at", "entity_id", "entity_type", "kind")):
        raise Disproved("ENTRY", f"{where} does not say what happened.")
    if not _MOMENT.fullmatch(at) or not _UUID.fullmatch(id_):
        raise Disproved("ENTRY", f"{where} has no time or no id.")
    return said


def entries_of(content: bytes, where: str) -> list[bytes]:
    """The entries of a tile: each behind its length in two bytes (C2SP tlog-tiles)."""
    found, at = [], 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 2], "big")
        body = content[at + 2 : at + 2 + length]
        if len(body) != length or at + 2 > len(content):
            raise Disproved("ENTRY", f"{where} is cut off.")
        found.append(body)
        at += 2 + length
    return found


def commitment(value: bytes, salt: bytes) -> str:
    """SHA-256(0x02 || salt || length || value), in hex: what an event says of a value kept beside the log."""
    return hashlib.sha256(b"\x02" + salt + len(value).to_bytes(8, "big") + value).hexdigest()


_HEX = re.compile(r"[0-9a-f]{64}")
SAMPLE = "countersign sample v1"


def sample_rank(seed: str, position: int) -> bytes:
    """What a sample is chosen by: the smallest come first. Position 1 is the first event ever."""
    return hashlib.sha256(f"{SAMPLE}\n{seed}\n{position}".encode()).digest()


# --- Bundles ---

FORMAT = "countersign-bundle/1"
PART = 256
"""Lines of one member, where many belong together."""
README_SHA256 = "dd73b78236a2c6759e38cf2ec73cfa05a015cf037ed55bc1df15f89ac1489604"
_LEAST = {"bundle", "asked_at", "filter", "format", "left_out", "logs", "openings", "request", "software"}
_FILTER = {"from", "to", "system", "subject", "sample"}
ERASED, REQUESTED, RESTARTED = "reviews.subject.erased", "audit.bundle.requested", "audit.log.restarted"
RECEIPT_KEY = "governance.receipt_key.introduced"
RECEIPT_KEY_CHANGED = "governance.receipt_key.rotated"
ALWAYS = (ERASED, RECEIPT_KEY, RECEIPT_KEY_CHANGED)
"""Kinds that are in a part whatever it was asked for: a reader needs them for the rest."""


class LogFacts(NamedTuple):
    """What the bundle says about one log, and what it needs to be believed."""

    number: int
    origin: str
    base: int
    size: int
    newest: Note | None
    signed: list[Note]
    """The checkpoints of the bundle and of its anchors: each has to be a state of this tree."""


class Loss(NamedTuple):
    """Leaves that were signed and are gone, as the next log announced it in its first leaf."""

    common: int
    """The leaves of the largest signed checkpoint that is a state of the tree that is left."""
    signed: Note
    """What was signed last before the restore, as the next log quotes it."""
    after: int
    """The number of the log that says so."""
    reason: str

    def covers(self, note: Note) -> bool:
        """Whether a signed checkpoint that is no state of the tree is one of the part that was lost."""
        if note.size == self.signed.size:
            return note.root == self.signed.root
        return self.common < note.size < self.signed.size

    def sentence(self, number: int) -> str:
        """What is not proved, in plain words."""
        gone = self.signed.size - self.common
        since = f"after its checkpoint of {self.common:,} leaves" if self.common else "from its first leaf on"
        return (
            f"log {number} was restored from before what was signed: {gone:,} leaves {since} are lost, or "
            f"cannot be told from what was written instead; log {self.after} says so and gives the reason: "
            f"{self.reason}"
        )


class Forgotten(NamedTuple):
    """A log that a restore took away as a whole: no more is known of it than what a later log quotes."""

    signed: Note
    """What was signed last of it."""
    after: int
    """The number of the log that says so."""
    is_believed: bool
    """Whether the checkpoint was held against a key of that log."""

    def covers(self, note: Note) -> bool:
        """Whether a checkpoint of this log is one of what was lost."""
        return self.is_believed and (
            note.size < self.signed.size or (note.size, note.root) == (self.signed.size, self.signed.root)
        )

    def sentence(self) -> str:
        """What is not proved, in plain words."""
        unchecked = "" if self.is_believed else "; no key of it was given to check that"
        return (
            f"the log {self.signed.origin[:80]} is lost, a restore forgot it: log {self.after} quotes its "
            f"checkpoint of {self.signed.size:,} leaves, and nothing else of it is here{unchecked}"
        )


def quoted_by(details: dict[str, Any], former: tuple[int, str, int, bytes]) -> list[Note]:
    """The signed checkpoints that the first leaf of a log quotes: what was anchored last, and what was of
    every other log. `former`: number, origin, size and root of the log before. Empty: nothing was anchored.

    Raises:
        Disproved: the former log did not end as that leaf says, or what it quotes is no checkpoint.
    """
    number, origin, size, root = former
    said = tuple(details.get(f"former_{name}") for name in ("log", "origin", "size", "root"))
    if said != (number, origin, size, root.hex()):
        raise Disproved("RESTART", f"Log {number} did not end as the next one says.")
    others = details.get("also_anchored", [])
    texts = [details.get("anchored"), *(others if type(others) is list else [None])]
    notes = [read_note(str(text)) for text in texts if text]
    if type(others) is not list or len({note.origin for note in notes}) != len(notes):
        raise Disproved("RESTART", f"The log after log {number} does not say what was anchored.")
    return notes


class Stamped(NamedTuple):
    """A time stamp of the bundle: what it is about, what it says, and the SHA-256 of its token."""

    log: int
    size: int
    number: int
    """Among those of this size."""
    stamp: Stamp
    digest: bytes

    @property
    def file(self) -> str:
        return f"{self.log}-{self.size}-{self.number}.tst"

    @property
    def as_said(self) -> str:
        return f"{self.size:,} leaves ({self.stamp.at})"


def printable(text: Any) -> str:
    """A reason somebody typed, fit for a line of a terminal."""
    return "".join(each if each.isprintable() else " " for each in str(text)[:300])


class Bundle:
    """One pass over a bundle. Whatever is wrong ends it."""

    def __init__(
        self, archive: Archive, keys: Sequence[VKey], witnesses: Sequence[VKey], against: Sequence[Note]
    ) -> None:
        self._archive = archive
        self._keys = keys
        self._witnesses = witnesses
        self._against = list(against)
        self._counts: Counter[str] = Counter()
        self._versions: dict[int, int] = {}
        self._seen: Counter[str] = Counter()
        self._unopened: dict[str, int] = {}
        self._erased: dict[str, int] = {}
        self._receipt_keys: dict[str, dict[str, Any]] = {}
        """By key id: the keys of receipts that the log names."""
        self._cosigned: dict[int, dict[str, None]] = {}
        self._anchored = (-1, "", "")
        self._restarts: dict[int, dict[str, Any]] = {}
        self._logs: list[LogFacts] = []
        self._roots: dict[int, dict[int, bytes]] = {}
        self._lost: dict[int, Loss] = {}
        """By number of the log: where a restore took its end, and the next log says so."""
        self._forgotten: dict[str, Forgotten] = {}
        """By origin."""
        self._held: list[Note] = []
        self._stamped: list[Stamped] = []
        self._manifest: dict[str, Any] = {}
        self._is_asked = False

    def check(self) -> Report:
        for note in self._against:
            believed(note, self._keys)
        self._read_manifest()
        for listed in self._manifest["logs"]:
            self._check_log(listed)
        self._check_counts()
        self._archive.end()
        self._check_restarts()
        self._check_against()
        if self._manifest["request"] is not None and not self._is_asked:
            raise Disproved("REQUEST", "The event that asked for this bundle is not in it.")
        return self._report()

    # The manifest

    def _read_manifest(self) -> None:
        found = read_canonical(self._archive.take("manifest.json"), "The manifest", "MANIFEST")
        if type(found) is not dict or found.keys() != _LEAST or found["format"] != FORMAT:
            raise Disproved("MANIFEST", f"The manifest is not one of {FORMAT}.")
        filter_, logs = found["filter"], found["logs"]
        if type(filter_) is not dict or filter_.keys() != _FILTER or type(found["openings"]) is not bool:
            raise Disproved("MANIFEST", "The manifest does not say what was chosen.")
        if type(logs) is not list or not 1 <= len(logs) <= 1000 or type(found["bundle"]) is not str:
            raise Disproved("MANIFEST", "The manifest lists no logs.")
        self._manifest = found
        self._whole = all(each is None for each in filter_.values())
        self._sample = _sample_of(filter_["sample"])
        wanted = ["payloads"] + ([] if found["openings"] else ["openings"])
        wanted += [] if self._whole else ["entries that were not asked for"]
        if found["left_out"] != sorted(wanted):
            raise Disproved("MANIFEST", "The manifest is wrong about what is left out.")
        if hashlib.sha256(self._archive.take("README.txt")).hexdigest() != README_SHA256:
            raise Disproved("README", "README.txt is not the one of this format.")

    # One log

    def _check_log(self, listed: Any) -> None:
        position = sum(log.size for log in self._logs)
        last = self._logs[-1].number if self._logs else 0
        if type(listed) is not dict or listed.keys() != {"number", "origin", "base", "size"}:
            raise Disproved("MANIFEST", "The manifest describes a log in other words.")
        if not all(type(listed[name]) is int for name in ("number", "base", "size")):
            raise Disproved("MANIFEST", "The manifest describes a log in other words.")
        # A number may be left out: that of a log which a restore forgot.
        if not last < listed["number"] < 2**15 or listed["base"] != position:
            raise Disproved("MANIFEST", f"The log after log {last} does not begin where that one ended.")
        if type(listed["origin"]) is not str or not 0 <= listed["size"] < 2**53:
            raise Disproved("MANIFEST", f"Log {listed['number']} has no origin or size.")
        log = self._read_checkpoints(LogFacts(newest=None, signed=[], **listed))
        self._logs.append(log)
        kept = [note for note in self._against if note.origin == log.origin]
        tree = Tree([*(note.size for note in (*log.signed, *kept)), log.size])
        for start in range(0, log.size, WIDTH):
            self._check_tile(log, tree, start, min(WIDTH, log.size - start))
        for path, content in tree.edge():
            self._check_upper(log, path, content)
        self._roots[log.number] = tree.roots
        self._check_roots(log, tree)

    def _read_checkpoints(self, log: LogFacts) -> LogFacts:
        folder, shown = f"logs/{log.number}", None
        if self._archive.next == f"{folder}/checkpoint":
            shown = _utf8(self._archive.take(f"{folder}/checkpoint"), "The newest checkpoint")
        listed = [self._listed_note(raw, log) for raw in self._lines(f"{folder}/checkpoints")]
        sizes = [note.size for note, _ in listed]
        if sizes != sorted(set(sizes)):
            raise Disproved("CHECKPOINT", f"The checkpoints of log {log.number} are out of order.")
        self._counts["checkpoints"] += len(listed)
        self._cosigned, self._anchored = {}, (-1, "", "")
        notes = {note.size: note for note, _ in listed}
        texts = {note.size: text for note, text in listed}
        anchored = [self._anchor(raw, log, notes, texts) for raw in self._lines(f"{folder}/anchors")]
        newest, text = listed[-1] if listed else (None, "")
        # Nothing but what stands in the lists: a signature of somebody unknown cannot be checked in itself.
        wanted = text + "".join(self._cosigned.get(newest.size, ())) if newest else None
        if shown != wanted or (newest and newest.size > log.size):
            raise Disproved("CHECKPOINT", f"The newest checkpoint of log {log.number} is not its last.")
        return log._replace(newest=newest, signed=[*notes.values(), *filter(None, anchored)])

    def _lines(self, folder: str) -> Iterator[bytes]:
        """The lines of all parts of a list: each part but the last has `PART` of them."""
        n, full = 0, True
        while full and self._archive.next == f"{folder}/{tile_path(n)}":
            lines = self._archive.take(f"{folder}/{tile_path(n)}").split(b"\n")
            if lines.pop() or not 0 < len(lines) <= PART:
                raise Disproved("MEMBERS", f"{folder}/{tile_path(n)} has no lines, or too many.")
            yield from lines
            n, full = n + 1, len(lines) == PART

    def _listed_note(self, raw: bytes, log: LogFacts) -> tuple[Note, str]:
        text = read_canonical(raw, "A checkpoint", "CHECKPOINT")
        if type(text) is not str:
            raise Disproved("CHECKPOINT", "A line of the checkpoints is none.")
        note = read_note(text)
        if len(note.signatures) != 1:
            raise Disproved("CHECKPOINT", "A listed checkpoint has one signature, the log's own.")
        self._check_note(note, log)
        return note, text

    def _check_note(self, note: Note, log: LogFacts) -> None:
        if note.origin != log.origin:
            raise Disproved("CHECKPOINT", f"A checkpoint of {note.origin[:80]} stands in log {log.number}.")
        believed(note, self._keys)

    def _anchor(
        self, raw: bytes, log: LogFacts, listed: dict[int, Note], texts: dict[int, str]
    ) -> Note | None:
        """The checkpoint that an anchor holds; None where it is about one that is listed."""
        found = read_canonical(raw, "An anchor", "ANCHOR")
        if type(found) is not dict or found.keys() != {"kind", "size", "evidence"}:
            raise Disproved("ANCHOR", "A line of the anchors is none.")
        kind, size, evidence = found["kind"], found["size"], found["evidence"]
        if type(evidence) is not str or type(size) is not int or type(kind) is not str:
            raise Disproved("ANCHOR", "A line of the anchors is none.")
        if (size, kind, evidence) <= self._anchored:
            raise Disproved("ANCHOR", "The anchors are out of order.")
        self._anchored = (size, kind, evidence)
        self._counts["anchors"] += 1
        if kind == "rfc3161":
            self._check_stamp(log, size, evidence, texts.get(size))
            return None
        if kind not in ("file", "witness"):
            raise Disproved("ANCHOR", f"There are no anchors of the kind {kind[:40]!r}.")
        if kind == "witness":
            if size not in listed:
                raise Disproved("ANCHOR", f"A witness signed {size} leaves, which no checkpoint has.")
            self._check_cosignatures(read_note(f"{listed[size].text}\n{evidence}"))
            lines = self._cosigned.setdefault(size, {})
            lines.update(dict.fromkeys(evidence.splitlines(keepends=True)))
            return None
        note = read_note(evidence)
        if note.size != size or len(note.signatures) != 1:
            raise Disproved("ANCHOR", f"An anchor of {size} leaves holds something else.")
        self._check_note(note, log)
        return note

    def _check_stamp(self, log: LogFacts, size: int, evidence: str, text: str | None) -> None:
        """A time stamp is about exactly the signed note of this size, with its signature."""
        if text is None:
            raise Disproved("ANCHOR", f"A time stamp is of {size} leaves, which no checkpoint has.")
        token = _exact_base64(evidence)
        stamp = read_stamp(token)
        if stamp.imprint != hashlib.sha256(text.encode()).digest():
            raise Disproved("IMPRINT", f"The time stamp of {size} leaves is about something else.")
        stamp = stamp._replace(authority=sys.intern(stamp.authority))
        before = self._stamped[-1] if self._stamped else None
        number = before.number + 1 if before and (before.log, before.size) == (log.number, size) else 1
        self._stamped.append(Stamped(log.number, size, number, stamp, hashlib.sha256(token).digest()))

    def write_stamps(self, folder: Path) -> None:
        """Write each time stamp, and the signed note that it is about, once all of the bundle was checked.

        Raises:
            Unreadable: a file cannot be written, or is there already.
        """
        for log in self._logs:
            stamped = [each for each in self._stamped if each.log == log.number]
            files = {each.stamp.imprint: f"{log.number}-{each.size}.note" for each in stamped}
            files |= {each.digest: each.file for each in stamped}
            for content in self._once_more(f"logs/{log.number}"):
                name = files.pop(hashlib.sha256(content).digest(), "")
                _write_new(folder / name, content) if name else None
            if files:
                raise Unreadable("The bundle changed while it was read.")

    def _once_more(self, folder: str) -> Iterator[bytes]:
        """The signed notes and the time stamps of a log, unchecked."""
        for part in self._archive.again(f"{folder}/checkpoints/"):
            yield from (json.loads(line).encode() for line in part.splitlines())
        for part in self._archive.again(f"{folder}/anchors/"):
            found = (json.loads(line) for line in part.splitlines())
            yield from (base64.b64decode(each["evidence"]) for each in found if each["kind"] == "rfc3161")

    def _check_cosignatures(self, note: Note) -> None:
        """Those of the given witnesses must hold; those of others are counted, by name."""
        for signature in note.signatures:
            name = signature[0]
            if name == note.origin:
                continue
            known = [key for key in self._witnesses if key.name == name and key.algorithm == _COSIGNATURE]
            if not known:
                self._seen[f"cosignatures by {name}"] += 1
            elif any(_signs(key, note, signature) for key in known):
                self._counts["cosignatures"] += 1
            else:
                raise Disproved("WITNESS", f"The cosignature by {name} at {note.size} leaves is not its.")

    # One tile

    def _check_tile(self, log: LogFacts, tree: Tree, start: int, width: int) -> None:
        n = start // WIDTH
        path, folder = partial_path(n, width), f"logs/{log.number}"
        present: dict[int, dict[str, Any]] = {}
        bodies: dict[int, bytes] = {}
        if self._whole:
            where = f"{folder}/tile/entries/{path}"
            found = entries_of(self._archive.take(where), where)
            if len(found) != width:
                raise Disproved("ENTRY", f"{where} has {len(found)} entries, not {width}.")
            bodies = dict(enumerate(found, start))
        elif self._archive.next == f"{folder}/chosen/{path}":
            bodies = _chosen(self._archive.take(f"{folder}/chosen/{path}"), start, width)
        hashes = self._archive.take(f"{folder}/tile/0/{path}")
        if len(hashes) != width * 32:
            raise Disproved("TILE", f"{folder}/tile/0/{path} is not {width} hashes.")
        for index, body in bodies.items():
            at = (index - start) * 32
            if hashlib.sha256(b"\x00" + body).digest() != hashes[at : at + 32]:
                raise Disproved("LEAF", f"Entry {index} of log {log.number} is not the one in the tree.")
            present[index] = self._check_entry(log, index, body)
        if self._manifest["openings"]:
            self._check_openings(f"{folder}/openings/{path}", log, present)
        self._counts["leaves"] += width
        for above, content in tree.add(hashes):
            self._check_upper(log, above, content)

    def _check_upper(self, log: LogFacts, path: str, content: bytes) -> None:
        name = f"logs/{log.number}/tile/{path}"
        if self._archive.take(name) != content:
            raise Disproved("TILE", f"{name} is not what the tiles below it make.")

    def _check_entry(self, log: LogFacts, index: int, body: bytes) -> dict[str, Any]:
        where = f"Entry {index} of log {log.number}"
        said = read_entry(body, where)
        self._counts["entries"] += 1
        if self._whole:
            key = hash((said["entity_type"], said["entity_id"]))
            before = self._versions.get(key, 0)
            if said["entity_version"] != before + 1:
                raise Disproved(
                    "VERSIONS", f"{where} is version {said['entity_version']} of its entity, after {before}."
                )
            self._versions[key] = before + 1
        self._check_kind(log, index, said)
        return said

    def _check_kind(self, log: LogFacts, index: int, said: dict[str, Any]) -> None:
        """What an entry means for the rest of the bundle."""
        kind, position = said["kind"], log.base + index + 1
        asked = self._manifest["request"]
        is_request = asked == {"log": log.number, "index": index}
        if is_request:
            self._check_request(said)
        elif not self._whole and kind not in ALWAYS and (kind, index) != (RESTARTED, 0):
            self._check_chosen(said, position)
        if kind == ERASED:
            gone = said["details"].get("predictions")
            for id_ in gone if type(gone) is list else []:
                self._erased.setdefault(str(id_), position)
        elif kind == RESTARTED and index == 0:
            self._restarts[log.number] = said["details"]
        elif kind == RECEIPT_KEY:
            self._name_key(said["details"], position)
        elif kind == RECEIPT_KEY_CHANGED:
            named = self._receipt_keys.get(str(said["details"].get("former")))
            if named is not None:
                named |= {"state": "retired", "retired_by": position}

    def _name_key(self, details: dict[str, Any], position: int) -> None:
        """A public key by which the log says that receipts are checked."""
        try:
            key = Key(_exact_base64(str(details.get("public_key"))))
        except Disproved:
            key = Key(b"")
        if len(key.public) != 32 or key.keyid != details.get("keyid"):
            raise Disproved("ENTRY", f"Event {position} calls a key of receipts what it is not.")
        named = {"keyid": key.keyid, "algorithm": "ed25519", "public_key": details["public_key"],
                 "state": "active", "named_by": position, "retired_by": None}  # fmt: skip
        self._receipt_keys.setdefault(key.keyid, named)

    def _check_request(self, said: dict[str, Any]) -> None:
        found, details = self._manifest, said["details"]
        same = (
            said["kind"] == REQUESTED
            and said["entity_id"] == found["bundle"]
            and said["at"] == found["asked_at"]
            and all(details.get(name) == found[name] for name in ("filter", "format", "openings", "software"))
        )
        if not same:
            raise Disproved("REQUEST", "The manifest is not what the log says was asked for.")
        self._is_asked = True

    def _check_chosen(self, said: dict[str, Any], position: int) -> None:
        wanted = self._manifest["filter"]
        fits = (wanted["system"] is None or said["system"] == wanted["system"]) and (
            (wanted["from"] is None or said["at"] >= wanted["from"])
            and (wanted["to"] is None or said["at"] < wanted["to"])
        )
        if self._sample is not None:
            self._counts["sampled"] += 1
            fits = fits and said["kind"] in self._sample["kinds"]
            fits = fits and self._counts["sampled"] <= self._sample["size"]
        if not fits:
            raise Disproved("FILTER", f"Event {position} is not among what was asked for.")

    def _check_openings(self, name: str, log: LogFacts, present: dict[int, dict[str, Any]]) -> None:
        opened: Counter[int] = Counter()
        before: tuple[int, str] = (-1, "")
        lines = self._archive.take(name).split(b"\n") if self._archive.next == name else [b"", b""]
        if lines.pop() or lines == []:
            raise Disproved("OPENING", f"{name} does not end with a line.")
        for line in filter(None, lines) if lines == [b""] else lines:
            index, member, digest = _opening(line)
            said = present.get(index)
            if said is None or (index, member) <= before:
                raise Disproved("OPENING", f"An opening in {name} is of no entry here, or out of order.")
            if digest not in commitments_named(said["details"], member):
                raise Disproved("OPENING", f"Entry {index} of log {log.number} commits to another {member}.")
            before = (index, member)
            opened[index] += 1
        self._counts["openings"] += opened.total()
        for index, said in present.items():
            closed = sum(is_commitment(*each) for each in said["details"].items()) - opened[index]
            if closed > 0:
                self._unopened[said["entity_id"]] = self._unopened.get(said["entity_id"], 0) + closed

    # What can only be told at the end

    def _check_roots(self, log: LogFacts, tree: Tree) -> None:
        for note in log.signed:
            if note.size > log.size:
                raise _behind(log, note)
            if tree.roots.get(note.size) != note.root:
                raise _other_tree(log, note)

    def _check_restarts(self) -> None:
        """Each log but the first begins with what the one before it had come to."""
        for log, after in zip(self._logs, [*self._logs[1:], None], strict=True):
            signed_to = log.newest.size if log.newest else 0
            if after is None:
                if signed_to != log.size:
                    raise Disproved("CHECKPOINT", f"The end of log {log.number} is not signed.")
                continue
            quoted = self._restarts.get(after.number)
            if quoted is None and (self._whole or after.size == 0):
                raise Disproved("RESTART", f"Log {after.number} does not say what it goes on from.")
            if quoted is not None:
                self._check_restart(log, after, quoted)
            elif signed_to != log.size:
                raise Disproved("CHECKPOINT", f"The end of log {log.number} is not signed.")

    def _check_restart(self, log: LogFacts, after: LogFacts, details: dict[str, Any]) -> None:
        """The first leaf of the next log holds how this one ended, and the last states that were anchored."""
        root = self._roots[log.number][log.size]
        notes = quoted_by(details, (log.number, log.origin, log.size, root))
        if all(note.origin != log.origin for note in notes):
            self._seen[f"log {log.number}: log {after.number} quotes no anchor of it, if there was one"] += 1
        reason = printable(details.get("reason"))
        for note in notes:
            about = next((each for each in self._logs if each.origin == note.origin), None)
            if about is None:
                self._forget(note, after)
            elif about.number >= after.number:
                raise Disproved("RESTART", f"Log {after.number} quotes a checkpoint of {note.origin[:80]}.")
            else:
                self._lose(about, note, after, reason)

    def _forget(self, note: Note, after: LogFacts) -> None:
        is_believed = any(key.name == note.origin for key in self._keys)
        if is_believed:
            believed(note, self._keys)
        before = self._forgotten.get(note.origin)
        if before is None or before.signed.size < note.size:
            self._forgotten[note.origin] = Forgotten(note, after.number, is_believed)

    def _lose(self, log: LogFacts, note: Note, after: LogFacts, reason: str) -> None:
        """A checkpoint that is quoted is a state of its log, or tells what was lost of it."""
        believed(note, self._keys)
        if self._root_at(log, note.size) == note.root:
            return
        kept = [each for each in self._against if each.origin == log.origin]
        common = [each.size for each in (*log.signed, *kept) if self._is_state(log, each)]
        before = self._lost.get(log.number)
        if before is None or before.signed.size < note.size:
            self._lost[log.number] = Loss(max(common, default=0), note, after.number, reason)

    def _is_state(self, log: LogFacts, note: Note) -> bool:
        return note.size <= log.size and self._roots[log.number].get(note.size) == note.root

    def _root_at(self, log: LogFacts, size: int) -> bytes | None:
        """The root of a log at a size that nobody asked for before its tree was read; None beyond its end."""
        roots = self._roots[log.number]
        if size <= log.size and size not in roots:
            tree = Tree([size, log.size])
            for hashes in self._archive.again(f"logs/{log.number}/tile/0/"):
                deque(tree.add(hashes), maxlen=0)  # the tiles above were compared the first time
            if tree.roots.get(log.size) != roots[log.size]:
                raise Disproved("TILE", f"The tiles of log {log.number} changed while they were read.")
            roots[size] = tree.roots[size]
        return roots.get(size)

    def _check_against(self) -> None:
        """What was kept outside is a state of the tree, or of a part whose loss was announced."""
        logs = {log.origin: log for log in self._logs}
        for note in self._against:
            log, forgotten = logs.get(note.origin), self._forgotten.get(note.origin)
            if log is not None and self._is_state(log, note):
                self._held.append(note)
            elif log is not None and (loss := self._lost.get(log.number)) and loss.covers(note):
                self._seen[f"checkpoints that you kept are of the lost part of log {log.number}"] += 1
            elif log is not None:
                raise _behind(log, note) if note.size > log.size else _other_tree(log, note)
            elif forgotten and forgotten.covers(note):
                self._seen[f"checkpoints that you kept are of {note.origin[:80]}, which is lost"] += 1
            else:
                raise Disproved("AGAINST", f"You hold a checkpoint of {note.origin[:80]}, no log of these.")

    def _check_counts(self) -> None:
        found = read_canonical(self._archive.take("counts.json"), "The counts", "COUNTS")
        names = ("anchors", "checkpoints", "entries", "leaves", "openings")
        if found != {name: self._counts[name] for name in names}:
            raise Disproved("COUNTS", f"The bundle counts {found}; there is {dict(self._counts)}.")

    # What was found

    def _report(self) -> Report:
        counts, found = self._counts, self._manifest
        facts = {
            "bundle": found["bundle"], "whole": self._whole, "asked_at": found["asked_at"],
            "filter": found["filter"], "software": found["software"], "sha256": self._archive.sha256,
            **{name: counts[name] for name in ("leaves", "entries", "checkpoints", "anchors", "openings")},
            "logs": [self._facts_of(log) for log in self._logs],
            "lost": [
                {"log": number, "common": loss.common, "signed": loss.signed.size, "announced_by": loss.after}
                for number, loss in sorted(self._lost.items())
            ],
            "forgotten": [
                {"origin": origin, "signed": each.signed.size, "announced_by": each.after}
                for origin, each in sorted(self._forgotten.items())
            ],
            "receipt_keys": list(self._receipt_keys.values()),
            "erased": [{"prediction": id_, "event": n} for id_, n in sorted(self._erased.items())],
            "timestamps": [
                {"authority": authority, "count": len(found), **{
                    name: {"log": each.log, "size": each.size, "at": each.stamp.at}
                    for name, each in (("first", found[0]), ("newest", found[-1]))
                }}
                for authority, found in self._stamped_by().items()
            ],
        }  # fmt: skip
        return Report(list(self._proved()), list(self._not_proved()), facts)

    def _facts_of(self, log: LogFacts) -> dict[str, Any]:
        root = self._roots[log.number][log.size]
        return {
            "number": log.number, "origin": log.origin, "base": log.base, "size": log.size,
            "root": base64.b64encode(root).decode(), "checkpoints": len(log.signed),
        }  # fmt: skip

    def _stamped_by(self) -> dict[str, list[Stamped]]:
        found: dict[str, list[Stamped]] = {}
        for each in self._stamped:
            found.setdefault(each.stamp.authority, []).append(each)
        return dict(sorted(found.items()))

    def _proved(self) -> Iterator[str]:
        counts = self._counts
        yield f"{counts['entries']:,} entries are, byte for byte, among the {counts['leaves']:,} leaves"
        yield f"{counts['checkpoints']:,} checkpoints are signed by the keys given and states of the tree"
        for number, loss in sorted(self._lost.items()):
            yield f"log {loss.after} begins with what was signed last of log {number}"
        if counts["anchors"]:
            yield f"{counts['anchors']:,} anchors were read; the checkpoints in them are states of the tree"
        for note in self._held:
            yield f"your checkpoint of {note.size:,} leaves of {note.origin} is a state of its tree"
        if counts["cosignatures"]:
            yield f"{counts['cosignatures']:,} cosignatures are of the witnesses given"
        if self._stamped:
            yield f"{len(self._stamped):,} time stamps are each about exactly one of these checkpoints"
        if self._whole:
            yield f"the versions of each of {len(self._versions):,} entities follow one another without a gap"
        if counts["openings"]:
            yield f"{counts['openings']:,} openings are what the entries commit to"
        for key in self._receipt_keys.values():
            ended = f", until event {key['retired_by']}" if key["retired_by"] else ""
            yield f"receipts are signed by the key {key['keyid']}, named by event {key['named_by']}{ended}"
        for event, ids in sorted(Counter(self._erased.values()).items()):
            yield f"{ids:,} predictions were erased by event {event}"
        if self._is_asked:
            yield "what was asked for, when, and by which software the bundle was made, as the log has it"

    def _not_proved(self) -> Iterator[str]:
        yield "that the keys are those of this installation: that is for whoever gave them to you to say"
        yield "that everything that happened was logged, or that what was logged is true"
        for number, loss in sorted(self._lost.items()):
            yield loss.sentence(number)
        for _, each in sorted(self._forgotten.items()):
            yield each.sentence()
        if not self._held:
            yield "that you see the same log as everybody else: you gave no checkpoint you kept (--against)"
        if not self._counts["cosignatures"]:
            yield "that a witness saw this log: no cosignature of a witness that you named"
        for authority, found in self._stamped_by().items():
            first, newest = found[0], found[-1]
            span = newest.as_said if first == newest else f"{first.as_said} to {newest.as_said}"
            yield (
                f"that {authority} gave {len(found):,} time stamps, of {span}: the signature of a time stamp "
                "is not checked here; check it with: openssl ts -verify -token_in "
                f"-in FOLDER/{newest.file} -data FOLDER/{newest.log}-{newest.size}.note "
                "-CAfile ROOTS (--stamps FOLDER writes these files; ROOTS you have from that authority)"
            )
        if not self._whole:
            yield "that nothing the filter asks for was left out, or that no version of an entity is missing"
        if not self._is_asked:
            yield "what was asked for and when: the log does not hold that yet"
        yield "anything about payloads: they are not in a bundle"
        closed = sum(self._unopened.values())
        gone = sum(count for id_, count in self._unopened.items() if id_ in self._erased)
        if closed - gone:
            yield f"what {closed - gone:,} commitments are to: their openings are not here"
        for id_ in sorted(self._unopened.keys() & self._erased.keys())[:20]:
            yield f"what was in prediction {id_}: erased by event {self._erased[id_]}"
        for what, count in sorted(self._seen.items()):
            yield f"{count:,} x {what}" if "log " not in what[:4] else what


def _behind(log: LogFacts, note: Note) -> Disproved:
    return Disproved(
        "BEHIND",
        f"Log {log.number} had {note.size} leaves, the bundle {log.size}: it is older than that checkpoint, "
        "or the end of the log was cut off.",
    )


def _other_tree(log: LogFacts, note: Note) -> Disproved:
    return Disproved("ROOT", f"The checkpoint of {note.size} leaves of log {log.number} is of another tree.")


def _utf8(raw: bytes, name: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Disproved("ENCODING", f"{name} is no UTF-8.") from error


def _sample_of(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    kinds = value.get("kinds") if type(value) is dict else None
    if type(kinds) is not list or value.keys() != {"seed", "size", "kinds"} or type(value["size"]) is not int:
        raise Disproved("MANIFEST", "The manifest does not say how the sample was drawn.")
    return dict(value)


def _chosen(content: bytes, start: int, width: int) -> dict[int, bytes]:
    """Entries that were chosen from one tile: lines of index, space and the bytes."""
    lines = content.split(b"\n")
    found: dict[int, bytes] = {}
    last = start - 1
    if lines.pop() or not lines:
        raise Disproved("ENTRY", "A list of chosen entries does not end with a line.")
    for line in lines:
        number, _, body = line.partition(b" ")
        index = int(number) if number.isdigit() and len(number) < 19 else -1
        if not last < index < start + width or b"%d" % index != number:
            raise Disproved("ENTRY", "A list of chosen entries is out of order.")
        found[index] = body
        last = index
    return found


def _opening(line: bytes) -> tuple[int, str, str]:
    """An opening as index of its entry, name, and what it commits to."""
    found = read_canonical(line, "An opening", "OPENING")
    if type(found) is not dict or found.keys() != {"index", "name", "value", "salt"}:
        raise Disproved("OPENING", "A line of the openings is none.")
    index, name, value, salt = (found[each] for each in ("index", "name", "value", "salt"))
    if type(index) is not int or not all(type(each) is str for each in (name, value, salt)):
        raise Disproved("OPENING", "A line of the openings is none.")
    if not _HEX.fullmatch(salt):
        raise Disproved("OPENING", "The salt of an opening is not 32 bytes.")
    return index, name, commitment(value.encode(), bytes.fromhex(salt))


COMMITMENTS = frozenset(("comment", "commitment", "email", "meaning", "name", "reason", "subject"))
"""Members of events that hold a commitment, beside those whose name ends in `_commitment`."""


def is_commitment(name: str, value: Any) -> bool:
    """Whether a member of an event's details is a commitment: no digest, no key, no root."""
    if name not in COMMITMENTS and not name.endswith("_commitment"):
        return False
    return type(value) is str and bool(_HEX.fullmatch(value))


def commitments_named(details: dict[str, Any], name: str) -> set[str]:
    """What the details commit to under a name; that of a judgement stands there as `content_commitment`."""
    if name == "content" or name.endswith("_commitment"):
        return set()  # each has one name, and it is another
    names = ("content_commitment",) if name == "judgement" else (name, f"{name}_commitment")
    return {value for each in names if type(value := details.get(each)) is str}


def check_bundle(
    file: BinaryIO,
    keys: Sequence[VKey],
    *,
    witnesses: Sequence[VKey] = (),
    against: Sequence[Note] = (),
    stamps: Path | None = None,
) -> Report:
    """Check a bundle, from its first byte to its last, in one pass; write its time stamps if all holds.

    Raises:
        Unreadable: it is no bundle, a key that it needs was not given, or `stamps` cannot be written to.
        Disproved: it is one, and something about it is wrong.
    """
    bundle = Bundle(Archive(file), keys, witnesses, against)
    report = bundle.check()
    if stamps is not None:
        bundle.write_stamps(stamps)
    return report


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


def _text_of(file: str, largest: int = LARGEST) -> str:
    try:
        raw = sys.stdin.buffer.read(largest + 1) if file == "-" else Path(file).read_bytes()
        if len(raw) > largest:
            raise Unreadable(f"{file} is larger than {largest >> 20} MiB.")
        return raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{file} cannot be read: {error}") from error


def _write_new(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as opened:
            opened.write(content)
    except OSError as error:
        raise Unreadable(f"{path} cannot be written: {error}") from error


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


def _headline_of_receipt(facts: dict[str, Any]) -> Iterator[str]:
    yield f"{facts['decision']}: {facts['model']} {facts['version']} in {facts['environment']}"
    for reason in facts["reasons"] or []:
        yield f"  {reason['code']}: {reason['detail']}"


def _bundle_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", metavar="BUNDLE", help="the bundle's file")
    parser.add_argument(
        "--key", required=True, action="append", metavar="VKEY", help="the log's key, or a file with keys"
    )
    parser.add_argument("--witness", action="append", default=[], metavar="VKEY", help="a witness's key")
    parser.add_argument(
        "--against", action="append", default=[], metavar="CHECKPOINT", help="a checkpoint you kept: a file"
    )
    parser.add_argument("--stamps", metavar="FOLDER", help="write the time stamps there, for openssl")


def _bundle(args: argparse.Namespace) -> Report:
    keys = [key for given in args.key for key in read_vkeys(given)]
    witnesses = [key for given in args.witness for key in read_vkeys(given)]
    kept = [note for file in args.against for note in notes_in(_text_of(file, 1 << 28), file)]
    path = Path(args.bundle)
    if not path.is_file():
        raise Unreadable(f"{path} is no file.")
    try:
        with path.open("rb") as opened:
            stamps = Path(args.stamps) if args.stamps else None
            return check_bundle(opened, keys, witnesses=witnesses, against=kept, stamps=stamps)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error}") from error


def _headline_of_bundle(facts: dict[str, Any]) -> Iterator[str]:
    kind = "The whole log" if facts["whole"] else "A part of the log"
    yield f"{kind}: {facts['entries']:,} entries of {facts['leaves']:,} leaves; bundle {facts['bundle']}"
    for log in facts["logs"]:
        yield f"  log {log['number']} {log['origin']}: {log['size']:,} leaves, root {log['root']}"
    yield f"  SHA-256 of the file: {facts['sha256']}"


class Subcommand(NamedTuple):
    """Something that can be checked."""

    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    check: Callable[[argparse.Namespace], Report]
    headline: Callable[[dict[str, Any]], Iterable[str]]
    """What was found, in a few lines, from the facts."""


SUBCOMMANDS = {
    "bundle": Subcommand("check a bundle of the audit log", _bundle_arguments, _bundle, _headline_of_bundle),
    "receipt": Subcommand("check a receipt of the gate", _receipt_arguments, _receipt, _headline_of_receipt),
}


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
    print(*SUBCOMMANDS[args.subcommand].headline(report.facts), sep="\n")
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
