"""Queues and reviews, described."""

from collections.abc import Mapping

from config.hall.interface.building import (
    ANYTHING,
    FLAG,
    ID,
    OBJECT,
    PAGES,
    SLUG,
    TEXT,
    TIME,
    WHOLE,
    Operation,
    body,
    many,
    maybe,
    page_of,
    ref,
    thing,
)

_WORKER = "a person with a reviewing role on the queue"
_MANAGER = "a queue manager of the queue"
_REASON = body("reason", reason=TEXT)
_TOKEN = body("token", token=WHOLE)

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("judging-queues", "GET"): Operation(
        "Queues",
        "List my queues",
        "a role on the queue, or policies:write",
        {200: page_of(ref("Queue"))},
        query=PAGES,
    ),
    ("judging-queues", "POST"): Operation(
        "Queues",
        "Make a queue",
        "policies:write, or a queue manager of the system",
        {201: ref("Queue")},
        body=ref("NewQueue"),
    ),
    ("judging-queue", "GET"): Operation(
        "Queues",
        "See how much waits",
        "a role on the queue, or policies:write",
        {200: ref("Queue")},
        text="Exact to 10,000; above at most 5 seconds old.",
    ),
    ("judging-queue-claim", "POST"): Operation(
        "Reviews",
        "Take the most urgent review of a queue",
        _WORKER,
        {200: ref("Claimed")},
        body=body("", hold=many(ID)),
        text="One's own live lease that is not in `hold` comes back first.",
    ),
    ("judging-claim", "POST"): Operation(
        "Reviews",
        "Take the most urgent review of my queues",
        _WORKER,
        {200: ref("Claimed")},
        body=body("", queues=many(SLUG), hold=many(ID)),
    ),
    ("judging-reviews", "GET"): Operation(
        "Reviews",
        "List reviews",
        "a role on the queue, or policies:write",
        {200: page_of(ref("Review"))},
        query={
            **PAGES,
            "queue": (SLUG, ""),
            "state": (TEXT, ""),
            "model": (SLUG, ""),
            "external_id": (TEXT, ""),
            "reviewer": (TEXT, ""),
            "decided_after": (TIME, ""),
            "changed": (FLAG, ""),
        },
    ),
    ("judging-review", "GET"): Operation(
        "Reviews",
        "Read a review",
        "a role on the queue, or policies:write",
        {200: ref("Review")},
    ),
    ("judging-review-claim", "POST"): Operation(
        "Reviews",
        "Take this very review",
        _WORKER,
        {200: ref("Claimed")},
        body=body(),
    ),
    ("judging-assign", "POST"): Operation(
        "Reviews",
        "Assign a review, or leave it to everybody",
        _MANAGER,
        {200: ref("Review")},
        body=body("person reason", person=maybe(TEXT), reason=TEXT),
    ),
    ("judging-unlock", "POST"): Operation(
        "Reviews",
        "End somebody's lease",
        _MANAGER,
        {200: ref("Review")},
        body=body("", reason=TEXT),
    ),
    ("judging-heartbeat", "POST"): Operation(
        "Reviews",
        "Prolong a lease",
        "whoever holds it",
        {200: ref("Lease")},
        body=_TOKEN,
    ),
    ("judging-release", "POST"): Operation(
        "Reviews",
        "Give a review back, skip it or put it off",
        "whoever holds it",
        {200: ref("Review")},
        body=body("token", token=WHOLE, reason=TEXT, snooze_until=TIME),
    ),
    ("judging-draft", "PUT"): Operation(
        "Reviews",
        "Keep what is typed",
        "whoever holds it",
        {200: thing("all", draft=ANYTHING, saved_at=TIME)},
        body=body("token draft", token=WHOLE, draft=ANYTHING),
    ),
    ("judging-judgement", "POST"): Operation(
        "Reviews",
        "Decide",
        "whoever holds it",
        {201: ref("Judged")},
        body=ref("NewJudgement"),
        text="The same `submission_id` with the same content is answered the same again.",
    ),
    ("judging-undo", "POST"): Operation(
        "Reviews",
        "Take a held decision back",
        "whoever made it",
        {200: ref("Review")},
        body=body("submission_id", submission_id=ID),
    ),
    ("judging-escalate", "POST"): Operation(
        "Reviews",
        "Pass a review on",
        "whoever holds it",
        {200: ref("Review")},
        body=body("token reason", token=WHOLE, reason=TEXT),
    ),
    ("judging-reopen", "POST"): Operation(
        "Reviews",
        "Ask people again",
        f"{_MANAGER}, or whoever decided it within 24 hours",
        {200: ref("Review")},
        body=_REASON,
    ),
    ("judging-reason-codes", "GET"): Operation(
        "Reviews",
        "List the reasons for a changed answer",
        "a role on the system, or any key for it",
        {200: page_of(OBJECT)},
    ),
}
