"""The registry, the events, and this documentation itself, described."""

from collections.abc import Mapping

from config.hall.interface.building import (
    FEEDS,
    OBJECT,
    PAGES,
    SLUG,
    TEXT,
    Operation,
    body,
    feed_of,
    maybe,
    page_of,
    ref,
    thing,
)

READER = "a role on the system, or a key that reads the registry"
RULER = "an administrator or compliance officer with that role everywhere"
WRITER = "registry:write, or a model owner of the system"

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("systems-systems", "GET"): Operation(
        "Registry",
        "List AI systems",
        READER,
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
        READER,
        {200: ref("System")},
    ),
    ("systems-system", "PATCH"): Operation(
        "Registry",
        "Change an AI system",
        WRITER,
        {200: ref("System")},
        body=ref("SystemChanges"),
    ),
    ("catalog-models", "GET"): Operation(
        "Registry",
        "List models",
        READER,
        {200: page_of(ref("Model"))},
        query={**PAGES, "system": (SLUG, "only of this AI system")},
    ),
    ("catalog-models", "POST"): Operation(
        "Registry",
        "Register a model",
        WRITER,
        {201: ref("Model")},
        body=ref("NewModel"),
    ),
    ("catalog-model", "GET"): Operation(
        "Registry",
        "Read a model",
        READER,
        {200: ref("Model")},
    ),
    ("catalog-model", "PATCH"): Operation(
        "Registry",
        "Change a model",
        WRITER,
        {200: ref("Model")},
        body=ref("ModelChanges"),
        text="A new schema is a new schema version; predictions live under the one in force when posted.",
    ),
    ("catalog-versions", "GET"): Operation(
        "Registry",
        "List the versions of a model",
        READER,
        {200: page_of(ref("ModelVersion"))},
        query=PAGES,
    ),
    ("catalog-versions", "POST"): Operation(
        "Registry",
        "Register a version",
        WRITER,
        {201: ref("ModelVersion")},
        body=ref("NewModelVersion"),
        text="Artifacts, data, code, parameters and metrics never change.",
    ),
    ("catalog-version", "GET"): Operation(
        "Registry",
        "Read a version",
        READER,
        {200: ref("ModelVersion")},
    ),
    ("catalog-cards", "GET"): Operation(
        "Registry",
        "List the cards of a version, newest first",
        READER,
        {200: page_of(ref("Card"))},
        query=PAGES,
    ),
    ("catalog-cards", "POST"): Operation(
        "Registry",
        "Revise the card of a version",
        WRITER,
        {201: ref("Card")},
        body=body("card", card=OBJECT),
        text="The card that came with the version is number 1. `sha256` is of its RFC 8785 form.",
    ),
    ("catalog-card", "GET"): Operation(
        "Registry",
        "Read one card of a version",
        READER,
        {200: ref("Card")},
    ),
    ("catalog-environments", "GET"): Operation(
        "Registry",
        "List environments",
        READER,
        {200: page_of(ref("Environment"))},
        query=PAGES,
    ),
    ("catalog-environments", "POST"): Operation(
        "Registry",
        "Make an environment",
        RULER,
        {201: ref("Environment")},
        body=ref("NewEnvironment"),
    ),
    ("catalog-environments", "PATCH"): Operation(
        "Registry",
        "Change the environment that the body names",
        RULER,
        {200: ref("Environment")},
        body=ref("EnvironmentChanges"),
    ),
    ("catalog-environment", "GET"): Operation(
        "Registry",
        "Read an environment",
        READER,
        {200: ref("Environment")},
    ),
    ("catalog-environment", "PATCH"): Operation(
        "Registry",
        "Change an environment",
        RULER,
        {200: ref("Environment")},
        body=ref("EnvironmentChanges"),
        text="It holds at once; `mode` decides what the gate does about a version that lacks something.",
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
        answers={200: {"allOf": [ref("Event"), thing("inclusion", inclusion=maybe(ref("Inclusion")))]}},
        text="`inclusion` is the proof that the event is in the log; null for the moment until it is a leaf. "
        "Its `checkpoint` is null until one was signed that covers the event.",
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
