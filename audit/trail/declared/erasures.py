"""Events of erasure, legal holds and retention."""

from audit.trail.controls import DISPOSED
from audit.trail.declaring import (
    CASE,
    COMMITMENT,
    FLAG,
    ID,
    NUMBER,
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
_COUNTS = Member("counts", each(NUMBER), "what went, by name")
_HELD = (
    Member("system", maybe(TEXT), "slug of the AI system; null: not narrowed to one"),
    Member("model", maybe(TEXT), "slug of the model; null: not narrowed to one"),
    Member("by_subject", FLAG, "whether it is about one data subject"),
    Member("reason", COMMITMENT, "why"),
)

AREA = Area(
    "Erasure, holds and retention",
    (
        Row(
            "reviews.erasure.asked",
            "asked for an erasure",
            "erasure",
            (
                Member("ground", TEXT, "request or retention"),
                Member("system", maybe(TEXT), "slug of the AI system; null: not narrowed to one"),
                Member("model", maybe(TEXT), "slug of the model; null: not narrowed", optional=True),
                Member("holds", many(ID), "legal holds that keep a part", optional=True),
                Member("before", TIME, "what was posted later is not meant", optional=True),
                Member("reason", COMMITMENT, "why", optional=True),
                Member("subject", COMMITMENT, "the data subject", optional=True),
            ),
            (DISPOSED,),
        ),
        Row("reviews.erasure.begun", "began an erasure", "erasure", _MOVED),
        Row(
            "reviews.erasure.held",
            "found that a hold keeps a part of an erasure",
            "erasure",
            (*_MOVED, Member("holds", many(ID), "the legal holds"), _COUNTS),
        ),
        Row("reviews.erasure.released", "took up an erasure after its holds", "erasure", _MOVED),
        Row("reviews.erasure.done", "finished an erasure", "erasure", (*_MOVED, _COUNTS), (DISPOSED,)),
        Row(
            "reviews.subject.erased",
            "erased the content of predictions",
            "erasure",
            (
                Member("ground", TEXT, "request or retention"),
                Member("predictions", many(CASE), "the predictions"),
                Member("count", NUMBER, "how many"),
                Member("of", thing(done=NUMBER, total=NUMBER), "how far the erasure is with them"),
            ),
            (DISPOSED,),
        ),
        Row(
            "reviews.prediction.erased",
            "lost its content by an erasure",
            "prediction",
            (Member("erasure", ID, "the erasure"),),
            (DISPOSED,),
        ),
        Row(
            "reviews.hold.placed",
            "placed a legal hold",
            "hold",
            (*_HELD, Member("subject", COMMITMENT, "the data subject", optional=True)),
        ),
        Row("reviews.hold.lifted", "lifted a legal hold", "hold", _HELD),
        Row(
            "reviews.retention.set",
            "set how long content is kept",
            "retention_rule",
            (
                Member("system", TEXT, "slug of the AI system"),
                Member("from", maybe(NUMBER), "days until now; null: without end"),
                Member("to", maybe(NUMBER), "days from now on; null: without end"),
            ),
            (DISPOSED,),
        ),
    ),
)
