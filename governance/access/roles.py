"""Roles, what each may do, and what each scope of a service key may do: the tables of access.

A permission is given on the thing a role is held for: everywhere, one AI system, or one queue.
"""

from collections.abc import Mapping
from functools import cache

from django.db import models


class Role(models.TextChoices):
    REVIEWER = "reviewer", "reviewer"
    ADJUDICATOR = "adjudicator", "adjudicator"
    QUEUE_MANAGER = "queue_manager", "queue manager"
    MODEL_OWNER = "model_owner", "model owner"
    COMPLIANCE_OFFICER = "compliance_officer", "compliance officer"
    RISK_OFFICER = "risk_officer", "risk officer"
    AUDITOR = "auditor", "auditor"
    ADMINISTRATOR = "administrator", "administrator"


class ScopeKind(models.TextChoices):
    EVERYWHERE = "everywhere", "everywhere"
    SYSTEM = "system", "AI system"
    QUEUE = "queue", "queue"


VIEW_SYSTEM = "registry.view_aisystem"
CHANGE_SYSTEM = "registry.change_aisystem"
ADD_SYSTEM = "registry.add_aisystem"
CHANGE_ENVIRONMENTS = "registry.change_environments"
PROTECT_ALIASES = "registry.protect_aliases"
EDIT_POLICIES = "reviews.edit_policies"
PUBLISH_POLICIES = "reviews.publish_policies"
VIEW_QUEUE = "reviews.view_queue"
WORK_QUEUE = "reviews.work_queue"
MANAGE_QUEUE = "reviews.manage_queue"
ADD_QUEUE = "reviews.add_queue"
ADJUDICATE = "reviews.adjudicate"
POST_PREDICTIONS = "reviews.post_predictions"
VIEW_PREDICTION = "reviews.view_prediction"
FLAG_PREDICTION = "reviews.flag_prediction"
VIEW_PAYLOAD = "reviews.view_payload"
VIEW_PAYLOAD_IF_SHARED = "reviews.view_payload_if_shared"
"""Only where the system's setting shares payloads with owners and compliance."""
VIEW_REVIEWERS = "reviews.view_reviewers"
READ_OUTCOMES = "reviews.read_outcomes"
READ_LABELS = "reviews.read_labels"
ERASE_SUBJECTS = "reviews.erase_subjects"
VIEW_ERASURES = "reviews.view_erasures"
HOLD_DATA = "reviews.hold_data"
"""Place and lift legal holds, and say how long content is kept."""
MANAGE_PEOPLE = "governance.manage_people"
MANAGE_KEYS = "governance.manage_keys"
VIEW_PEOPLE = "governance.view_people"
VIEW_HEALTH = "governance.view_health"
VIEW_EVENTS = "audit.view_events"
VIEW_OPENINGS = "audit.view_openings"
"""What events commit to: reasons, names, comments. Never payloads."""
ASK_GATE = "governance.ask_gate"
DECIDE_RISK = "governance.decide_risk"
"""Approve a lighter risk class or an exemption that somebody else proposed."""
SUSPEND = "governance.suspend"
WEBHOOKS = "reviews.manage_webhooks"
REQUEST_APPROVAL = "governance.request_approval"
EDIT_APPROVAL_POLICIES = "governance.edit_approval_policies"
ADD_EVIDENCE = "governance.add_evidence"
PROPOSE_WAIVER = "governance.propose_waiver"
APPROVE_WAIVER = "governance.approve_waiver"

PERMISSIONS_BY_ROLE: Mapping[Role, frozenset[str]] = {
    Role.REVIEWER: frozenset({VIEW_QUEUE, WORK_QUEUE, VIEW_PREDICTION, VIEW_SYSTEM}),
    Role.ADJUDICATOR: frozenset(
        {VIEW_QUEUE, WORK_QUEUE, ADJUDICATE, VIEW_PREDICTION, VIEW_PAYLOAD, VIEW_SYSTEM}
    ),
    Role.QUEUE_MANAGER: frozenset(
        {
            VIEW_QUEUE, WORK_QUEUE, MANAGE_QUEUE, ADD_QUEUE, VIEW_PREDICTION, FLAG_PREDICTION, VIEW_PAYLOAD,
            VIEW_REVIEWERS, READ_LABELS, VIEW_SYSTEM,
        }
    ),
    Role.MODEL_OWNER: frozenset(
        {
            VIEW_SYSTEM, CHANGE_SYSTEM, ADD_SYSTEM, EDIT_POLICIES, PUBLISH_POLICIES, VIEW_QUEUE, ADD_QUEUE,
            VIEW_PREDICTION, FLAG_PREDICTION, VIEW_PAYLOAD_IF_SHARED,
            REQUEST_APPROVAL, ADD_EVIDENCE, PROPOSE_WAIVER,
        }
    ),
    Role.COMPLIANCE_OFFICER: frozenset(
        {
            VIEW_SYSTEM, VIEW_QUEUE, VIEW_PREDICTION, FLAG_PREDICTION, VIEW_PAYLOAD_IF_SHARED, VIEW_REVIEWERS,
            VIEW_PEOPLE, SUSPEND, CHANGE_ENVIRONMENTS, PROTECT_ALIASES, DECIDE_RISK,
            EDIT_APPROVAL_POLICIES, ADD_EVIDENCE, PROPOSE_WAIVER, APPROVE_WAIVER,
            ERASE_SUBJECTS, VIEW_ERASURES, HOLD_DATA,
        }
    ),
    Role.RISK_OFFICER: frozenset(
        {VIEW_SYSTEM, VIEW_QUEUE, VIEW_PREDICTION, SUSPEND, DECIDE_RISK, ADD_EVIDENCE, PROPOSE_WAIVER}
    ),
    Role.AUDITOR: frozenset(
        {
            VIEW_SYSTEM, VIEW_QUEUE, VIEW_PREDICTION, VIEW_EVENTS, VIEW_OPENINGS, VIEW_REVIEWERS, VIEW_PEOPLE,
            VIEW_HEALTH, VIEW_ERASURES,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            ADD_SYSTEM, VIEW_SYSTEM, MANAGE_PEOPLE, MANAGE_KEYS, VIEW_PEOPLE, VIEW_HEALTH, ADD_QUEUE,
            VIEW_QUEUE, CHANGE_ENVIRONMENTS, PROTECT_ALIASES,
        }
    ),
}  # fmt: skip

SYSTEM_PERMISSIONS_IN_GUARDIAN = (VIEW_SYSTEM, CHANGE_SYSTEM)
"""What guardian's derived rows on AI systems hold: what lists filter by."""
QUEUE_PERMISSIONS_IN_GUARDIAN = (VIEW_QUEUE, WORK_QUEUE, MANAGE_QUEUE)

PERMISSIONS_BY_KEY_SCOPE: Mapping[str, frozenset[str]] = {
    "predictions:write": frozenset({POST_PREDICTIONS, VIEW_PREDICTION, FLAG_PREDICTION}),
    "outcomes:read": frozenset({READ_OUTCOMES, VIEW_PREDICTION}),
    "labels:read": frozenset({READ_LABELS, VIEW_PREDICTION, VIEW_PAYLOAD}),
    "registry:write": frozenset({VIEW_SYSTEM, CHANGE_SYSTEM, ADD_SYSTEM, REQUEST_APPROVAL, ADD_EVIDENCE}),
    "policies:write": frozenset({EDIT_POLICIES, PUBLISH_POLICIES, ADD_QUEUE, VIEW_QUEUE, VIEW_SYSTEM}),
    "gate:read": frozenset({ASK_GATE, VIEW_SYSTEM}),
    "audit:read": frozenset({VIEW_EVENTS}),
    "webhooks:write": frozenset({WEBHOOKS}),
    "suspensions:write": frozenset({SUSPEND, VIEW_SYSTEM}),
}


ROLE_EXPLANATIONS: Mapping[Role, str] = {
    Role.REVIEWER: "decides reviews in their queues",
    Role.ADJUDICATOR: "settles what reviewers disagree about",
    Role.QUEUE_MANAGER: "sees who holds what, assigns, unlocks and reopens, takes labels away",
    Role.MODEL_OWNER: "registers systems, models and versions; asks for approvals; writes routing policies",
    Role.COMPLIANCE_OFFICER: "signs approvals, writes their policies; decides on risk; suspends; erases data",
    Role.RISK_OFFICER: "signs approvals; decides on risk classes; sees predictions; suspends",
    Role.AUDITOR: "reads everything but payloads, and writes nothing",
    Role.ADMINISTRATOR: "makes accounts and service keys, gives roles, watches health; sees no predictions",
}
SCOPE_EXPLANATIONS: Mapping[str, str] = {
    "predictions:write": "predictions:write · post predictions, read, flag and cancel them",
    "outcomes:read": "outcomes:read · read the human outcomes",
    "labels:read": "labels:read · read labels with their inputs, make and download exports",
    "registry:write": "registry:write · register systems, models and versions, ask for approvals",
    "policies:write": "policies:write · write and publish routing policies, make queues",
    "gate:read": "gate:read · ask whether an artifact may be deployed",
    "audit:read": "audit:read · read the audit events",
    "webhooks:write": "webhooks:write · have facts sent to an address",
    "suspensions:write": "suspensions:write · suspend a system or a version",
}


@cache
def permissions_of_key_scopes(scopes: tuple[str, ...]) -> frozenset[str]:
    """Everything that a key with these scopes may do."""
    return frozenset().union(*(PERMISSIONS_BY_KEY_SCOPE.get(scope, frozenset()) for scope in scopes))


@cache
def roles_with(permission: str) -> frozenset[Role]:
    """The roles that give a permission."""
    return frozenset(role for role, granted in PERMISSIONS_BY_ROLE.items() if permission in granted)
