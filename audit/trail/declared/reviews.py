"""Events of reviews."""

from dataclasses import replace

from audit.trail.controls import MONITORED, OVERSEEN, OVERSEERS
from audit.trail.declaring import (
    CASE,
    COMMITMENT,
    FLAG,
    NUMBER,
    PERSON,
    SHA256,
    TEXT,
    TIME,
    Area,
    Member,
    Row,
    each,
    many,
    maybe,
)

_FROM, _TO = Member("from", TEXT, "the state before"), Member("to", TEXT, "the state now")
_MOVED = (_FROM, _TO)
_MOVES = tuple(replace(each_, optional=True) for each_ in _MOVED)
"""Of kinds that change the state sometimes."""
_SLOT = Member("slot", NUMBER, "number of the reviewer's place")
_TOKEN = Member("token", NUMBER, "fencing token of the lease")
_REASON = Member("reason_commitment", COMMITMENT, "why")
_MAYBE_REASON = Member("reason_commitment", COMMITMENT, "why", optional=True)
_QUEUES = (
    Member("from_queue", TEXT, "the queue before, where it moves to another", optional=True),
    Member("to_queue", TEXT, "the queue now, where it moves to another", optional=True),
)
_ROUND = (
    Member("round", NUMBER, "the round that begins"),
    Member("reason", TEXT, "reason code"),
    Member("queue", TEXT, "where it waits"),
    Member("note_commitment", COMMITMENT, "what was said to it", optional=True),
)
_JUDGEMENT = (
    Member("judgement", CASE, "the judgement"),
    Member("round", NUMBER, "the round it is of"),
    _SLOT,
    Member("verdict", TEXT, "answer or cannot_tell"),
    Member("changed", maybe(FLAG), "whether it differs from what the model said"),
    Member("reasons", many(TEXT), "the reviewer's reason codes"),
    _TOKEN,
    Member("final_at", TIME, "until when it can be taken back"),
    Member("shown_sha256", SHA256, "digest of what the reviewer was shown"),
    Member("via", TEXT, "page or api"),
    Member("content_commitment", COMMITMENT, "the answer with its comment"),
)

AREA = Area(
    "Reviews",
    (
        Row(
            "reviews.review.opened",
            "sent a prediction to review",
            "review",
            (
                Member("blocks", FLAG, "whether the outcome waits for it"),
                Member("due_at", TIME, "when it should be decided"),
                Member("parts", each(NUMBER), "what the priority is the sum of"),
                Member("prediction", CASE, "the prediction"),
                Member("priority", NUMBER, "the priority"),
                Member("queue", TEXT, "where it waits"),
                Member("reasons", many(TEXT), "reason codes"),
                Member("reviewers", NUMBER, "how many judge it"),
                Member("round", NUMBER, "the round that begins"),
            ),
            (OVERSEEN,),
        ),
        Row(
            "reviews.review.flagged",
            "sent a disputed prediction to review",
            "review",
            (*_ROUND, *_MOVES),
            (OVERSEEN,),
        ),
        Row(
            "reviews.review.reopened",
            "reopened a review",
            "review",
            (*_ROUND, *_MOVED),
            (OVERSEEN,),
        ),
        Row("reviews.review.claimed", "took a review", "review", (_SLOT, _TOKEN), (OVERSEEN,)),
        Row("reviews.review.released", "gave a review back", "review", (_SLOT, _TOKEN)),
        Row("reviews.review.skipped", "skipped a review", "review", (_SLOT, _TOKEN, _REASON)),
        Row(
            "reviews.review.snoozed",
            "put a review off",
            "review",
            (*_MOVED, _SLOT, _TOKEN, Member("until", TIME, "until when"), _MAYBE_REASON),
        ),
        Row("reviews.review.woken", "woke a review that was put off", "review", _MOVED),
        Row(
            "reviews.review.judged",
            "judged a review",
            "review",
            (
                *_JUDGEMENT,
                *_MOVES,
                Member("until", TIME, "when the hold ends and it is settled", optional=True),
            ),
            (OVERSEEN, MONITORED),
        ),
        Row(
            "reviews.review.cannot_tell",
            "could not tell",
            "review",
            (*_JUDGEMENT, *_QUEUES),
            (OVERSEEN,),
        ),
        Row(
            "reviews.review.escalated",
            "escalated a review",
            "review",
            (_SLOT, _REASON, *_QUEUES),
            (OVERSEEN,),
        ),
        Row(
            "reviews.review.undone",
            "took a judgement back",
            "review",
            (Member("judgement", CASE, "the judgement"), _TOKEN, *_MOVES),
            (OVERSEEN,),
        ),
        Row(
            "reviews.review.disagreed",
            "found that reviewers disagree",
            "review",
            _MOVED,
            (MONITORED,),
        ),
        Row(
            "reviews.review.decided",
            "settled a review",
            "review",
            (
                *_MOVED,
                Member("judgement", CASE, "the judgement that counts"),
                Member("label", maybe(CASE), "the label that comes of it"),
                Member("changed", maybe(FLAG), "whether it differs from what the model said"),
            ),
            (OVERSEEN, MONITORED),
        ),
        Row("reviews.review.cancelled", "cancelled a review", "review", (*_MOVED, _MAYBE_REASON)),
        Row(
            "reviews.review.assigned",
            "assigned a review",
            "review",
            (Member("to", maybe(PERSON), "for whom it is kept; null: for everybody"), _MAYBE_REASON),
            (OVERSEERS,),
        ),
        Row(
            "reviews.review.unlocked",
            "unlocked a review",
            "review",
            (Member("holders", many(PERSON), "who held it"), _MAYBE_REASON),
        ),
    ),
)
