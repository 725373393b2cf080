"""The answer of the gate as something that others can check: an in-toto statement, signed. Pure.

in-toto Statement v1 in a DSSE v1 envelope, Ed25519 (RFC 8032). The subjects are the artifacts that were asked
about; a question about nothing known has itself for a subject, by the digest of its RFC 8785 form, because
a statement about nothing is none. `audit/verifier.py receipt` checks it offline.
"""

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.canonical import utc_text

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "urn:countersign:gate:v1"
PAYLOAD: Final = "application/vnd.in-toto+json"
LIVES: Final = dt.timedelta(minutes=15)
QUESTION: Final = "countersign:question"
"""The name of the subject when there is no artifact to name."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs receipts, and what it is called."""

    key: Ed25519PrivateKey
    keyid: str


def keyid_of(public: bytes) -> str:
    """What a public key of 32 bytes is called: its SHA-256, as hex."""
    return hashlib.sha256(public).hexdigest()


def signer_of(key: Ed25519PrivateKey) -> Signer:
    """A signer with its key id."""
    return Signer(key, keyid_of(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)))


def statement(*, artifacts: Sequence[tuple[str, str]], predicate: Mapping[str, Any]) -> dict[str, Any]:
    """The statement about artifacts (name, sha256): at least one, if need be `QUESTION` and its digest."""
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in artifacts],
        "predicateType": PREDICATE,
        "predicate": {
            name: utc_text(value) if isinstance(value, dt.datetime) else value
            for name, value in predicate.items()
        },
    }


def seal(said: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
    """The DSSE envelope of a statement, signed once."""
    payload = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    signature = signer.key.sign(pre_authentication(PAYLOAD, payload))
    return {
        "payloadType": PAYLOAD,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": signer.keyid, "sig": base64.b64encode(signature).decode()}],
    }


def pre_authentication(kind: str, payload: bytes) -> bytes:
    """What is signed: DSSE's PAE, which fixes where type and payload begin and end."""
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def digest_of_envelope(envelope: Mapping[str, Any]) -> str:
    """What the record keeps of a receipt: SHA-256 of its payload, as hex."""
    return hashlib.sha256(base64.b64decode(envelope["payload"])).hexdigest()
