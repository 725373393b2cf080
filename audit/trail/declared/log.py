"""Events of the log itself: its keys and beginnings, the schema under it, and what leaves it."""

from audit.trail.controls import CHANGE, CREDENTIALS, DISPOSED, TAKEN_AWAY
from audit.trail.declaring import (
    COMMITMENT,
    FLAG,
    ID,
    NUMBER,
    SHA256,
    TEXT,
    TIME,
    Area,
    Member,
    Row,
    each,
    many,
    maybe,
    thing,
)

_MOVED = (Member("from", TEXT, "the state before"), Member("to", TEXT, "the state now"))
_LOG = Member("log", NUMBER, "number of the log")
_SAMPLE = thing(seed=TEXT, size=NUMBER, kinds=many(TEXT))
_FILTER = thing(
    **{
        "from": maybe(TIME),
        "to": maybe(TIME),
        "system": maybe(ID),
        "subject": maybe(COMMITMENT),
        "sample": maybe(_SAMPLE),
    }
)
_COUNTS = each(NUMBER)

AREA = Area(
    "The log and its checks",
    (
        Row(
            "audit.log.heartbeat",
            "showed that the log is alive",
            "audit_log",
            (_LOG, Member("size", NUMBER, "leaves before this one")),
        ),
        Row(
            "audit.log.restarted",
            "began a new log",
            "audit_log",
            (
                _LOG,
                Member("origin", TEXT, "its name in checkpoints"),
                Member("former_log", NUMBER, "number of the log before it"),
                Member("former_origin", TEXT, "the name of that"),
                Member("former_size", NUMBER, "leaves that the database has of it"),
                Member("former_root", SHA256, "the root of those leaves"),
                Member("anchored", TEXT, "the newest checkpoint outside the database, as signed; or nothing"),
                Member(
                    "also_anchored",
                    many(TEXT),
                    "the newest checkpoint outside of each other log, as signed: a restore may have "
                    "forgotten who quoted it",
                    optional=True,
                ),
                Member("reason", TEXT, "why, as the operator wrote it"),
            ),
            (CHANGE,),
        ),
        Row(
            "audit.log.adopted",
            "began a new anchor file for the log",
            "audit_log",
            (
                _LOG,
                Member("size", NUMBER, "leaves of the checkpoint that it begins with"),
                Member("root", SHA256, "its root"),
                Member("reason", TEXT, "why, as the operator wrote it"),
            ),
            (CHANGE,),
        ),
        Row(
            "audit.log_key.rotated",
            "changed the key that signs the log",
            "audit_log",
            (
                _LOG,
                Member("former", TEXT, "the key until now, as a vkey"),
                Member("present", TEXT, "the key from now on, as a vkey"),
            ),
            (CREDENTIALS,),
        ),
        Row(
            "audit.schema.fingerprinted",
            "took a fingerprint of the database's schema",
            "schema",
            (
                Member(
                    "digest", SHA256, "over triggers, grants, functions, roles and what else guards rest on"
                ),
                Member("parts", each(SHA256), "the same, part by part"),
                Member("explained", FLAG, "whether migrations or an operator account for it"),
                Member("changed", many(TEXT), "objects that changed, at most 100", optional=True),
                Member("changes", NUMBER, "how many changed", optional=True),
                Member("migrations", many(TEXT), "migrations since the last one", optional=True),
            ),
            (CHANGE,),
        ),
        Row(
            "audit.schema.explained",
            "explained a change of the database's schema",
            "schema",
            (
                Member("digest", SHA256, "the fingerprint that is explained"),
                Member("reason", TEXT, "why, as the operator wrote it"),
            ),
            (CHANGE,),
        ),
        Row(
            "audit.bundle.requested",
            "asked for a bundle of the log",
            "bundle",
            (
                Member("filter", _FILTER, "what was asked for; null: no limit"),
                Member("openings", FLAG, "whether values behind commitments come along"),
                Member("format", TEXT, "the format of the bundle"),
                Member("software", TEXT, "what makes it"),
                Member("subject", COMMITMENT, "the data subject that was asked for", optional=True),
            ),
            (TAKEN_AWAY,),
        ),
        Row("audit.bundle.begun", "began a bundle of the log", "bundle", _MOVED),
        Row(
            "audit.bundle.restarted",
            "began a bundle of the log again",
            "bundle",
            (Member("erasure", ID, "the erasure that took what it may have read", optional=True),),
        ),
        Row(
            "audit.bundle.made",
            "made a bundle of the log",
            "bundle",
            (
                *_MOVED,
                Member("sha256", SHA256, "digest of the file"),
                Member("bytes", NUMBER, "its length"),
                Member("counts", _COUNTS, "what is in it"),
            ),
        ),
        Row("audit.bundle.failed", "could not make a bundle of the log", "bundle", _MOVED),
        Row("audit.bundle.cancelled", "cancelled a bundle of the log", "bundle", _MOVED),
        Row(
            "audit.bundle.purged",
            "deleted the file of a bundle of the log",
            "bundle",
            (*_MOVED, Member("erasure", ID, "the erasure that took openings in it")),
            (DISPOSED,),
        ),
        Row(
            "audit.bundle.subject_erased",
            "erased for whom a bundle of the log was asked",
            "bundle",
            (Member("erasure", ID, "the erasure of that data subject"),),
            (DISPOSED,),
        ),
        Row(
            "audit.bundle.downloaded",
            "downloaded a bundle of the log",
            "bundle",
            (
                Member("sha256", SHA256, "digest of the file"),
                Member("first", NUMBER, "first byte that left", optional=True),
                Member("last", NUMBER, "last byte that left", optional=True),
            ),
            (TAKEN_AWAY,),
        ),
        Row(
            "audit.list.downloaded",
            "downloaded a list",
            "list",
            (
                Member("list", TEXT, "which one"),
                Member("filter", each(TEXT), "what it was narrowed to"),
            ),
            (TAKEN_AWAY,),
        ),
    ),
)
