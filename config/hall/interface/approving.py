"""Approvals, their policies, evidence, waivers and delegations, described."""

from collections.abc import Mapping

from config.hall.interface.building import (
    FILE,
    ID,
    OBJECT,
    PAGES,
    SLUG,
    TEXT,
    Operation,
    body,
    page_of,
    ref,
)

_READER = "a role on the system, or a key that reads the registry or has gate:read"
_ASKER = "registry:write, or a model owner of the system"
_ADDER = "registry:write, or a model owner, risk officer or compliance officer of the system"
_COMPLIANCE = "a compliance officer everywhere"
_SIGNER = "a session of somebody whom the policy names and who did not make or ask for it"
_WAIT = {"wait": ({"type": "number", "minimum": 0, "maximum": 30}, "seconds to wait until it is decided")}

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("approvals-approvals", "GET"): Operation(
        "Approvals",
        "List approval requests",
        _READER,
        {200: page_of(ref("Approval"))},
        query={
            **PAGES,
            **FILE,
            "system": (SLUG, "only of this AI system"),
            "model": (SLUG, "only of this model"),
            "version": (TEXT, "only of versions of this name"),
            "environment": (TEXT, "only for this environment"),
            "state": (TEXT, "only in this state"),
            "suspension": (ID, "only about lifting this suspension"),
        },
    ),
    ("approvals-approvals", "POST"): Operation(
        "Approvals",
        "Ask for an approval",
        _ASKER,
        {201: ref("Approval"), 200: ref("Approval")},
        body=ref("NewApproval"),
        text="Of a version for an environment, or of lifting a suspension. Freezes policy and digests. "
        "After changes were asked for, the same request goes on (200); signatures stay if nothing that is "
        "bound changed.",
    ),
    ("approvals-approval", "GET"): Operation(
        "Approvals",
        "Read an approval request",
        _READER,
        {200: ref("Approval")},
        query=_WAIT,
        text="Says the stage, the awaited roles, and whether what was bound is still what is there.",
    ),
    ("approvals-signatures", "POST"): Operation(
        "Approvals",
        "Sign",
        _SIGNER,
        {201: ref("Approval")},
        body=ref("NewSignature"),
        text="In a session only: keys and tokens are refused with SESSION_REQUIRED. Without a fresh proof of "
        "who signs: 401 REAUTHENTICATE with the `methods` there are.",
    ),
    ("approvals-withdraw", "POST"): Operation(
        "Approvals",
        "Take a request back",
        _ASKER + ", or whoever asked",
        {200: ref("Approval")},
        body=ref("Withdrawal"),
    ),
    ("approvals-policies", "GET"): Operation(
        "Approvals",
        "List approval policies",
        _READER,
        {200: page_of(ref("ApprovalPolicy"))},
        query={
            **PAGES,
            "risk_class": (TEXT, "only for this class"),
            "environment": (TEXT, "only for this environment"),
            "state": (TEXT, "only in this state"),
        },
        text="The last page ends with the built-in policies (number 0) that nobody has replaced.",
    ),
    ("approvals-policies", "POST"): Operation(
        "Approvals",
        "Draft an approval policy",
        _COMPLIANCE,
        {201: ref("ApprovalPolicy")},
        body=ref("NewApprovalPolicy"),
    ),
    ("approvals-policy", "GET"): Operation(
        "Approvals", "Read an approval policy", _READER, {200: ref("ApprovalPolicy")}
    ),
    ("approvals-policy", "PUT"): Operation(
        "Approvals",
        "Change a draft",
        _COMPLIANCE,
        {200: ref("ApprovalPolicy")},
        body=ref("ApprovalPolicyBody"),
    ),
    ("approvals-policy", "DELETE"): Operation("Approvals", "Discard a draft", _COMPLIANCE, {204: None}),
    ("approvals-publish", "POST"): Operation(
        "Approvals",
        "Publish a draft",
        _COMPLIANCE + ", who did not write it",
        {200: ref("ApprovalPolicy")},
        body=body(),
    ),
    ("evidence-list", "GET"): Operation(
        "Approvals",
        "List evidence",
        _READER,
        {200: page_of(ref("Evidence"))},
        query={
            **PAGES,
            **FILE,
            "system": (SLUG, "only of this AI system"),
            "model": (SLUG, "only of this model"),
            "version": (TEXT, "only of versions of this name"),
            "item": (TEXT, "only this item"),
        },
    ),
    ("evidence-list", "POST"): Operation(
        "Approvals",
        "Add evidence",
        _ADDER,
        {201: ref("Evidence")},
        body=ref("NewEvidence"),
        text="The next numbered revision of an item: a file in base64, a file elsewhere with its digest, or "
        "a metric.",
    ),
    ("evidence-one", "GET"): Operation("Approvals", "Read evidence", _READER, {200: ref("Evidence")}),
    ("evidence-file", "GET"): Operation(
        "Approvals", "Download the file of evidence", _READER, {200: OBJECT}, file=True
    ),
    ("waivers-waivers", "GET"): Operation(
        "Approvals",
        "List waivers",
        _READER,
        {200: page_of(ref("Waiver"))},
        query={
            **PAGES,
            **FILE,
            "model": (SLUG, "only of this model"),
            "version": (TEXT, "only of versions of this name"),
            "state": (TEXT, "only in this state"),
        },
    ),
    ("waivers-waivers", "POST"): Operation(
        "Approvals",
        "Propose a waiver",
        "a model owner, risk officer or compliance officer of the system",
        {201: ref("Waiver")},
        body=ref("NewWaiver"),
    ),
    ("waivers-waiver", "GET"): Operation("Approvals", "Read a waiver", _READER, {200: ref("Waiver")}),
    ("waivers-approve", "POST"): Operation(
        "Approvals",
        "Approve a waiver",
        "a compliance officer of the system, who did not propose it",
        {200: ref("Waiver")},
        body=body(),
    ),
    ("waivers-refuse", "POST"): Operation(
        "Approvals",
        "Refuse a waiver",
        "a compliance officer of the system, who did not propose it",
        {200: ref("Waiver")},
        body=body(),
    ),
    ("waivers-end", "POST"): Operation(
        "Approvals",
        "End a waiver early",
        "whoever proposed it, or a compliance officer of the system",
        {200: ref("Waiver")},
        body=body(),
    ),
    ("delegations-delegations", "GET"): Operation(
        "Approvals",
        "List delegations",
        "a person: one's own; administrators, auditors and compliance everywhere see all",
        {200: page_of(ref("Delegation"))},
        query=PAGES,
    ),
    ("delegations-delegations", "POST"): Operation(
        "Approvals",
        "Lend one's signature",
        "whoever holds the role there themselves",
        {201: ref("Delegation")},
        body=ref("NewDelegation"),
    ),
    ("delegations-delegation", "GET"): Operation(
        "Approvals", "Read a delegation", "who gave or holds it", {200: ref("Delegation")}
    ),
    ("delegations-end", "POST"): Operation(
        "Approvals", "End a delegation", "who gave or holds it", {200: ref("Delegation")}, body=body()
    ),
}
