"""Risk packs, classification, assessments and overrides, described."""

from collections.abc import Mapping

from config.hall.interface.building import (
    DIGEST,
    FLAG,
    ID,
    OBJECT,
    PAGES,
    SLUG,
    TEXT,
    TIME,
    WHOLE,
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
_WRITER = "registry:write, or a model owner of the system"
_PROPOSER = "a model owner, compliance officer or risk officer of the system, in person"
_DECIDER = "a compliance officer or risk officer of the system, in person, who did not propose it"
_ANYBODY = "anybody signed in, or any key"
_DAY: Schema = {"type": "string", "format": "date"}
_LINE: dict[str, Schema] = {
    "pack": SLUG,
    "version": TEXT,
    "title": TEXT,
    "dated": _DAY,
    "digest": DIGEST,
    "newest": FLAG,
}
_CONCLUDED: dict[str, Schema] = {
    "result": OBJECT | {"description": "`class`, `points`, and what else the pack concludes"},
    "undetermined": many(TEXT) | {"description": "questions that could still change the class"},
    "trace": many(thing("all", rule=TEXT, citation=TEXT, because=TEXT, answers=OBJECT)),
    "obligations": many(
        thing("all", article=TEXT, duty=TEXT, who=TEXT, applies_from=maybe(_DAY), in_force=FLAG)
    ),
}
_CONDITIONS = (
    "`asked_when` (null: always) and the rules' `when` and `unless` are conditions with one operator: "
    '`{"is": [question, value]}`, `{"in": [question, [values]]}`, `{"concluded": [member, value]}`, '
    '`{"class": [classes]}`, `{"all": []}`, `{"any": []}`, `{"not": {}}`. The answer to a `multi` question '
    "is an array and is, or is in, what it holds."
)
_ANSWERS = OBJECT | {"description": "by question; null or `unknown` where nobody knows"}

SCHEMAS: Mapping[str, Schema] = {
    "RiskPackLine": thing("all", **_LINE),
    "RiskPack": thing(
        "pack version questions",
        **_LINE,
        about=TEXT,
        sources=many(OBJECT),
        steps=many(OBJECT),
        classes=many(OBJECT),
        default_class=TEXT,
        rules=many(OBJECT),
        obligations=many(OBJECT),
        questions=many(
            thing(
                "id type text help citation",
                id=TEXT,
                step=TEXT,
                type=one_of("boolean", "choice", "multi"),
                text=TEXT,
                help=TEXT,
                law=TEXT,
                citation=TEXT,
                choices=many(OBJECT),
                asked_when=maybe(OBJECT),
            )
        ),
    ),
    "Classify": body("pack answers", pack=SLUG, pack_version=TEXT, answers=_ANSWERS, on=_DAY),
    "Classification": thing(
        "result undetermined trace obligations",
        **_CONCLUDED,
        pack=SLUG,
        pack_version=TEXT,
        pack_digest=DIGEST,
        on=_DAY,
    ),
    "NewAssessment": body(
        "pack answers", pack=SLUG, pack_version=TEXT, answers=_ANSWERS, on=_DAY, parent=WHOLE, note=TEXT
    ),
    "Assessment": thing(
        "id number pack answers result",
        id=ID,
        system=SLUG,
        number=WHOLE,
        kind=one_of("answered", "reclassified"),
        pack=SLUG,
        pack_version=TEXT,
        pack_digest=DIGEST,
        answers=_ANSWERS,
        **_CONCLUDED,
        digest=DIGEST,
        on=_DAY,
        parent=maybe(WHOLE),
        note=TEXT,
        at=TIME,
        by=TEXT,
        in_force=FLAG,
        stands_as=maybe(TEXT),
        duties_as_it_stands=maybe(many(OBJECT)),
        overrides=many(ref("Override")),
    ),
    "NewOverride": body(
        "",
        **{"class": TEXT},
        reason=TEXT,
        expires_on=_DAY,
        statements=OBJECT | {"description": "of an exemption, by their ids; instead of class and reason"},
    ),
    "Override": thing(
        "id kind state to_class",
        id=ID,
        assessment=WHOLE,
        kind=one_of("upward", "downward", "exemption"),
        state=one_of("proposed", "approved", "refused", "withdrawn", "ended"),
        from_class=TEXT,
        to_class=TEXT,
        reason=TEXT,
        statements=OBJECT,
        expires_on=maybe(_DAY),
        proposed_by=TEXT,
        proposed_at=TIME,
        decided_by=maybe(TEXT),
        decided_at=maybe(TIME),
        decision_note=TEXT,
        ended_by=maybe(TEXT),
        ended_at=maybe(TIME),
        end_reason=TEXT,
    ),
}

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("risk-packs", "GET"): Operation(
        "Risk", "List rule packs", _ANYBODY, {200: page_of(ref("RiskPackLine"))}
    ),
    ("risk-pack", "GET"): Operation(
        "Risk",
        "Read the newest version of a rule pack",
        _ANYBODY,
        {200: ref("RiskPack")},
        text=_CONDITIONS,
    ),
    ("risk-pack-version", "GET"): Operation(
        "Risk", "Read a version of a rule pack", _ANYBODY, {200: ref("RiskPack")}
    ),
    ("risk-classify", "POST"): Operation(
        "Risk",
        "Classify, keeping nothing",
        _ANYBODY,
        {200: ref("Classification")},
        body=ref("Classify"),
        text="What is not answered never lowers a class: it makes it `undetermined`.",
    ),
    ("risk-assessments", "GET"): Operation(
        "Risk", "List the assessments of a system", _READER, {200: page_of(ref("Assessment"))}, query=PAGES
    ),
    ("risk-assessments", "POST"): Operation(
        "Risk",
        "Assess a system",
        _WRITER,
        {201: ref("Assessment")},
        body=ref("NewAssessment"),
        text="The newest assessment of a pack is the one in force. None ever changes.",
    ),
    ("risk-assessment", "GET"): Operation("Risk", "Read an assessment", _READER, {200: ref("Assessment")}),
    ("risk-overrides", "GET"): Operation(
        "Risk", "List what was set by hand", _READER, {200: page_of(ref("Override"))}, query=PAGES
    ),
    ("risk-overrides", "POST"): Operation(
        "Risk",
        "Set another class by hand, or claim an exemption",
        _PROPOSER,
        {201: ref("Override")},
        body=ref("NewOverride"),
        text="A graver class holds at once. A lighter one needs `expires_on` and a second person.",
    ),
    ("risk-override", "GET"): Operation("Risk", "Read an override", _READER, {200: ref("Override")}),
    ("risk-decision", "POST"): Operation(
        "Risk",
        "Approve or refuse an override",
        _DECIDER,
        {200: ref("Override")},
        body=body("verdict", verdict=one_of("approve", "refuse"), note=TEXT),
    ),
    ("risk-end", "POST"): Operation(
        "Risk",
        "Withdraw or end an override",
        "who proposed it; once in force whoever could have proposed or, if it is upward, decided it",
        {200: ref("Override")},
        body=body("reason", reason=TEXT),
    ),
}
