"""The shapes that go over the wire, by name; those of reviews are in `components_of_reviews.py`."""

from collections.abc import Mapping
from typing import Any

from config.hall.interface import auditing, classifying, governing
from config.hall.interface import components_of_approvals as approvals
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
    ref,
    thing,
)

_ARTIFACT = body("name uri sha256 size", name=TEXT, uri=TEXT, sha256=DIGEST, size=WHOLE)
_DATASET = body("name sha256", name=TEXT, version=TEXT, sha256=DIGEST, licence=TEXT)
_OUTSIDE = body("name", name=TEXT, version=TEXT, sha256=DIGEST)
_COMPARED = thing(
    "name values differs",
    name=TEXT,
    slice=TEXT,
    values=many(ANYTHING),
    differs=FLAG,
    differences=many(maybe({"type": "number"})),
)
_OWNERS = thing("", business_sponsor=maybe(TEXT), product_owner=maybe(TEXT), technical_lead=maybe(TEXT))
_VERSION_MEMBERS: dict[str, Schema] = {
    "version": TEXT | {"maxLength": 100},
    "artifacts": many(_ARTIFACT),
    "training_data": many(_DATASET),
    "code": OBJECT,
    "base_model": maybe(_OUTSIDE),
    "prompt": maybe(_OUTSIDE),
    "features": many(ANYTHING),
    "parameters": OBJECT,
    "metrics": OBJECT,
    "slices": many(ANYTHING),
    "card": OBJECT,
    "parent": maybe(TEXT),
    "notes": TEXT,
    "author": maybe(TEXT),
}
_ENVIRONMENT_MEMBERS: dict[str, Schema] = {
    "slug": SLUG,
    "kind": TEXT,
    "mode": one_of("block", "warn", "allow"),
    "regions": many(TEXT),
    "enforce_at_intake": FLAG,
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
        reasons=many(thing("all", code=TEXT, detail=TEXT)),
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
    "Inclusion": thing(
        "all",
        log=WHOLE,
        origin=TEXT,
        index=WHOLE | {"description": "of the leaf, from 0"},
        leaf_hash=TEXT | {"description": "SHA-256 of a zero byte and the event's bytes, as base64"},
        tree_size=WHOLE,
        root=TEXT,
        proof=many(TEXT) | {"description": "RFC 9162, 2.1.3: from the leaf to the root"},
        checkpoint=maybe(TEXT | {"description": "the signed note (C2SP tlog-checkpoint) of this tree"}),
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
    "ModelVersion": thing(
        "version artifacts", id=ID, model=SLUG, registered_at=TIME, card_revision=WHOLE, **_VERSION_MEMBERS
    ),
    "Card": thing("all", number=WHOLE, card=OBJECT, sha256=DIGEST, created_by=TEXT, created_at=TIME),
    "NewModelVersion": body("version artifacts", **_VERSION_MEMBERS),
    "Environment": thing("slug", **_ENVIRONMENT_MEMBERS),
    "NewEnvironment": body("slug kind", **_ENVIRONMENT_MEMBERS),
    "EnvironmentChanges": body("", **_ENVIRONMENT_MEMBERS),
    "Deployment": thing(
        "id model version environment number kind live gate",
        id=ID,
        model=SLUG,
        version=TEXT,
        environment=SLUG,
        number=WHOLE,
        kind=one_of("deploy", "rollback"),
        live=FLAG,
        gate=thing(
            "all", decision=one_of("allow", "warn"), reasons=many(thing("all", code=TEXT, detail=TEXT))
        ),
        rolls_back_to=maybe(TEXT),
        deployed_by=TEXT,
        deployed_at=TIME,
        ended_at=maybe(TIME),
    ),
    "Alias": thing(
        "alias model version",
        alias=SLUG,
        model=SLUG,
        version=maybe(TEXT),
        moved_by=TEXT,
        moved_at=TIME,
        protections=many(ref("AliasProtection")),
        history=many(thing("all", version=maybe(TEXT), by=TEXT, at=TIME)),
    ),
    "AliasProtection": thing(
        "id pattern role environment",
        id=ID,
        pattern=TEXT,
        role=TEXT,
        environment=SLUG,
        classes=many(TEXT),
        created_by=TEXT,
        created_at=TIME,
        ended_at=maybe(TIME),
    ),
    "Comparison": thing(
        "all",
        model=SLUG,
        versions=many(TEXT),
        metrics=many(_COMPARED),
        slices=many(_COMPARED),
        parameters=many(_COMPARED),
        card=many(_COMPARED),
        training_data=many(_COMPARED),
        code=many(_COMPARED),
        sections=many(thing("all", title=TEXT, rows=many(_COMPARED))),
    ),
    "Lineage": thing(
        "all",
        subject=many(TEXT),
        stands_on=many(TEXT),
        carries=many(TEXT),
        live=many(thing("all", model=SLUG, version=TEXT, environment=SLUG)),
        nodes=many(thing("all", id=TEXT, kind=TEXT, name=TEXT, version=maybe(TEXT), sha256=maybe(DIGEST))),
        edges=many(thing("", **{"from": TEXT, "to": TEXT, "relation": TEXT})),
        truncated=FLAG,
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
        "schemas": {
            **SCHEMAS,
            **classifying.SCHEMAS,
            **reviews.SCHEMAS,
            **approvals.SCHEMAS,
            **governing.COMPONENTS,
            **auditing.COMPONENTS,
        },
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
