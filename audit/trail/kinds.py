"""What each kind of event says in words, after the name of who did it. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

ROUTED = "reviews.prediction.routed"
"""The bulk of all events: one for each prediction that was posted."""

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "access.key.created": "made a service key",
        "access.key.revoked": "revoked a service key",
        "access.key.rotated": "rotated a service key",
        "access.person.created": "opened an account",
        "access.person.deactivated": "deactivated an account",
        "access.person.group_set": "set an independence group",
        "access.person.password_set": "set a password",
        "access.person.profile_changed": "changed a profile",
        "access.role.granted": "gave a role",
        "access.role.revoked": "took a role",
        "access.sign_in.done": "signed in",
        "access.sign_in.ended": "signed out",
        "access.sign_in.refused": "was refused at sign-in",
        "access.token.created": "made a personal token",
        "access.token.revoked": "ended a personal token",
        "registry.alias.moved": "moved an alias",
        "registry.alias.removed": "took an alias away",
        "registry.alias_protection.created": "protected aliases",
        "registry.alias_protection.ended": "ended a protection of aliases",
        "governance.gate.answered": "was answered by the gate",
        "governance.receipt_key.rotated": "changed the key that signs receipts",
        "governance.suspension.lifted": "lifted a suspension",
        "governance.suspension.raised": "suspended",
        "registry.card.revised": "wrote a revision of a card",
        "registry.deployment.ended": "ended a deployment",
        "registry.deployment.made": "deployed a version",
        "registry.deployment.rolled_back": "rolled back to an earlier version",
        "registry.environment.changed": "changed an environment",
        "registry.environment.created": "made an environment",
        "governance.assessment.filed": "classified an AI system",
        "governance.override.approved": "put a risk class set by hand in force",
        "governance.override.ended": "ended a risk class set by hand",
        "governance.override.proposed": "proposed another risk class",
        "governance.override.refused": "refused another risk class",
        "governance.override.withdrawn": "withdrew a proposal of another risk class",
        "approvals.delegation.ended": "ended a delegation",
        "approvals.delegation.given": "lent a signature to somebody",
        "approvals.evidence.added": "added evidence",
        "approvals.evidence.downloaded": "downloaded evidence",
        "approvals.policy.changed": "changed a draft approval policy",
        "approvals.policy.discarded": "discarded a draft approval policy",
        "approvals.policy.drafted": "drafted an approval policy",
        "approvals.policy.published": "published an approval policy",
        "approvals.policy.retired": "retired an approval policy",
        "approvals.request.approved": "gave the last signature of an approval",
        "approvals.request.changes_requested": "sent an approval request back for changes",
        "approvals.request.escalated": "escalated a stage of an approval",
        "approvals.request.expired": "saw an approval end",
        "approvals.request.passed_stage": "completed a stage of an approval",
        "approvals.request.rejected": "rejected an approval",
        "approvals.request.reminded": "reminded of the end of an approval",
        "approvals.request.requested": "asked for an approval",
        "approvals.request.resubmitted": "submitted an approval request again",
        "approvals.request.signed": "signed an approval request",
        "approvals.request.superseded": "replaced an approval request by a new one",
        "approvals.request.withdrawn": "withdrew an approval request",
        "approvals.waiver.approved": "approved a waiver",
        "approvals.waiver.ended": "ended a waiver",
        "approvals.waiver.proposed": "proposed a waiver",
        "approvals.waiver.refused": "refused a waiver",
        "registry.model.changed": "changed a model",
        "registry.model.registered": "registered a model",
        "registry.model.schema_changed": "changed a model's schema",
        "registry.system.changed": "changed an AI system",
        "registry.system.registered": "registered an AI system",
        "registry.version.registered": "registered a model version",
        "reviews.decided.downloaded": "downloaded a list of decided reviews",
        "reviews.export.cancelled": "cancelled an export",
        "reviews.export.done": "finished an export",
        "reviews.export.downloaded": "downloaded a file of an export",
        "reviews.export.failed": "could not finish an export",
        "reviews.export.purged": "deleted the files of an export",
        "reviews.export.requested": "asked for an export",
        "reviews.export.restarted": "started an export again",
        "reviews.export.running": "began an export",
        "reviews.label.withdrawn": "withdrew a label",
        "reviews.policy.changed": "changed a draft policy",
        "reviews.policy.discarded": "discarded a draft policy",
        "reviews.policy.drafted": "drafted a routing policy",
        "reviews.policy.published": "published a routing policy",
        "reviews.policy.retired": "retired a routing policy",
        "reviews.prediction.cancelled": "withdrew a prediction",
        "reviews.prediction.confirmed": "confirmed the outcome of a prediction",
        "reviews.prediction.decided": "decided a prediction",
        "reviews.prediction.flagged": "disputed a prediction",
        "reviews.prediction.payload_opened": "opened the payload of a prediction",
        "reviews.prediction.revised": "revised the outcome of a prediction",
        "reviews.prediction.undecided": "gave a prediction back undecided",
        "reviews.queue.created": "made a queue",
        "reviews.review.assigned": "assigned a review",
        "reviews.review.cancelled": "cancelled a review",
        "reviews.review.cannot_tell": "could not tell",
        "reviews.review.claimed": "took a review",
        "reviews.review.decided": "settled a review",
        "reviews.review.disagreed": "found that reviewers disagree",
        "reviews.review.escalated": "escalated a review",
        "reviews.review.expired": "let a review expire",
        "reviews.review.flagged": "sent a disputed prediction to review",
        "reviews.review.judged": "judged a review",
        "reviews.review.opened": "sent a prediction to review",
        "reviews.review.reopened": "reopened a review",
        "reviews.review.skipped": "skipped a review",
        "reviews.review.snoozed": "put a review off",
        "reviews.review.undone": "took a judgement back",
        "reviews.review.unlocked": "unlocked a review",
        "reviews.review.woken": "woke a review that was put off",
        ROUTED: "posted a prediction",
    }
)

ENTITIES: Mapping[str, str] = MappingProxyType(
    {
        "assessment": "risk assessment",
        "override": "risk class set by hand",
        "approval": "approval request",
        "approval_policy": "approval policy",
        "person": "account",
        "personal_token": "personal token",
        "role_assignment": "role",
        "service_key": "service key",
        "sign_in": "sign-in",
        "system": "AI system",
        "version": "model version",
    }
)


def sentence(kind: str) -> str:
    """What an event of this kind says; of one that is not in the table, its own words."""
    if found := SENTENCES.get(kind):
        return found
    return kind.partition(".")[2].replace(".", ": ").replace("_", " ") or kind


def entity_word(entity_type: str) -> str:
    """What a person calls this type of entity."""
    return ENTITIES.get(entity_type, entity_type.replace("_", " "))
