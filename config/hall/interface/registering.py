"""The registry, the events, and this documentation itself, described."""

from collections.abc import Mapping

from config.hall.interface.building import (
    FEEDS,
    OBJECT,
    PAGES,
    SLUG,
    TEXT,
    Operation,
    feed_of,
    maybe,
    page_of,
    ref,
    thing,
)

_READER = "a role on the system, or a key that reads the registry"
_WRITER = "registry:write, or a model owner of the system"

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("systems-systems", "GET"): Operation(
        "Registry",
        "List AI systems",
        _READER,
        {200: page_of(ref("System"))},
        query=PAGES,
    ),
    ("systems-systems", "POST"): Operation(
        "Registry",
        "Register an AI system",
        "registry:write, a model owner or administrator everywhere",
        {201: ref("System")},
        body=ref("NewSystem"),
    ),
    ("systems-system", "GET"): Operation(
        "Registry",
        "Read an AI system",
        _READER,
        {200: ref("System")},
    ),
    ("systems-system", "PATCH"): Operation(
        "Registry",
        "Change an AI system",
        _WRITER,
        {200: ref("System")},
        body=ref("SystemChanges"),
    ),
    ("catalog-models", "GET"): Operation(
        "Registry",
        "List models",
        _READER,
        {200: page_of(ref("Model"))},
        query={**PAGES, "system": (SLUG, "only of this AI system")},
    ),
    ("catalog-models", "POST"): Operation(
        "Registry",
        "Register a model",
        _WRITER,
        {201: ref("Model")},
        body=ref("NewModel"),
    ),
    ("catalog-model", "GET"): Operation(
        "Registry",
        "Read a model",
        _READER,
        {200: ref("Model")},
    ),
    ("catalog-model", "PATCH"): Operation(
        "Registry",
        "Change a model",
        _WRITER,
        {200: ref("Model")},
        body=ref("ModelChanges"),
        text="A new schema is a new schema version; predictions live under the one in force when posted.",
    ),
    ("catalog-versions", "GET"): Operation(
        "Registry",
        "List the versions of a model",
        _READER,
        {200: page_of(ref("ModelVersion"))},
        query=PAGES,
    ),
    ("catalog-versions", "POST"): Operation(
        "Registry",
        "Register a version",
        _WRITER,
        {201: ref("ModelVersion")},
        body=ref("NewModelVersion"),
        text="Artifacts, data, code, parameters and metrics never change.",
    ),
    ("catalog-version", "GET"): Operation(
        "Registry",
        "Read a version",
        _READER,
        {200: ref("ModelVersion")},
    ),
    ("catalog-environments", "GET"): Operation(
        "Registry",
        "List environments",
        _READER,
        {200: page_of(ref("Environment"))},
        query=PAGES,
    ),
    ("trail-events", "GET"): Operation(
        "Audit",
        "Follow the audit events",
        "audit:read, or an auditor",
        {200: feed_of(ref("Event"))},
        text="A key limited to AI systems sees the events of these. Looks at 5,000 at most: with a filter "
        "a page may be short while its cursor moves on.",
        query={
            **FEEDS,
            "entity": (TEXT, "type:id"),
            "actor": (TEXT, "person:id, key:id, clock or operator"),
            "kind": (TEXT, "such as reviews.review.judged"),
        },
    ),
    ("trail-event", "GET"): Operation(
        "Audit",
        "Read an audit event",
        "audit:read, or an auditor",
        answers={200: {"allOf": [ref("Event"), thing("inclusion", inclusion=maybe(OBJECT))]}},
        text="`inclusion` is null until the log over the events exists; then it is the proof.",
    ),
    ("hall-openapi", "GET"): Operation(
        "Documentation",
        "This document",
        "nothing",
        {200: OBJECT},
        refusals=(),
        is_open=True,
    ),
    ("hall-docs", "GET"): Operation(
        "Documentation",
        "This document as a page",
        "nothing",
        {200: OBJECT},
        refusals=(),
        is_open=True,
        file=True,
    ),
}
