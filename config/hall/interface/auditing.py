"""Bundles and samples of the audit log, described."""

from collections.abc import Mapping

from config.hall.interface.building import (
    FLAG,
    ID,
    OBJECT,
    PAGES,
    TEXT,
    TIME,
    WHOLE,
    Operation,
    Schema,
    body,
    maybe,
    one_of,
    page_of,
    ref,
    thing,
)

_READER = "audit:read, or the role auditor"
_STATES = one_of("queued", "running", "done", "failed", "cancelled", "purged")
_FILTER = {"from": TIME, "to": TIME, "system": TEXT, "subject": TEXT, "openings": FLAG}
_TEXT = (
    "A worker makes it once a signed checkpoint covers the request. `verifier.py bundle` checks the file "
    "offline. `openings` needs a person who may read them; payloads are never part of it."
)

COMPONENTS: Mapping[str, Schema] = {
    "Bundle": thing(
        "all",
        id=ID,
        state=_STATES,
        progress=thing("all", done=WHOLE, total=WHOLE),
        filter=OBJECT,
        openings=FLAG,
        manifest=maybe(OBJECT),
        failure=maybe(TEXT),
        requested_by=TEXT,
        requested_at=TIME,
        started_at=maybe(TIME),
        finished_at=maybe(TIME),
    ),
}

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("bundles-bundles", "GET"): Operation(
        "Audit", "List bundles", _READER, {200: page_of(ref("Bundle"))}, query=PAGES
    ),
    ("bundles-bundles", "POST"): Operation(
        "Audit",
        "Ask for a bundle of the log",
        _READER,
        {202: ref("Bundle")},
        body=body("", **_FILTER),
        text=_TEXT,
    ),
    ("bundles-samples", "POST"): Operation(
        "Audit",
        "Ask for a reproducible random sample, as a bundle",
        _READER,
        {202: ref("Bundle")},
        body=body(
            "seed size kind",
            **_FILTER,
            seed=TEXT,
            size=WHOLE | {"minimum": 1, "maximum": 10_000},
            kind=one_of("decisions", "approvals", "grants", "predictions"),
        ),
        text="The same seed draws the same events of a log: the smallest SHA-256 of seed and position.",
    ),
    ("bundles-bundle", "GET"): Operation("Audit", "Read a bundle", _READER, {200: ref("Bundle")}),
    ("bundles-cancel", "POST"): Operation(
        "Audit", "Cancel a bundle", _READER, {200: ref("Bundle")}, body=body()
    ),
    ("bundles-sample", "GET"): Operation(
        "Audit",
        "Fetch what was drawn, as CSV",
        _READER,
        {200: TEXT},
        file=True,
        refusals=(401, 403, 404, 409, 429),
        text="One row for each event of a sample: its place, and the proof that it is in the signed tree.",
    ),
    ("bundles-file", "GET"): Operation(
        "Audit",
        "Fetch the file",
        _READER,
        {200: TEXT, 206: TEXT, 304: None, 416: None},
        file=True,
        refusals=(401, 403, 404, 409, 410, 429, 503),
        text="With ranges, `ETag` and the file's digest. Each download is an event.",
    ),
}
