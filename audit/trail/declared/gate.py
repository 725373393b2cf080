"""Events of the gate, its receipts, and suspensions."""

from audit.trail.controls import CREDENTIALS, GATED, STOPPED
from audit.trail.declaring import (
    COMMITMENT,
    FLAG,
    ID,
    SHA256,
    TEXT,
    Area,
    Member,
    Row,
    many,
    maybe,
)

_SUSPENDED = (
    Member("system", TEXT, "slug of the AI system"),
    Member("model", maybe(TEXT), "slug of the model; null: the whole system"),
    Member("version", maybe(TEXT), "name of the version; null: the whole model"),
    Member("reason_commitment", COMMITMENT, "why"),
)

AREA = Area(
    "Gate and suspensions",
    (
        Row(
            "governance.gate.answered",
            "was answered by the gate",
            "gate_answer",
            (
                Member("model", TEXT, "slug of the model"),
                Member("version", TEXT, "name of the version"),
                Member("environment", TEXT, "where it was to run, as the caller wrote it"),
                Member("decision", TEXT, "allow, warn or deny; the same as the time before has no event"),
                Member("reasons", many(TEXT), "reason codes"),
                Member("approval", maybe(ID), "the approval that it stands on"),
                Member("receipt_sha256", SHA256, "digest of the signed receipt"),
            ),
            (GATED,),
        ),
        Row(
            "governance.receipt_key.introduced",
            "is about to sign receipts with a key for the first time",
            "receipt_key",
            (
                Member("keyid", SHA256, "the key's id, as in receipts: the digest of the public key"),
                Member("public_key", TEXT, "the public key, 32 bytes in base64"),
            ),
            (CREDENTIALS,),
        ),
        Row(
            "governance.receipt_key.rotated",
            "changed the key that signs receipts",
            "receipt_key",
            (
                Member("former", TEXT, "id of the key until now"),
                Member("present", TEXT, "id of the key from now on"),
            ),
            (CREDENTIALS,),
        ),
        Row("governance.suspension.raised", "suspended", "suspension", _SUSPENDED, (STOPPED,)),
        Row(
            "governance.suspension.lifted",
            "lifted a suspension",
            "suspension",
            (*_SUSPENDED, Member("approved", FLAG, "whether an approval of the lifting was in force")),
            (STOPPED,),
        ),
    ),
)
