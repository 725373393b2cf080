"""Events of queues, routing policies, labels, exports and lists that are taken away."""

from audit.trail.controls import CHANGE, DISPOSED, OVERSEERS, RULES, TAKEN_AWAY, TRAINING_DATA
from audit.trail.declaring import (
    CASE,
    COMMITMENT,
    DECIMAL,
    FLAG,
    ID,
    NUMBER,
    PERSON_ID,
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

_POLICY = (
    Member("model", TEXT, "slug of the model"),
    Member("number", NUMBER, "number of the policy among the model's"),
)
_SAID = (
    Member("queue", TEXT, "where predictions wait"),
    Member("threshold", maybe(DECIMAL), "the confidence from which a prediction may stand alone"),
    Member("qa_rate", DECIMAL, "the share of accepted predictions that people look at all the same"),
    Member("qa_blocks", FLAG, "whether the outcome of those waits"),
    Member("deadline_minutes", NUMBER, "within how many minutes they should be decided"),
    Member("escalation_queue", maybe(TEXT), "where reviews go that are passed on"),
    Member("body_sha256", SHA256, "digest of the whole policy"),
)
_MOVED = (Member("from", TEXT, "the state before"), Member("to", TEXT, "the state now"))
_ERASURE = Member("erasure", ID, "the erasure that it goes with", optional=True)
_TEXTS = maybe(many(TEXT))
_FILTER = thing(
    decided_after=maybe(TIME),
    decided_before=maybe(TIME),
    versions=_TEXTS,
    changed=maybe(FLAG),
    queues=_TEXTS,
    classes=_TEXTS,
    include_probes=FLAG,
    include_restricted=FLAG,
)
_REQUEST = thing(
    model=TEXT,
    format=TEXT,
    filter=_FILTER,
    split=maybe(each(DECIMAL)),
    drop=many(TEXT),
    pseudonymise=many(TEXT),
    class_field=TEXT,
    queue_ids=maybe(many(ID)),
    environments=maybe(many(TEXT)),
)

POLICIES = Area(
    "Queues and routing policies",
    (
        Row(
            "reviews.queue.created",
            "made a queue",
            "queue",
            (
                Member("slug", TEXT, "the queue's name in addresses"),
                Member("name", TEXT, "what the queue is called"),
            ),
            (OVERSEERS,),
        ),
        Row("reviews.policy.drafted", "drafted a routing policy", "policy", (*_POLICY, *_SAID), (RULES,)),
        Row("reviews.policy.changed", "changed a draft policy", "policy", (*_POLICY, *_SAID), (RULES,)),
        Row("reviews.policy.discarded", "discarded a draft policy", "policy", _POLICY, (RULES,)),
        Row(
            "reviews.policy.published",
            "published a routing policy",
            "policy",
            (*_POLICY, *_SAID, Member("former", maybe(NUMBER), "number of the policy that it replaces")),
            (RULES, CHANGE),
        ),
        Row(
            "reviews.policy.retired",
            "retired a routing policy",
            "policy",
            (*_POLICY, Member("successor", NUMBER, "number of the policy that replaces it")),
            (RULES,),
        ),
    ),
)

LABELS = Area(
    "Labels and exports",
    (
        Row(
            "reviews.label.withdrawn",
            "withdrew a label",
            "review",
            (
                Member("label", CASE, "the label"),
                Member("tombstone", CASE, "what stands in its place"),
                Member("reason", COMMITMENT, "why; of a person's withdrawal only", optional=True),
                _ERASURE,
            ),
            (TRAINING_DATA,),
        ),
        Row(
            "reviews.export.requested",
            "asked for an export",
            "export",
            (
                Member("request", _REQUEST, "what is asked for, with every default filled in"),
                Member("through", NUMBER, "the last position of the labels' feed that counts"),
            ),
            (TAKEN_AWAY, TRAINING_DATA),
        ),
        Row("reviews.export.running", "began an export", "export", _MOVED),
        Row("reviews.export.restarted", "started an export again", "export", (_ERASURE,)),
        Row(
            "reviews.export.done",
            "finished an export",
            "export",
            (
                *_MOVED,
                Member("digest", SHA256, "digest of the manifest's content"),
                Member("rows", NUMBER, "how many labels"),
                Member("files", each(SHA256), "digests of its files, by their names"),
            ),
            (TRAINING_DATA,),
        ),
        Row("reviews.export.failed", "could not finish an export", "export", _MOVED),
        Row("reviews.export.cancelled", "cancelled an export", "export", _MOVED),
        Row(
            "reviews.export.purged",
            "deleted the files of an export",
            "export",
            (*_MOVED, _ERASURE),
            (DISPOSED,),
        ),
        Row(
            "reviews.export.downloaded",
            "downloaded a file of an export",
            "export",
            (
                Member("file", TEXT, "the file"),
                Member("sha256", SHA256, "digest of the whole file"),
                Member("first", NUMBER, "the first byte that was asked for"),
                Member("last", NUMBER, "the last byte that was asked for"),
            ),
            (TAKEN_AWAY,),
        ),
        Row(
            "reviews.decided.downloaded",
            "downloaded a list of decided reviews",
            "decided_list",
            (
                Member("whose", TEXT, "the person's own decisions, or those of their queues"),
                Member("queues", maybe(many(ID)), "the queues it is about"),
                Member("reviewer", maybe(PERSON_ID), "the reviewer it is about"),
            ),
            (TAKEN_AWAY,),
        ),
    ),
)
