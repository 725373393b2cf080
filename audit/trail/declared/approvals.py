"""Events of approval requests and what they stand on: policies, evidence, delegations, waivers."""

from audit.trail.controls import (
    AUTHORITY,
    CHANGE,
    REVALIDATION,
    SEQUENCE,
    SIGNATURE,
    TAKEN_AWAY,
    TWO_PEOPLE,
    VALIDATED,
)
from audit.trail.declaring import (
    COMMITMENT,
    FLAG,
    ID,
    NUMBER,
    PERSON,
    SHA256,
    TEXT,
    TIME,
    Area,
    Member,
    Row,
    many,
    maybe,
    thing,
)

_DIGEST = Member("digest", SHA256, "digest of everything that is signed for")
_POLICY = (
    Member("risk_class", TEXT, "the class it is for"),
    Member("environment", TEXT, "the environment it is for"),
    Member("number", NUMBER, "its number among those of the class and environment"),
    Member("stages", many(thing(quorum=NUMBER, roles=many(TEXT))), "how many of which roles sign, in order"),
    Member("body_sha256", SHA256, "digest of the whole policy"),
)
_NOTICE = (
    Member("approval", ID, "the approval request"),
    Member("what", TEXT, "what was told"),
)
_WAIVER = (
    Member("requirement", TEXT, "what need not hold"),
    Member("until", TIME, "until when"),
)

POLICIES = Area(
    "Approval policies",
    (
        Row("approvals.policy.drafted", "drafted an approval policy", "approval_policy", _POLICY, (CHANGE,)),
        Row(
            "approvals.policy.changed",
            "changed a draft approval policy",
            "approval_policy",
            _POLICY,
            (CHANGE,),
        ),
        Row(
            "approvals.policy.discarded",
            "discarded a draft approval policy",
            "approval_policy",
            _POLICY,
            (CHANGE,),
        ),
        Row(
            "approvals.policy.published",
            "published an approval policy",
            "approval_policy",
            _POLICY,
            (CHANGE, TWO_PEOPLE),
        ),
        Row("approvals.policy.retired", "retired an approval policy", "approval_policy", _POLICY, (CHANGE,)),
    ),
)

REQUESTS = Area(
    "Approvals",
    (
        Row(
            "approvals.request.requested",
            "asked for an approval",
            "approval",
            (
                Member("policy", NUMBER, "number of the approval policy, of which it holds a copy"),
                Member("risk_class", TEXT, "the class of the AI system"),
                Member("excluded", many(PERSON), "who cannot sign, having made or asked for it"),
                Member("version", maybe(ID), "the version it is about"),
                Member("environment", maybe(TEXT), "where the version is to run"),
                Member("suspension", maybe(ID), "the suspension that is to be lifted"),
                _DIGEST,
            ),
            (AUTHORITY, TWO_PEOPLE),
        ),
        Row(
            "approvals.request.resubmitted",
            "submitted an approval request again",
            "approval",
            (
                Member("round", NUMBER, "the round that begins"),
                Member("voided", FLAG, "whether the signatures before are void, since something changed"),
                _DIGEST,
            ),
            (SEQUENCE,),
        ),
        Row(
            "approvals.request.signed",
            "signed an approval request",
            "approval",
            (
                Member("signature", ID, "the signature"),
                Member("stage", NUMBER, "the stage it is for"),
                Member("round", NUMBER, "the round it is for"),
                Member("verdict", TEXT, "approve, reject or request_changes"),
                Member("role", TEXT, "the role in which the person signed"),
                Member("on_behalf_of", maybe(PERSON), "who had lent the signature"),
                Member("proof", TEXT, "how the person proved who they are"),
                Member(
                    "conditions", many(thing(name=TEXT, check=TEXT)), "what the gate is to check from now on"
                ),
                Member("meaning", COMMITMENT, "what the signature means, as the signer read it"),
                Member("comment", COMMITMENT, "what the signer said to it", optional=True),
                _DIGEST,
            ),
            (SIGNATURE, AUTHORITY),
        ),
        Row(
            "approvals.request.passed_stage",
            "completed a stage of an approval",
            "approval",
            (Member("stage", NUMBER, "the stage that waits for signatures now"),),
            (SEQUENCE,),
        ),
        Row(
            "approvals.request.approved",
            "gave the last signature of an approval",
            "approval",
            (_DIGEST, Member("expires_at", TIME, "when the approval ends")),
            (AUTHORITY, SEQUENCE),
        ),
        Row("approvals.request.rejected", "rejected an approval", "approval", (_DIGEST,), (AUTHORITY,)),
        Row(
            "approvals.request.changes_requested",
            "sent an approval request back for changes",
            "approval",
            (_DIGEST,),
            (AUTHORITY,),
        ),
        Row(
            "approvals.request.withdrawn",
            "withdrew an approval request",
            "approval",
            (_DIGEST, Member("reason_commitment", COMMITMENT, "why", optional=True)),
            (SEQUENCE,),
        ),
        Row(
            "approvals.request.superseded",
            "replaced an approval request by a new one",
            "approval",
            (_DIGEST, Member("because", TEXT, "what had changed; `policy`: another policy is in force")),
            (SEQUENCE,),
        ),
        Row(
            "approvals.request.escalated",
            "escalated a stage of an approval",
            "approval_notice",
            _NOTICE,
            (SEQUENCE,),
        ),
        Row(
            "approvals.request.reminded",
            "reminded of the end of an approval",
            "approval_notice",
            _NOTICE,
            (REVALIDATION,),
        ),
        Row("approvals.request.expired", "saw an approval end", "approval_notice", _NOTICE, (REVALIDATION,)),
    ),
)

SUPPORT = Area(
    "Evidence, delegations and waivers",
    (
        Row(
            "approvals.evidence.added",
            "added evidence",
            "evidence",
            (
                Member("item", TEXT, "what it is evidence of"),
                Member("revision", NUMBER, "number of the revision"),
                Member("version", maybe(ID), "the version it is about"),
                Member("model", maybe(ID), "the model it is about"),
                Member("sha256", SHA256, "digest of the file or of the measured value"),
                Member("valid_until", maybe(TIME), "when it is out of date"),
                Member("owner", maybe(PERSON), "who answers for it"),
            ),
            (VALIDATED,),
        ),
        Row(
            "approvals.evidence.downloaded",
            "downloaded evidence",
            "evidence_download",
            (
                Member("evidence", ID, "the revision of the evidence"),
                Member("sha256", SHA256, "digest of the file"),
            ),
            (TAKEN_AWAY,),
        ),
        Row(
            "approvals.delegation.given",
            "lent a signature to somebody",
            "delegation",
            (
                Member("from", PERSON, "who lends"),
                Member("to", PERSON, "who may sign instead"),
                Member("role", TEXT, "the role that is lent"),
                Member("system", maybe(ID), "the AI system it is limited to"),
                Member("begins_at", TIME, "from when"),
                Member("ends_at", TIME, "until when"),
                Member("reason", COMMITMENT, "why"),
            ),
            (AUTHORITY,),
        ),
        Row("approvals.delegation.ended", "ended a delegation", "delegation", (), (AUTHORITY,)),
        Row(
            "approvals.waiver.proposed",
            "proposed a waiver",
            "waiver",
            (
                *_WAIVER,
                Member("environment", TEXT, "where"),
                Member("version", ID, "for which version"),
                Member("reason", COMMITMENT, "why"),
            ),
            (TWO_PEOPLE,),
        ),
        Row("approvals.waiver.approved", "approved a waiver", "waiver", _WAIVER, (TWO_PEOPLE, AUTHORITY)),
        Row("approvals.waiver.refused", "refused a waiver", "waiver", _WAIVER, (TWO_PEOPLE,)),
        Row("approvals.waiver.ended", "ended a waiver", "waiver", _WAIVER, (CHANGE,)),
    ),
)
