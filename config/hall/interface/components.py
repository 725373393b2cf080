"""The shapes that go over the wire, by name; those of reviews are in `components_of_reviews.py`."""

from collections.abc import Mapping
from typing import Any

from config.hall.interface import components_of_reviews as reviews
from config.hall.interface.building import (
    ANYTHING,
    DIGEST,
    FLAG,
    ID,
    OBJECT,
    SLUG,
    TEXT,
    TIME,
    WHOLE,
    Schema,
    body,
    many,
    maybe,
    one_of,
    thing,
)

_ARTIFACT = body("name uri sha256 size", name=TEXT, uri=TEXT, sha256=DIGEST, size=WHOLE)
_DATASET = body("name sha256", name=TEXT, version=TEXT, sha256=DIGEST)
_OWNERS = thing("", business_sponsor=maybe(TEXT), product_owner=maybe(TEXT), technical_lead=maybe(TEXT))
_VERSION_MEMBERS: dict[str, Schema] = {
    "version": TEXT | {"maxLength": 100},
    "artifacts": many(_ARTIFACT),
    "training_data": many(_DATASET),
    "code": OBJECT,
    "parameters": OBJECT,
    "metrics": OBJECT,
    "slices": many(ANYTHING),
    "card": OBJECT,
    "parent": maybe(TEXT),
    "notes": TEXT,
    "author": maybe(TEXT),
}
_POLICY_MEMBERS: dict[str, Schema] = {
    "queue": SLUG,
    "threshold": {"type": "number", "minimum": 0, "maximum": 1},
    "class_thresholds": {"type": "object", "additionalProperties": {"type": "number"}},
    "always_review": many(TEXT),
    "qa_rate": {"type": "number", "minimum": 0, "maximum": 1},
    "qa_blocks": FLAG,
    "deadline_minutes": WHOLE,
    "rules": many(OBJECT),
    "guardrails": many(OBJECT),
    "reviewers": WHOLE,
    "mode": one_of("assisted", "blind", "reveal_after_commit"),
    "on_deadline": one_of("escalate", "return_undecided", "reject"),
    "escalation_queue": maybe(SLUG),
}

SCHEMAS: Mapping[str, Schema] = {
    "Problem": thing(
        "type title status detail code",
        type=TEXT,
        title=TEXT,
        status=WHOLE,
        detail=TEXT,
        code=TEXT,
        errors=many(thing("all", pointer=TEXT, code=TEXT, detail=TEXT)),
    ),
    "Event": thing(
        "all",
        id=ID,
        kind=TEXT,
        actor=TEXT,
        entity=TEXT | {"description": "type:id"},
        entity_version=WHOLE,
        at=TIME,
        details=OBJECT,
    ),
    "System": thing(
        "id slug name owners",
        id=ID,
        slug=SLUG,
        name=TEXT,
        purpose=TEXT,
        owners=_OWNERS,
        shares_payloads=FLAG,
        created_at=TIME,
    ),
    "NewSystem": body("slug name", slug=SLUG, name=TEXT, purpose=TEXT, owners=_OWNERS, shares_payloads=FLAG),
    "SystemChanges": body("", name=TEXT, purpose=TEXT, owners=_OWNERS, shares_payloads=FLAG),
    "Model": thing(
        "slug system",
        slug=SLUG,
        system=SLUG,
        task=TEXT,
        output_schema=OBJECT,
        input_schema=maybe(OBJECT),
        schema_version=WHOLE,
        class_field=TEXT,
        queue=maybe(SLUG),
        created_at=TIME,
        warnings=many(ANYTHING),
    ),
    "NewModel": body(
        "slug system task output_schema",
        slug=SLUG,
        system=SLUG,
        task=TEXT,
        output_schema=OBJECT,
        input_schema=maybe(OBJECT),
        class_field=TEXT,
        queue=SLUG,
    ),
    "ModelChanges": body(
        "", task=TEXT, output_schema=OBJECT, input_schema=maybe(OBJECT), class_field=TEXT, queue=maybe(SLUG)
    ),
    "ModelVersion": thing("version artifacts", id=ID, model=SLUG, registered_at=TIME, **_VERSION_MEMBERS),
    "NewModelVersion": body("version artifacts", **_VERSION_MEMBERS),
    "Environment": thing(
        "slug",
        slug=SLUG,
        kind=TEXT,
        mode=one_of("block", "warn", "allow"),
        regions=many(TEXT),
        enforce_at_intake=FLAG,
    ),
    "PolicyBody": body("queue threshold", **_POLICY_MEMBERS),
    "Policy": thing(
        "number state queue threshold",
        number=WHOLE,
        state=one_of("draft", "published", "retired"),
        **_POLICY_MEMBERS,
    ),
}


def components() -> dict[str, Any]:
    """The document's `components`."""
    return {
        "schemas": {**SCHEMAS, **reviews.SCHEMAS},
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "A service key (`csk_...`), or a personal token (`cst_...`).",
            },
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": "sessionid",
                "description": "Somebody signed in; what changes something needs the CSRF token, too.",
            },
        },
    }
