"""Erasure, legal holds and retention, described."""

from collections.abc import Mapping

from config.hall.interface.building import (
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
    one_of,
    page_of,
    thing,
)

_OFFICER = "a compliance officer, with a session or a personal token; no service key can"
_SEES = "a compliance officer or auditor"
_STATE = one_of("queued", "running", "held", "done")
_ERASURE = {
    "id": ID, "state": _STATE, "ground": one_of("request", "retention"), "system": maybe(SLUG),
    "model": maybe(SLUG), "reason": TEXT, "progress": thing("all", done=WHOLE, total=WHOLE),
    "asked_by": TEXT, "asked_at": TIME, "finished_at": maybe(TIME),
}  # fmt: skip
_RECEIVERS = thing(
    "all",
    exports=many(
        thing(
            export=ID,
            requested_by=TEXT,
            requested_at=TIME,
            predictions=WHOLE,
            state=TEXT,
            downloads=many(thing("all", by=TEXT, at=TIME, file=TEXT)),
        )
    ),
    keys=many(thing("by how certain", by=TEXT, name=TEXT, how=many(TEXT), certain=FLAG, last_used_at=TIME)),
    people=many(thing("all", person=TEXT, how=one_of("reviewed", "opened"), first_at=TIME, last_at=TIME)),
    bundles=many(
        thing(
            "all",
            bundle=ID,
            requested_by=TEXT,
            requested_at=TIME,
            predictions=WHOLE,
            state=TEXT,
            downloads=many(thing("all", by=TEXT, at=TIME)),
        )
    ),
    decided_lists=many(thing("all", by=TEXT, at=TIME, predictions=WHOLE)),
)
_WHOLE = thing(
    **_ERASURE,
    subject=maybe(TEXT),
    holds=many(ID),
    counts=OBJECT,
    receivers=maybe(_RECEIVERS),
    events=many(thing("all", event=ID, position=maybe(WHOLE), at=TIME)),
)
_PREVIEW = thing(
    "all", predictions=WHOLE, pending=WHOLE, open_reviews=WHOLE, labels=WHOLE, judgements=WHOLE,
    holds=many(ID), receivers=_RECEIVERS,
)  # fmt: skip
_HOLD = thing(
    "all", id=ID, system=maybe(SLUG), model=maybe(SLUG), by_subject=FLAG, subject=maybe(TEXT), reason=TEXT,
    placed_by=TEXT, placed_at=TIME, lift_reason=maybe(TEXT), lifted_by=maybe(TEXT), lifted_at=maybe(TIME),
)  # fmt: skip
_RETENTION = thing(
    "all", system=SLUG, days=maybe(WHOLE), floor_days=WHOLE, set_by=maybe(TEXT), set_at=maybe(TIME)
)

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("erasure-erasures", "GET"): Operation(
        "Erasure",
        "List erasures, newest first",
        _SEES,
        {200: page_of(thing("all", **_ERASURE))},
        query={**PAGES, "state": (_STATE, "only those"), "ground": (TEXT, "request or retention")},
    ),
    ("erasure-erasures", "POST"): Operation(
        "Erasure",
        "Erase the data of a person",
        _OFFICER,
        {202: _WHOLE},
        body=body("subject reason", subject=TEXT, reason=TEXT, system=SLUG, model=SLUG),
        text="Of the predictions posted with this `subject` until now: payload, explanation, answers and "
        "comments of reviewers, drafts and openings go, labels are withdrawn, exports and bundles that "
        "hold them lose their files. Ids, times, digests and events stay. `held` where legal holds keep all "
        "of it.",
    ),
    ("erasure-preview", "POST"): Operation(
        "Erasure",
        "See what an erasure would take, and who had received it",
        _OFFICER,
        {200: _PREVIEW},
        body=body("subject", subject=TEXT, system=SLUG, model=SLUG),
        text="Changes nothing.",
    ),
    ("erasure-erasure", "GET"): Operation(
        "Erasure",
        "See how far an erasure is, and who had received what it took",
        _SEES,
        {200: _WHOLE},
        text="`subject` is null once it is done: it is forgotten, too.",
    ),
    ("holds-holds", "GET"): Operation(
        "Erasure",
        "List legal holds, newest first",
        _SEES,
        {200: page_of(_HOLD)},
        query={**PAGES, "live": (FLAG, "only those in force, or those lifted")},
    ),
    ("holds-holds", "POST"): Operation(
        "Erasure",
        "Keep data from being erased",
        _OFFICER,
        {201: _HOLD},
        body=body("reason", subject=TEXT, reason=TEXT, system=SLUG, model=SLUG),
        text="At least one of `subject`, `system` and `model`; all that are named have to match.",
    ),
    ("holds-hold", "GET"): Operation("Erasure", "Read a legal hold", _SEES, {200: _HOLD}),
    ("holds-lift", "POST"): Operation(
        "Erasure",
        "Lift a legal hold",
        _OFFICER,
        {200: _HOLD},
        body=body("reason", reason=TEXT),
        text="Erasures that waited for it go on by themselves.",
    ),
    ("retention-retention", "GET"): Operation(
        "Erasure",
        "How long the content of a system's predictions is kept",
        "any role on the system, or a key that reads the registry",
        {200: _RETENTION},
    ),
    ("retention-retention", "PUT"): Operation(
        "Erasure",
        "Say how long the content of a system's predictions is kept",
        _OFFICER,
        {200: _RETENTION},
        body=body("days", days=maybe(WHOLE)),
        text="Null keeps it. 422 BELOW_FLOOR under `floor_days`: six months, for every class.",
    ),
}
