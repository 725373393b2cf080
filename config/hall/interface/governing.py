"""The gate and suspensions, described."""

from collections.abc import Mapping

from config.hall.interface.building import (
    DIGEST,
    FILE,
    FLAG,
    ID,
    OBJECT,
    PAGES,
    SLUG,
    TEXT,
    TIME,
    Operation,
    Schema,
    body,
    many,
    maybe,
    one_of,
    page_of,
    ref,
    thing,
)

_READER = "a role on the system, or a key that reads the registry"
_SUSPENDER = "suspensions:write, an owner of the system, a compliance or risk officer"
_REASON = thing("all", code=TEXT, detail=TEXT)
_ENVELOPE = thing(
    "all", payloadType=TEXT, payload=TEXT, signatures=many(thing("all", keyid=DIGEST, sig=TEXT))
)

COMPONENTS: Mapping[str, Schema] = {
    "Question": body(
        "environment",
        environment=SLUG,
        model=SLUG,
        version=TEXT,
        artifacts=many(body("sha256", sha256=DIGEST, name=TEXT)),
        context=OBJECT,
        nonce=TEXT | {"maxLength": 200},
    ),
    "GateAnswer": thing(
        "all",
        decision=one_of("allow", "warn", "deny"),
        reasons=many(_REASON),
        approval=maybe(ID),
        expires_at=TIME,
        receipt=_ENVELOPE,
    ),
    "KeptAnswer": thing(
        "all",
        id=ID,
        asked_at=TIME,
        asked_by=TEXT,
        asked_for=TEXT,
        model=maybe(SLUG),
        version=maybe(TEXT),
        environment=TEXT,
        decision=one_of("allow", "warn", "deny"),
        reasons=many(TEXT),
        approval=maybe(ID),
        context_sha256=DIGEST,
        receipt_sha256=DIGEST,
    ),
    "WhyAnswer": thing(
        "all", action=TEXT, on=maybe(TEXT), who=TEXT, can=FLAG, why_not=maybe(TEXT), held=many(OBJECT)
    ),
    "Suspension": thing(
        "all",
        id=ID,
        system=SLUG,
        model=maybe(SLUG),
        version=maybe(TEXT),
        state=one_of("live", "lifted"),
        reason=TEXT,
        raised_by=TEXT,
        raised_at=TIME,
        lift_reason=maybe(TEXT),
        lifted_by=maybe(TEXT),
        lifted_at=maybe(TIME),
    ),
}

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("gate-gate", "POST"): Operation(
        "Governance",
        "Ask whether a version may go live",
        "gate:read, or a role on the system",
        {200: ref("GateAnswer")},
        body=ref("Question"),
        text=(
            "By model and version, or by the exact set of its artifacts. A denial is a 200: the question was "
            "answered. The receipt is an in-toto statement in a DSSE envelope and lives 15 minutes; its keys "
            "are at `/.well-known/countersign/keys.json`."
        ),
    ),
    ("gate-answers", "GET"): Operation(
        "Governance",
        "List what the gate answered, newest first",
        "gate:read, or a role on the system",
        {200: page_of(ref("KeptAnswer"))},
        query={
            **PAGES,
            **FILE,
            "model": (SLUG, "only about this model"),
            "version": (TEXT, "only about versions of this name"),
            "environment": (SLUG, "only about going live there"),
            "decision": (one_of("allow", "warn", "deny"), "only these"),
            "after": (TIME, "only from this moment on"),
            "before": (TIME, "only until this moment"),
        },
        text="Answers about nothing that is registered are shown to those who read everywhere.",
    ),
    ("hall-why", "GET"): Operation(
        "Governance",
        "Ask why somebody can, or cannot, do something",
        "nothing for oneself; about others: administrator, auditor or compliance officer everywhere",
        {200: ref("WhyAnswer")},
        query={
            "action*": (TEXT, "such as `version.deploy`; the refusal of an unknown one lists all"),
            "on": (TEXT, "the thing, such as `system:payments` or `version:fraud-screen:3.2.0`"),
            "person": (TEXT, "e-mail of somebody else"),
        },
    ),
    ("suspensions-suspensions", "GET"): Operation(
        "Governance",
        "List suspensions",
        _READER,
        {200: page_of(ref("Suspension"))},
        query={
            **PAGES,
            **FILE,
            "system": (SLUG, "only of this AI system"),
            "model": (SLUG, "only of this model and its versions"),
            "version": (TEXT, "only of versions of this name"),
            "live": (FLAG, "only those that hold, or only those that were lifted"),
        },
    ),
    ("suspensions-suspensions", "POST"): Operation(
        "Governance",
        "Suspend a system, a model or a version",
        _SUSPENDER,
        {201: ref("Suspension")},
        body=body("reason", system=SLUG, model=SLUG, version=TEXT, reason=TEXT),
        text="At once the gate denies it, and its predictions go to people with the reason SUSPENDED.",
    ),
    ("suspensions-suspension", "GET"): Operation(
        "Governance", "Read a suspension", _READER, {200: ref("Suspension")}
    ),
    ("suspensions-lift", "POST"): Operation(
        "Governance",
        "Lift a suspension",
        "suspensions:write, a compliance or risk officer; an owner what an owner raised",
        {200: ref("Suspension")},
        body=body("reason", reason=TEXT),
        text="409 LIFT_NOT_APPROVED until an approval of the lifting is signed, where the class demands one.",
    ),
}
