"""Predictions, routing policies, labels and exports, described."""

from collections.abc import Mapping

from config.hall.interface.building import (
    FEEDS,
    OBJECT,
    PAGES,
    SLUG,
    TEXT,
    WAIT,
    WHOLE,
    Operation,
    body,
    feed_of,
    one_of,
    page_of,
    ref,
)

_WRITER = "policies:write, or a model owner of the system"
_MODEL = {"model": (SLUG, "only of this model")}
_REASON = body("reason", reason=TEXT)

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("intake-predictions", "POST"): Operation(
        "Predictions",
        "Ask whether a prediction may stand",
        "predictions:write",
        {201: ref("Answer"), 200: ref("Answer")},
        body=ref("NewPrediction"),
        lines=ref("Line"),
        text="One as `application/json`: 201, or 200 with the stored one when the same comes again. Many as "
        "`application/x-ndjson` (gzip allowed, at most 10,000 lines and 32 MiB): 200 with a line for each.",
    ),
    ("intake-predictions", "GET"): Operation(
        "Predictions",
        "Find a prediction by its external id",
        "predictions:write, outcomes:read, labels:read or a role",
        {200: ref("Prediction")},
        query={"model*": (SLUG, "its model"), "external_id*": (TEXT, "as it was posted"), **WAIT},
    ),
    ("intake-prediction", "GET"): Operation(
        "Predictions",
        "Read a prediction",
        "predictions:write, outcomes:read, labels:read or a role",
        {200: ref("Prediction"), 304: None},
        query=WAIT,
        text="With `ETag`; members that the caller may not see are absent.",
    ),
    ("intake-flag", "POST"): Operation(
        "Predictions",
        "Dispute an accepted prediction",
        "predictions:write, or a role that may",
        {200: ref("Prediction")},
        body=body("reason", reason=TEXT, by=one_of("customer", "staff", "monitor")),
    ),
    ("intake-cancel", "POST"): Operation(
        "Predictions",
        "Withdraw a prediction",
        "predictions:write",
        {200: ref("Prediction")},
        body=_REASON,
    ),
    ("intake-outcomes", "GET"): Operation(
        "Predictions",
        "Follow the human outcomes",
        "outcomes:read",
        {200: feed_of(ref("FeedOutcome"))},
        query={**FEEDS, **_MODEL, "include": (one_of("model"), "the immediate accepts, too")},
    ),
    ("routing-policies", "GET"): Operation(
        "Routing policies",
        "List the policies of a model",
        "a role on the system, or a key that reads the registry",
        {200: page_of(ref("Policy"))},
        query=PAGES,
    ),
    ("routing-policies", "POST"): Operation(
        "Routing policies",
        "Draft a policy",
        _WRITER,
        {201: ref("Policy")},
        body=ref("PolicyBody"),
    ),
    ("routing-policy", "GET"): Operation(
        "Routing policies",
        "Read a policy",
        "a role on the system, or a key that reads the registry",
        {200: ref("Policy")},
    ),
    ("routing-policy", "PUT"): Operation(
        "Routing policies",
        "Rewrite a draft",
        _WRITER,
        {200: ref("Policy")},
        body=ref("PolicyBody"),
    ),
    ("routing-policy", "DELETE"): Operation(
        "Routing policies",
        "Discard a draft",
        _WRITER,
        {204: None},
    ),
    ("routing-publish", "POST"): Operation(
        "Routing policies",
        "Put a draft in force",
        _WRITER,
        {200: ref("Policy")},
        body=body(),
        text="It never changes afterwards; the one before is retired.",
    ),
    ("routing-replay", "POST"): Operation(
        "Routing policies",
        "Try a policy on past predictions",
        _WRITER,
        {202: OBJECT},
        body=body("last", last=WHOLE),
        text="Not in this release: answers 422 NOT_AVAILABLE_YET.",
    ),
    ("labels-feed", "GET"): Operation(
        "Labels",
        "Follow the labels",
        "labels:read, or a queue manager",
        {200: feed_of(ref("Label"))},
        query={**FEEDS, **_MODEL},
        text="Withdrawn labels come as tombstones.",
    ),
    ("labels-withdraw", "POST"): Operation(
        "Labels",
        "Withdraw a label",
        "a queue manager of the system",
        {200: ref("Label")},
        body=_REASON,
    ),
    ("exports-exports", "GET"): Operation(
        "Exports",
        "List exports",
        "labels:read, or a queue manager",
        {200: page_of(ref("Export"))},
        query=PAGES,
    ),
    ("exports-exports", "POST"): Operation(
        "Exports",
        "Ask for an export",
        "labels:read, or a queue manager",
        {202: ref("Export")},
        body=ref("NewExport"),
        text="The same request and `through` give byte-identical files.",
    ),
    ("exports-export", "GET"): Operation(
        "Exports",
        "See how far an export is",
        "labels:read, or a queue manager",
        {200: ref("Export")},
    ),
    ("exports-export", "DELETE"): Operation(
        "Exports",
        "Delete the files of an export",
        "the key that asked for it, or a queue manager",
        {204: None},
    ),
    ("exports-cancel", "POST"): Operation(
        "Exports",
        "Cancel an export",
        "labels:read, or a queue manager",
        {200: ref("Export")},
        body=body(),
    ),
    ("exports-file", "GET"): Operation(
        "Exports",
        "Download a file",
        "labels:read, or a queue manager",
        {200: OBJECT, 206: OBJECT, 304: None, 416: None},
        file=True,
        refusals=(401, 403, 404, 409, 410, 422, 429, 503),
        text="With ranges, `ETag` and the file's digest.",
    ),
}
