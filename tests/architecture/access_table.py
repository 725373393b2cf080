"""Who may ask what: one row for each address and method of the product.

`may` are those who are let through; everybody else who holds something on the system is refused (403), except
`blind`, for whom the thing is not there (404). Whoever holds nothing on the system is told exactly what they
would be told about a thing that does not exist. A `form` is a page's; keys are strangers on pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from governance.access.roles import Role
from tests.architecture.access_world import KEY_SCOPES, SCOPED

ROLES = frozenset(role.value for role in Role)
OTHERS = frozenset(f"other {role}" for role in SCOPED) | {"second queue"}
PEOPLE = ROLES | OTHERS | {"no role"}
KEYS = frozenset(f"key {scope}" for scope in KEY_SCOPES)
EVERY_KEY = KEYS | {"other key"}
ANYBODY = PEOPLE | EVERY_KEY | {"anonymous", "inactive", "expired key"}
SIGNED_IN = PEOPLE | EVERY_KEY

ADMIN = frozenset({"administrator"})
CHECKERS = frozenset({"administrator", "auditor"})
"""A compliance officer, too, who is one everywhere; here there is one of a system only."""
REGISTRY_READERS = ROLES | {
    "key registry:write", "key policies:write", "key gate:read", "key suspensions:write",
}  # fmt: skip
REGISTRY_WRITERS = frozenset({"model_owner", "key registry:write"})
POLICY_WRITERS = frozenset({"model_owner", "key policies:write"})
QUEUE_VIEWERS = ROLES | {"key policies:write"}
QUEUE_WORKERS = frozenset({"reviewer", "adjudicator", "queue_manager"})
MANAGER = frozenset({"queue_manager"})
OTHER_QUEUE_WORKERS = frozenset(f"other {role}" for role in QUEUE_WORKERS) | {"second queue"}
QUEUE_MAKERS = frozenset({"queue_manager", "model_owner", "administrator", "key policies:write"})
PREDICTION_VIEWERS = (ROLES - {"administrator"}) | {
    "key predictions:write", "key outcomes:read", "key labels:read",
}  # fmt: skip
FLAGGERS = frozenset({"queue_manager", "model_owner", "compliance_officer", "key predictions:write"})
LABEL_READERS = frozenset({"queue_manager", "key labels:read"})
OTHER_LABEL_READERS = frozenset({"other queue_manager", "other key"})
OTHER_KEY = frozenset({"other key"})
COMPLIANCE = frozenset({"compliance_officer"})
ERASURE_VIEWERS = COMPLIANCE | {"auditor"}
OTHER_OFFICER = frozenset({"other compliance_officer"})
EVIDENCE_ADDERS = frozenset({"model_owner", "risk_officer", "compliance_officer", "key registry:write"})
SUSPENDERS = frozenset({"model_owner", "compliance_officer", "risk_officer", "key suspensions:write"})
EVENT_READERS = frozenset({"auditor", "key audit:read"})
LOG_READERS = frozenset({"auditor"})
"""And keys that are not limited to AI systems, of which there are none here."""


@dataclass(frozen=True)
class Row:
    """One address and method."""

    may: frozenset[str]
    address: str = ""
    """With names of things in braces; without any there is nothing that could be foreign."""
    blind: frozenset[str] = frozenset()
    body: Any = None
    anywhere: frozenset[str] = frozenset()
    """Those from elsewhere who are let through because the address is about nothing in particular."""
    answers: frozenset[int] = frozenset()
    """What those who may are answered besides, for a reason of the request's own."""

    @property
    def is_about_a_thing(self) -> bool:
        return "{" in self.address


def page(address: str, may: frozenset[str], **given: Any) -> Row:
    return Row(may & PEOPLE, address, **given)


REASON = {"reason": "because"}
EMPTY = {"": ""}
SOON = (datetime.now(UTC) + timedelta(days=7)).isoformat()
NO_SUCH = frozenset({404})
"""There is no such judgement to take back."""
TO_PROVE = frozenset({401})
TO_SIGN_IN = frozenset({302})
LEASED = {"token": 1}


def _submission() -> dict[str, Any]:
    return {"token": 1, "submission_id": str(uuid4()), "output": {"label": "ok"}, "reasons": ["wrong_label"]}


UNANSWERED = {"pack": "eu-ai-act", "answers": {}}
OVERRIDES = "/systems/{system}/assessments/{assessment}/overrides"
RISK_PROPOSERS = frozenset({"model_owner", "compliance_officer", "risk_officer"})
RISK_DECIDERS = frozenset({"compliance_officer", "risk_officer"})
FILED_AGAIN = frozenset({409})
"""Whoever comes later in the matrix finds a newer assessment, or the matter decided."""
NEW_MODEL = {"slug": "new", "system": "own-system", "task": "t", "output_schema": {"type": "object"}}
ARTIFACT = {"name": "m", "uri": "file:m", "sha256": "1" * 64, "size": 1}
NEW_VERSION = {"version": "2.0.0", "artifacts": [ARTIFACT]}
PROTECTION = {"pattern": "prod-*", "role": "compliance_officer", "environment": "production"}
DEPLOYMENT = {"model": "own-model", "version": "1.0.0", "environment": "staging"}
NEW_APPROVAL = {"model": "own-model", "version": "1.0.0", "environment": "staging"}
VERDICT = {"verdict": "approve", "meaning": "I approve this version."}
STAGES = {"stages": [{"name": "One", "roles": ["risk_officer"]}]}
APPROVAL_POLICY = {"risk_class": "high_risk", "environment": "staging", **STAGES}
NEW_EVIDENCE = {"system": "own-system", "item": "test-report", "title": "T", "metric": {"recall": 0.9}}
NEW_WAIVER = {
    "model": "own-model", "version": "1.0.0", "environment": "production", "requirement": "revalidation",
    "reason": "because", "until": SOON,
}  # fmt: skip
NEW_DELEGATION = {
    "to": "{email}", "role": "risk_officer", "system": "own-system", "ends_at": SOON, "reason": "because",
}  # fmt: skip
NEW_SAMPLE = {"system": "own-system", "seed": "s", "size": 1, "kind": "grants"}
QUESTION = {"model": "own-model", "version": "1.0.0", "environment": "staging"}
POLICY = {"queue": "own-system-inbox", "threshold": 0.8}
PREDICTION = {
    "model": "own-model", "version": "1.0.0", "external_id": "new", "input": {}, "output": {"label": "ok"},
    "confidence": 0.99,
}  # fmt: skip
REST: Mapping[tuple[str, str], Row] = {
    ("trail-events", "GET"): Row(EVENT_READERS, "/audit/events", anywhere=OTHER_KEY),
    ("trail-event", "GET"): Row(EVENT_READERS, "/audit/events/{event}"),
    ("bundles-bundles", "GET"): Row(EVENT_READERS, "/audit/bundles", anywhere=OTHER_KEY),
    ("bundles-bundles", "POST"): Row(EVENT_READERS, "/audit/bundles", body={"system": "own-system"}),
    ("bundles-samples", "POST"): Row(EVENT_READERS, "/audit/samples", body=NEW_SAMPLE),
    ("bundles-bundle", "GET"): Row(EVENT_READERS, "/audit/bundles/{bundle}"),
    ("bundles-cancel", "POST"): Row(
        EVENT_READERS, "/audit/bundles/{bundle}/cancel", body={}, answers=frozenset({409})
    ),
    ("bundles-sample", "GET"): Row(
        EVENT_READERS, "/audit/bundles/{bundle}/sample", answers=frozenset({409})
    ),
    ("bundles-file", "GET"): Row(
        EVENT_READERS, "/audit/bundles/{bundle}/file", answers=frozenset({409})
    ),
    ("systems-systems", "GET"): Row(
        SIGNED_IN - (KEYS - REGISTRY_READERS), "/systems", anywhere=PEOPLE | {"other key"}
    ),
    ("systems-systems", "POST"): Row(ADMIN, "/systems", body={"slug": "new", "name": "New"}),
    ("systems-system", "GET"): Row(REGISTRY_READERS, "/systems/{system}"),
    ("systems-system", "PATCH"): Row(REGISTRY_WRITERS, "/systems/{system}", body={"name": "N"}),
    ("risk-packs", "GET"): Row(SIGNED_IN, "/risk/packs", anywhere=SIGNED_IN),
    ("risk-pack", "GET"): Row(SIGNED_IN, "/risk/packs/eu-ai-act", anywhere=SIGNED_IN),
    ("risk-pack-version", "GET"): Row(SIGNED_IN, "/risk/packs/eu-ai-act/2026.1", anywhere=SIGNED_IN),
    ("risk-classify", "POST"): Row(SIGNED_IN, "/risk/classify", body=UNANSWERED, anywhere=SIGNED_IN),
    ("risk-assessments", "GET"): Row(REGISTRY_READERS, "/systems/{system}/assessments"),
    ("risk-assessments", "POST"): Row(REGISTRY_WRITERS, "/systems/{system}/assessments", body=UNANSWERED),
    ("risk-assessment", "GET"): Row(REGISTRY_READERS, "/systems/{system}/assessments/{assessment}"),
    ("risk-overrides", "GET"): Row(REGISTRY_READERS, OVERRIDES),
    ("risk-overrides", "POST"): Row(
        RISK_PROPOSERS, OVERRIDES, body={"class": "prohibited", "reason": "r"}, answers=FILED_AGAIN
    ),
    ("risk-override", "GET"): Row(REGISTRY_READERS, f"{OVERRIDES}/{{override}}"),
    ("risk-decision", "POST"): Row(
        RISK_DECIDERS, f"{OVERRIDES}/{{override}}/decision", body={"verdict": "approve"}, answers=FILED_AGAIN
    ),
    ("risk-end", "POST"): Row(
        frozenset(), f"{OVERRIDES}/{{override}}/end", body=REASON
    ),
    ("catalog-models", "GET"): Row(
        SIGNED_IN - (KEYS - REGISTRY_READERS), "/models", anywhere=PEOPLE | {"other key"}
    ),
    ("catalog-models", "POST"): Row(REGISTRY_WRITERS, "/models", body=NEW_MODEL),
    ("catalog-model", "GET"): Row(REGISTRY_READERS, "/models/{model}"),
    ("catalog-model", "PATCH"): Row(REGISTRY_WRITERS, "/models/{model}", body={"task": "t"}),
    ("catalog-versions", "GET"): Row(REGISTRY_READERS, "/models/{model}/versions"),
    ("catalog-versions", "POST"): Row(
        REGISTRY_WRITERS, "/models/{model}/versions", body=NEW_VERSION
    ),
    ("catalog-version", "GET"): Row(REGISTRY_READERS, "/models/{model}/versions/{version}"),
    ("catalog-cards", "GET"): Row(REGISTRY_READERS, "/models/{model}/versions/{version}/card"),
    ("catalog-cards", "POST"): Row(
        REGISTRY_WRITERS, "/models/{model}/versions/{version}/card", body={"card": {"use": "x"}}
    ),
    ("catalog-card", "GET"): Row(REGISTRY_READERS, "/models/{model}/versions/{version}/card/1"),
    ("catalog-environments", "GET"): Row(
        REGISTRY_READERS, "/environments", anywhere=(OTHERS - {"second queue"}) | {"other key"}
    ),
    ("catalog-environments", "POST"): Row(ADMIN, "/environments", body={"slug": "eu", "kind": "production"}),
    ("catalog-environments", "PATCH"): Row(ADMIN, "/environments", body={"slug": "staging", "mode": "warn"}),
    ("catalog-environment", "GET"): Row(
        REGISTRY_READERS, "/environments/staging", anywhere=(OTHERS - {"second queue"}) | {"other key"}
    ),
    ("catalog-environment", "PATCH"): Row(ADMIN, "/environments/staging", body={"mode": "warn"}),
    ("deployments-deployments", "GET"): Row(
        SIGNED_IN - (KEYS - REGISTRY_READERS), "/deployments", anywhere=PEOPLE | {"other key"}
    ),
    ("deployments-deployments", "POST"): Row(REGISTRY_WRITERS, "/deployments", body=DEPLOYMENT),
    ("deployments-rollback", "POST"): Row(
        REGISTRY_WRITERS, "/deployments/rollback", body={"model": "own-model", "environment": "staging"}
    ),
    ("deployments-deployment", "GET"): Row(REGISTRY_READERS, "/deployments/{deployment}"),
    ("aliases-aliases", "GET"): Row(REGISTRY_READERS, "/models/{model}/aliases"),
    ("aliases-alias", "GET"): Row(REGISTRY_READERS, "/models/{model}/aliases/{alias}"),
    ("aliases-alias", "PUT"): Row(
        REGISTRY_WRITERS, "/models/{model}/aliases/{alias}", body={"version": "1.0.0"}
    ),
    ("aliases-alias", "DELETE"): Row(REGISTRY_WRITERS, "/models/{model}/aliases/{alias}"),
    ("aliases-protections", "GET"): Row(
        REGISTRY_READERS, "/alias-protections", anywhere=(OTHERS - {"second queue"}) | {"other key"}
    ),
    ("aliases-protections", "POST"): Row(ADMIN, "/alias-protections", body=PROTECTION),
    ("aliases-protection", "GET"): Row(ADMIN, "/alias-protections/{protection}"),
    ("aliases-protection", "DELETE"): Row(ADMIN, "/alias-protections/{protection}"),
    ("comparison-compare", "GET"): Row(
        REGISTRY_READERS, "/models/{model}/compare?version={version}&version={second_version}"
    ),
    ("lineage-lineage", "GET"): Row(REGISTRY_READERS, "/lineage?version={model}:{version}"),
    ("approvals-approvals", "GET"): Row(
        SIGNED_IN - (KEYS - REGISTRY_READERS), "/approvals", anywhere=PEOPLE | {"other key"}
    ),
    ("approvals-approvals", "POST"): Row(REGISTRY_WRITERS, "/approvals", body=NEW_APPROVAL),
    ("approvals-approval", "GET"): Row(REGISTRY_READERS, "/approvals/{approval}"),
    ("approvals-signatures", "POST"): Row(
        frozenset({"risk_officer"}), "/approvals/{approval}/signatures", body=VERDICT, answers=TO_PROVE
    ),
    ("approvals-withdraw", "POST"): Row(REGISTRY_WRITERS, "/approvals/{approval}/withdraw", body={}),
    ("approvals-policies", "GET"): Row(
        REGISTRY_READERS, "/approval-policies", anywhere=(OTHERS - {"second queue"}) | {"other key"}
    ),
    ("approvals-policies", "POST"): Row(frozenset(), "/approval-policies", body=APPROVAL_POLICY),
    ("approvals-policy", "GET"): Row(
        REGISTRY_READERS | (OTHERS - {"second queue"}) | {"other key"}, "/approval-policies/{approval_policy}"
    ),
    ("approvals-policy", "PUT"): Row(frozenset(), "/approval-policies/{approval_policy}", body=STAGES),
    ("approvals-policy", "DELETE"): Row(frozenset(), "/approval-policies/{approval_policy}"),
    ("approvals-publish", "POST"): Row(frozenset(), "/approval-policies/{approval_policy}/publish", body={}),
    ("evidence-list", "GET"): Row(
        SIGNED_IN - (KEYS - REGISTRY_READERS), "/evidence", anywhere=PEOPLE | {"other key"}
    ),
    ("evidence-list", "POST"): Row(EVIDENCE_ADDERS, "/evidence", body=NEW_EVIDENCE),
    ("evidence-one", "GET"): Row(REGISTRY_READERS, "/evidence/{evidence}"),
    ("evidence-file", "GET"): Row(REGISTRY_READERS, "/evidence/{evidence}/file"),
    ("waivers-waivers", "GET"): Row(
        SIGNED_IN - (KEYS - REGISTRY_READERS), "/waivers", anywhere=PEOPLE | {"other key"}
    ),
    ("waivers-waivers", "POST"): Row(EVIDENCE_ADDERS & PEOPLE, "/waivers", body=NEW_WAIVER),
    ("waivers-waiver", "GET"): Row(REGISTRY_READERS, "/waivers/{waiver}"),
    ("waivers-approve", "POST"): Row(COMPLIANCE, "/waivers/{waiver}/approve", body={}),
    ("waivers-refuse", "POST"): Row(COMPLIANCE, "/waivers/{waiver}/refuse", body={}),
    ("waivers-end", "POST"): Row(COMPLIANCE, "/waivers/{waiver}/end", body={}),
    ("delegations-delegations", "GET"): Row(PEOPLE, "/delegations", anywhere=PEOPLE),
    ("delegations-delegations", "POST"): Row(
        frozenset({"risk_officer"}), "/delegations", body=NEW_DELEGATION
    ),
    ("delegations-delegation", "GET"): Row(
        CHECKERS, "/delegations/{delegation}", blind=ROLES - CHECKERS
    ),
    ("delegations-end", "POST"): Row(
        frozenset(), "/delegations/{delegation}/end", body={}, blind=ROLES - CHECKERS
    ),
    ("gate-gate", "POST"): Row(
        PEOPLE | {"key gate:read", "other key"}, "/gate", body=QUESTION, anywhere=PEOPLE | {"other key"}
    ),
    ("gate-answers", "GET"): Row(
        PEOPLE | {"key gate:read", "other key"}, "/gate/answers", anywhere=PEOPLE | {"other key"}
    ),
    ("suspensions-suspensions", "GET"): Row(
        SIGNED_IN - (KEYS - REGISTRY_READERS), "/suspensions", anywhere=PEOPLE | {"other key"}
    ),
    ("suspensions-suspensions", "POST"): Row(
        SUSPENDERS, "/suspensions", body={"model": "own-model", "reason": "r"}
    ),
    ("suspensions-suspension", "GET"): Row(REGISTRY_READERS, "/suspensions/{suspension}"),
    ("suspensions-lift", "POST"): Row(
        SUSPENDERS - {"model_owner"}, "/suspensions/{suspension}/lift", body=REASON
    ),
    ("routing-policies", "GET"): Row(REGISTRY_READERS, "/models/{model}/policies"),
    ("routing-policies", "POST"): Row(POLICY_WRITERS, "/models/{model}/policies", body=POLICY),
    ("routing-policy", "GET"): Row(REGISTRY_READERS, "/models/{model}/policies/{policy}"),
    ("routing-policy", "PUT"): Row(
        POLICY_WRITERS, "/models/{model}/policies/{policy}", body=POLICY
    ),
    ("routing-policy", "DELETE"): Row(
        POLICY_WRITERS, "/models/{model}/policies/{policy}"
    ),
    ("routing-publish", "POST"): Row(
        POLICY_WRITERS, "/models/{model}/policies/{policy}/publish", body={}
    ),
    ("routing-replay", "POST"): Row(
        POLICY_WRITERS, "/models/{model}/policies/{policy}/replay", body={"last": 10}
    ),
    ("intake-predictions", "GET"): Row(
        PREDICTION_VIEWERS, "/predictions?model={model}&external_id={external_id}"
    ),
    ("intake-predictions", "POST"): Row(
        frozenset({"key predictions:write"}), "/predictions", body=PREDICTION
    ),
    ("intake-prediction", "GET"): Row(PREDICTION_VIEWERS, "/predictions/{prediction}"),
    ("intake-flag", "POST"): Row(FLAGGERS, "/predictions/{prediction}/flag", body=REASON),
    ("intake-cancel", "POST"): Row(
        frozenset({"key predictions:write"}), "/predictions/{prediction}/cancel", body=REASON
    ),
    ("intake-outcomes", "GET"): Row(frozenset({"key outcomes:read"}), "/outcomes", anywhere=OTHER_KEY),
    ("erasure-erasures", "GET"): Row(ERASURE_VIEWERS, "/erasures", anywhere=OTHER_OFFICER),
    ("erasure-erasures", "POST"): Row(
        COMPLIANCE, "/erasures", body={"subject": "a person", "reason": "r", "system": "own-system"}
    ),
    ("erasure-preview", "POST"): Row(
        COMPLIANCE, "/erasures/preview", body={"subject": "a person", "system": "own-system"}
    ),
    ("erasure-erasure", "GET"): Row(ERASURE_VIEWERS, "/erasures/{erasure}"),
    ("holds-holds", "GET"): Row(ERASURE_VIEWERS, "/legal-holds", anywhere=OTHER_OFFICER),
    ("holds-holds", "POST"): Row(
        COMPLIANCE, "/legal-holds", body={"system": "own-system", "reason": "r"}
    ),
    ("holds-hold", "GET"): Row(ERASURE_VIEWERS, "/legal-holds/{hold}"),
    ("holds-lift", "POST"): Row(COMPLIANCE, "/legal-holds/{hold}/lift", body=REASON),
    ("retention-retention", "GET"): Row(REGISTRY_READERS, "/systems/{system}/retention"),
    ("retention-retention", "PUT"): Row(COMPLIANCE, "/systems/{system}/retention", body={"days": 365}),
    ("labels-feed", "GET"): Row(LABEL_READERS, "/labels", anywhere=OTHER_LABEL_READERS),
    ("labels-withdraw", "POST"): Row(MANAGER, "/labels/{label}/withdraw", body=REASON),
    ("judging-queues", "GET"): Row(SIGNED_IN, "/queues", anywhere=SIGNED_IN),
    ("judging-queues", "POST"): Row(
        QUEUE_MAKERS, "/queues", body={"slug": "third", "name": "Third", "system": "own-system"}
    ),
    ("judging-queue", "GET"): Row(QUEUE_VIEWERS, "/queues/{queue}"),
    ("judging-queue-claim", "POST"): Row(QUEUE_WORKERS, "/queues/{queue}/claim", body={}),
    ("judging-claim", "POST"): Row(SIGNED_IN, "/claim", body={}, anywhere=SIGNED_IN),
    ("judging-reviews", "GET"): Row(SIGNED_IN, "/reviews", anywhere=SIGNED_IN),
    ("judging-review", "GET"): Row(QUEUE_VIEWERS, "/reviews/{review}"),
    ("judging-review-claim", "POST"): Row(QUEUE_WORKERS, "/reviews/{review}/claim", body={}),
    ("judging-assign", "POST"): Row(
        MANAGER, "/reviews/{review}/assign", body={"person": None, **REASON}
    ),
    ("judging-unlock", "POST"): Row(MANAGER, "/reviews/{review}/unlock", body={}),
    ("judging-heartbeat", "POST"): Row(QUEUE_WORKERS, "/reviews/{review}/heartbeat", body=LEASED),
    ("judging-release", "POST"): Row(QUEUE_WORKERS, "/reviews/{review}/release", body=LEASED),
    ("judging-draft", "PUT"): Row(QUEUE_WORKERS, "/reviews/{review}/draft", body={**LEASED, "draft": {}}),
    ("judging-judgement", "POST"): Row(QUEUE_WORKERS, "/reviews/{review}/judgement", body=_submission()),
    ("judging-undo", "POST"): Row(
        QUEUE_WORKERS, "/reviews/{review}/undo", body={"submission_id": str(uuid4())}, answers=NO_SUCH
    ),
    ("judging-escalate", "POST"): Row(
        QUEUE_WORKERS, "/reviews/{review}/escalate", body={**LEASED, **REASON}
    ),
    ("judging-reopen", "POST"): Row(MANAGER, "/reviews/{decided_review}/reopen", body=REASON),
    ("judging-reason-codes", "GET"): Row(ROLES | KEYS | {"second queue"}, "/models/{model}/reason-codes"),
    ("exports-exports", "GET"): Row(
        LABEL_READERS, "/exports", anywhere=OTHER_LABEL_READERS
    ),
    ("exports-exports", "POST"): Row(
        LABEL_READERS, "/exports", body={"model": "own-model", "format": "csv"}
    ),
    ("exports-export", "GET"): Row(LABEL_READERS, "/exports/{export}"),
    ("exports-export", "DELETE"): Row(MANAGER, "/exports/{export}"),
    ("exports-cancel", "POST"): Row(LABEL_READERS, "/exports/{export}/cancel", body={}),
    ("exports-file", "GET"): Row(LABEL_READERS, "/exports/{export}/files/{file}"),
    ("hall-why", "GET"): Row(ROLES | KEYS, "/why?action=system.read&on=system:{system}"),
    ("hall-openapi", "GET"): Row(ANYBODY, "/openapi.json", anywhere=ANYBODY),
    ("hall-docs", "GET"): Row(ANYBODY, "/docs", anywhere=ANYBODY),
}  # fmt: skip

ROLE = {"role": "reviewer", "scope": "{scope}"}
RISK = "/systems/{system}/risk"
NOT_MINE = frozenset({409})
"""Somebody else has the draft."""
PERSON = "/administration/people/{person}"
KEY = "/administration/keys/{key}"
ITEM = "/review/items/{review}"
CASE = "/predictions/{prediction}"
DRAFT_POLICY = "/approvals/_policies/_draft?risk_class=high_risk&environment=production"

PAGES: Mapping[tuple[str, str], Row] = {
    ("healthz", "GET"): Row(ANYBODY, "/healthz", anywhere=ANYBODY),
    ("readyz", "GET"): Row(ANYBODY, "/readyz", anywhere=ANYBODY),
    ("metrics", "GET"): Row(ANYBODY, "/metrics", anywhere=ANYBODY),
    ("account_login", "GET"): Row(ANYBODY, "/sign-in", anywhere=ANYBODY),
    ("account_login", "POST"): Row(ANYBODY, "/sign-in", body={"login": "x@example.org"}, anywhere=ANYBODY),
    ("account_logout", "POST"): Row(ANYBODY, "/sign-out", body=EMPTY, anywhere=ANYBODY, answers=TO_SIGN_IN),
    ("gate-keys", "GET"): Row(ANYBODY, "/.well-known/countersign/keys.json", anywhere=ANYBODY),
    ("log-checkpoint", "GET"): Row(LOG_READERS, "/audit/log/checkpoint", answers=NO_SUCH),
    ("log-entries", "GET"): Row(LOG_READERS, "/audit/log/tile/entries/000", answers=NO_SUCH),
    ("log-tile", "GET"): Row(LOG_READERS, "/audit/log/tile/0/000", answers=NO_SUCH),
    ("log-former-checkpoint", "GET"): Row(LOG_READERS, "/audit/log/1/checkpoint", answers=NO_SUCH),
    ("log-former-entries", "GET"): Row(LOG_READERS, "/audit/log/1/tile/entries/000", answers=NO_SUCH),
    ("log-former-tile", "GET"): Row(LOG_READERS, "/audit/log/1/tile/0/000", answers=NO_SUCH),
    ("page-problems", "GET"): Row(ANYBODY, "/problems", anywhere=ANYBODY),
    ("page-problem", "GET"): Row(ANYBODY, "/problems/not-found", anywhere=ANYBODY),
    ("page-home", "GET"): page("/", PEOPLE, anywhere=PEOPLE),
    ("page-why", "GET"): page("/why?action=system.read&on=system:{system}", ROLES),
    ("page-search", "GET"): page("/search?q=own", PEOPLE, anywhere=PEOPLE),
    ("page-profile", "GET"): page("/profile", PEOPLE, anywhere=PEOPLE),
    ("page-profile", "POST"): page("/profile", PEOPLE, body={"name": "N"}, anywhere=PEOPLE),
    ("page-password", "GET"): page("/profile/password", PEOPLE, anywhere=PEOPLE),
    ("page-password", "POST"): page("/profile/password", PEOPLE, body={"current": "x"}, anywhere=PEOPLE),
    ("page-tokens", "POST"): page("/profile/tokens", PEOPLE, body={"name": "N"}, anywhere=PEOPLE),
    ("page-token-revoke", "POST"): page(
        "/profile/tokens/{token}/revoke", frozenset(), body=EMPTY, blind=ROLES
    ),
    ("page-people", "GET"): page("/administration/people", CHECKERS),
    ("page-person-new", "GET"): page("/administration/people/new", ADMIN),
    ("page-person-new", "POST"): page("/administration/people/new", ADMIN, body={"name": "N"}),
    ("page-person", "GET"): page(PERSON, CHECKERS),
    ("page-person-grant", "POST"): page(f"{PERSON}/grant", ADMIN, body=ROLE),
    ("page-person-revoke", "POST"): page(PERSON + "/roles/{assignment}/revoke", ADMIN, body=EMPTY),
    ("page-person-deactivate", "POST"): page(f"{PERSON}/deactivate", ADMIN, body=EMPTY),
    ("page-person-password", "POST"): page(f"{PERSON}/password", ADMIN, body=EMPTY),
    ("page-person-group", "POST"): page(f"{PERSON}/group", ADMIN, body={"group": "north"}),
    ("page-person-token-revoke", "POST"): page(PERSON + "/tokens/{token}/revoke", ADMIN, body=EMPTY),
    ("page-receipt-keys", "GET"): page("/administration/receipt-keys", CHECKERS),
    ("page-keys", "GET"): page("/administration/keys", CHECKERS),
    ("page-key-new", "GET"): page("/administration/keys/new", ADMIN),
    ("page-key-new", "POST"): page("/administration/keys/new", ADMIN, body={"name": "N"}),
    ("page-key", "GET"): page(KEY, CHECKERS),
    ("page-key-rotate", "POST"): page(f"{KEY}/rotate", ADMIN, body={"overlap": "24"}),
    ("page-key-revoke", "POST"): page(f"{KEY}/revoke", ADMIN, body=EMPTY),
    ("page-health", "GET"): page("/administration/health", frozenset({"administrator", "auditor"})),
    ("page-mail", "GET"): page("/administration/mail", ADMIN),
    ("page-message", "GET"): page("/administration/mail/{mail}", ADMIN),
    ("page-log", "GET"): page("/audit/log", LOG_READERS),
    ("page-bundles", "GET"): page("/audit/bundles", frozenset({"auditor"})),
    ("page-bundle-new", "GET"): page("/audit/bundles/new", frozenset({"auditor"})),
    ("page-bundle-new", "POST"): page(
        "/audit/bundles/new", frozenset({"auditor"}), body={"system": "own-system"}
    ),
    ("page-bundle", "GET"): page("/audit/bundles/{bundle}", frozenset({"auditor"})),
    ("page-bundle-cancel", "POST"): page(
        "/audit/bundles/{bundle}/cancel", frozenset({"auditor"}), body=EMPTY, answers=frozenset({409})
    ),
    ("page-events", "GET"): page("/audit/events", frozenset({"auditor"})),
    ("page-event", "GET"): page("/audit/events/{event}", frozenset({"auditor"})),
    ("page-kinds", "GET"): page("/audit/kinds", frozenset({"auditor"})),
    ("page-systems", "GET"): page("/systems", PEOPLE, anywhere=PEOPLE),
    ("page-system-new", "GET"): page("/systems/_register", ADMIN),
    ("page-system-new", "POST"): page("/systems/_register", ADMIN, body={"name": "N"}),
    ("page-system", "GET"): page("/systems/{system}", ROLES),
    ("page-system-change", "GET"): page("/systems/{system}/change", REGISTRY_WRITERS),
    ("page-system-change", "POST"): page(
        "/systems/{system}/change", REGISTRY_WRITERS, body={"name": "N"}
    ),
    ("page-risk-packs", "GET"): page("/risk/packs", PEOPLE, anywhere=PEOPLE),
    ("page-risk-pack", "GET"): page("/risk/packs/eu-ai-act/2026.1", PEOPLE, anywhere=PEOPLE),
    # Whoever is responsible for risk everywhere; here they are of one system only.
    ("page-risk-reclassify", "GET"): page("/risk/packs/eu-ai-act/2026.1/reclassify", frozenset()),
    ("page-risk-reclassify", "POST"): page(
        "/risk/packs/eu-ai-act/2026.1/reclassify", frozenset(), body=EMPTY
    ),
    ("page-risk", "GET"): page(RISK, ROLES),
    ("page-risk-assessment", "GET"): page(f"{RISK}/{{assessment}}", ROLES),
    ("page-risk-override", "POST"): page(f"{RISK}/{{assessment}}/override", RISK_PROPOSERS, body=EMPTY),
    ("page-risk-exemption", "POST"): page(f"{RISK}/{{assessment}}/exemption", RISK_PROPOSERS, body=EMPTY),
    ("page-risk-decide", "POST"): page(
        f"{RISK}/{{assessment}}/overrides/{{override}}/decide", RISK_DECIDERS, body={"verdict": "approve"}
    ),
    ("page-risk-end", "POST"): page(
        f"{RISK}/{{assessment}}/overrides/{{override}}/end", frozenset(), body=REASON
    ),
    ("page-risk-begin", "POST"): page(f"{RISK}/_begin/bank-model-risk", REGISTRY_WRITERS, body=EMPTY),
    ("page-risk-answer", "GET"): page(f"{RISK}/_answer/eu-ai-act", REGISTRY_WRITERS),
    ("page-risk-answer", "POST"): page(
        f"{RISK}/_answer/eu-ai-act", REGISTRY_WRITERS, body={"ai_system": "yes"}, answers=NOT_MINE
    ),
    ("page-risk-file", "POST"): page(
        f"{RISK}/_answer/eu-ai-act/file", REGISTRY_WRITERS, body=EMPTY, answers=NOT_MINE
    ),
    ("page-risk-hand-over", "POST"): page(
        f"{RISK}/_answer/eu-ai-act/hand-over", REGISTRY_WRITERS, body=EMPTY
    ),
    ("page-risk-discard", "POST"): page(
        f"{RISK}/_answer/eu-ai-act/discard", REGISTRY_WRITERS, body=EMPTY, answers=NOT_MINE
    ),
    ("page-model-new", "GET"): page("/models/_register?system={system}", REGISTRY_WRITERS),
    ("page-model-new", "POST"): page(
        "/models/_register?system={system}", REGISTRY_WRITERS, body={"slug": "n"}
    ),
    ("page-model", "GET"): page("/models/{model}", ROLES),
    ("page-model-change", "GET"): page("/models/{model}/change", REGISTRY_WRITERS),
    ("page-model-change", "POST"): page(
        "/models/{model}/change", REGISTRY_WRITERS, body={"task": "t"}
    ),
    ("page-versions", "GET"): page("/models/{model}/versions", ROLES),
    ("page-version", "GET"): page("/models/{model}/versions/{version}", ROLES),
    ("page-environments", "GET"): page("/environments", ROLES, anywhere=OTHERS - {"second queue"}),
    ("page-environment-new", "GET"): page("/environments/_new", ADMIN),
    ("page-environment-new", "POST"): page("/environments/_new", ADMIN, body={"slug": "eu"}),
    ("page-environment-change", "GET"): page("/environments/staging/change", ADMIN),
    ("page-environment-change", "POST"): page(
        "/environments/staging/change", ADMIN, body={"mode": "warn"}
    ),
    ("page-environment", "GET"): page("/environments/staging", ROLES, anywhere=OTHERS - {"second queue"}),
    ("page-deployments", "GET"): page("/models/{model}/deployments", ROLES),
    ("page-deploy", "POST"): page(
        "/models/{model}/deployments/deploy", REGISTRY_WRITERS,
        body={"version": "1.0.0", "environment": "staging"},
    ),
    ("page-rollback", "POST"): page(
        "/models/{model}/deployments/rollback", REGISTRY_WRITERS, body={"environment": "staging"}
    ),
    ("page-aliases", "GET"): page("/models/{model}/aliases", ROLES),
    ("page-alias-move", "POST"): page(
        "/models/{model}/aliases/_move", REGISTRY_WRITERS, body={"alias": "champion", "version": "1.0.0"}
    ),
    ("page-alias-remove", "POST"): page(
        "/models/{model}/aliases/{alias}/remove", REGISTRY_WRITERS, body=EMPTY
    ),
    ("page-protections", "GET"): page("/alias-protections", ROLES, anywhere=OTHERS - {"second queue"}),
    ("page-protections", "POST"): page("/alias-protections", ADMIN, body=PROTECTION),
    ("page-protection-end", "POST"): page("/alias-protections/{protection}/end", ADMIN, body=EMPTY),
    ("page-card", "GET"): page("/models/{model}/versions/{version}/card", REGISTRY_WRITERS),
    ("page-card", "POST"): page(
        "/models/{model}/versions/{version}/card", REGISTRY_WRITERS, body={"card": "{{}}"}
    ),
    ("page-portfolio", "GET"): page("/portfolio", PEOPLE, anywhere=PEOPLE),
    ("page-gate", "GET"): page("/models/{model}/gate", ROLES),
    ("page-erasures", "GET"): page("/erasures", ERASURE_VIEWERS, anywhere=OTHER_OFFICER),
    ("page-erasure-new", "GET"): page("/erasures/_new", COMPLIANCE, anywhere=OTHER_OFFICER),
    ("page-erasure-new", "POST"): page(
        "/erasures/_new", COMPLIANCE, body={"subject": "a person", "system": "own-system"},
        anywhere=OTHER_OFFICER,
    ),
    ("page-erasure", "GET"): page("/erasures/{erasure}", ERASURE_VIEWERS),
    ("page-holds", "GET"): page("/legal-holds", ERASURE_VIEWERS, anywhere=OTHER_OFFICER),
    ("page-holds", "POST"): page(
        "/legal-holds", COMPLIANCE, body={"system": "own-system", "reason": "r"}, anywhere=OTHER_OFFICER
    ),
    ("page-retention", "GET"): page("/systems/{system}/retention", REGISTRY_READERS),
    ("page-retention", "POST"): page("/systems/{system}/retention", COMPLIANCE, body={"days": "365"}),
    ("page-hold-lift", "POST"): page("/legal-holds/{hold}/lift", COMPLIANCE, body=REASON),
    ("page-suspensions", "GET"): page("/suspensions", PEOPLE, anywhere=PEOPLE),
    ("page-suspend", "GET"): page("/suspensions/_raise?model={model}&version={version}", SUSPENDERS),
    ("page-suspend", "POST"): page(
        "/suspensions/_raise?model={model}&version={version}", SUSPENDERS, body={"reason": "r"}
    ),
    ("page-suspension", "GET"): page("/suspensions/{suspension}", ROLES),
    ("page-lift-ask", "POST"): page("/suspensions/{suspension}/ask", frozenset({"model_owner"}), body=EMPTY),
    ("page-lift", "POST"): page(
        "/suspensions/{suspension}/lift", SUSPENDERS - {"model_owner"}, body=REASON
    ),
    ("page-compare", "GET"): page("/models/{model}/compare", ROLES),
    ("page-lineage", "GET"): page("/lineage?version={model}:{version}", ROLES),
    ("page-approvals", "GET"): page("/approvals", PEOPLE, anywhere=PEOPLE),
    ("page-approvals-sign", "POST"): page(
        "/approvals/_sign", PEOPLE, body={"verdict": "approve"}, anywhere=PEOPLE
    ),
    ("page-approval", "GET"): page("/approvals/{approval}", ROLES),
    ("page-approval-sign", "POST"): page(
        "/approvals/{approval}/sign", frozenset({"risk_officer"}), body={"verdict": "approve"}
    ),
    ("page-approval-withdraw", "POST"): page(
        "/approvals/{approval}/withdraw", frozenset({"model_owner"}), body=EMPTY
    ),
    ("page-approval-record", "GET"): page("/approvals/{approval}/record", ROLES),
    ("page-approval-policies", "GET"): page(
        "/approvals/_policies", ROLES, anywhere=OTHERS - {"second queue"}
    ),
    ("page-approval-policy-new", "GET"): page(DRAFT_POLICY, frozenset()),
    ("page-approval-policy-new", "POST"): page(DRAFT_POLICY, frozenset(), body={"valid_days": "1"}),
    ("page-approval-policy", "GET"): page(
        "/approvals/_policies/{approval_policy}", ROLES | (OTHERS - {"second queue"})
    ),
    ("page-approval-policy", "POST"): page(
        "/approvals/_policies/{approval_policy}", frozenset(), body={"valid_days": "1"}
    ),
    ("page-approval-publish", "POST"): page(
        "/approvals/_policies/{approval_policy}/publish", frozenset(), body=EMPTY
    ),
    ("page-approval-discard", "POST"): page(
        "/approvals/_policies/{approval_policy}/discard", frozenset(), body=EMPTY
    ),
    ("page-submit", "GET"): page("/models/{model}/versions/{version}/submit", ROLES),
    ("page-submit", "POST"): page(
        "/models/{model}/versions/{version}/submit?environment=staging", REGISTRY_WRITERS, body={"note": "n"}
    ),
    ("page-evidence-new", "GET"): page("/models/{model}/versions/{version}/evidence", EVIDENCE_ADDERS),
    ("page-evidence-new", "POST"): page(
        "/models/{model}/versions/{version}/evidence", EVIDENCE_ADDERS, body={"item": "i"}
    ),
    ("page-waivers", "GET"): page("/models/{model}/versions/{version}/waivers", ROLES),
    ("page-waivers", "POST"): page(
        "/models/{model}/versions/{version}/waivers", EVIDENCE_ADDERS, body={"reason": "r"}
    ),
    ("page-waiver-approve", "POST"): page("/waivers/{waiver}/approve", COMPLIANCE, body=EMPTY),
    ("page-waiver-refuse", "POST"): page("/waivers/{waiver}/refuse", COMPLIANCE, body=EMPTY),
    ("page-waiver-end", "POST"): page("/waivers/{waiver}/end", COMPLIANCE, body=EMPTY),
    ("page-delegations", "GET"): page("/approvals/_delegations", PEOPLE, anywhere=PEOPLE),
    ("page-delegations", "POST"): page(
        "/approvals/_delegations", PEOPLE, body={"reason": "r"}, anywhere=PEOPLE
    ),
    ("page-delegation-end", "POST"): page(
        "/approvals/_delegations/{delegation}/end", frozenset(), body=EMPTY, blind=ROLES - CHECKERS
    ),
    ("page-evidence-file", "GET"): page("/evidence/{evidence}/file", ROLES),
    ("page-policies", "GET"): page("/models/{model}/policies", ROLES),
    ("page-policy-new", "GET"): page("/models/{model}/policies/_draft", POLICY_WRITERS),
    ("page-policy-new", "POST"): page(
        "/models/{model}/policies/_draft", POLICY_WRITERS, body={"threshold": "0.8"}
    ),
    ("page-policy", "GET"): page("/models/{model}/policies/{policy}", ROLES),
    ("page-policy", "POST"): page(
        "/models/{model}/policies/{policy}", POLICY_WRITERS, body={"threshold": "0.8"}
    ),
    ("page-policy-discard", "POST"): page(
        "/models/{model}/policies/{policy}/discard", POLICY_WRITERS, body=EMPTY
    ),
    ("page-exports", "GET"): page("/exports", LABEL_READERS, anywhere=OTHER_LABEL_READERS),
    ("page-export-new", "GET"): page("/exports/new", LABEL_READERS, anywhere=OTHER_LABEL_READERS),
    ("page-export-new", "POST"): page(
        "/exports/new", LABEL_READERS, body={"format": "csv"}, anywhere=OTHER_LABEL_READERS
    ),
    ("page-export", "GET"): page("/exports/{export}", LABEL_READERS),
    ("page-export-row", "GET"): page("/exports/{export}/row", LABEL_READERS),
    ("page-export-cancel", "POST"): page("/exports/{export}/cancel", LABEL_READERS, body=EMPTY),
    ("page-export-purge", "POST"): page("/exports/{export}/purge", LABEL_READERS, body=EMPTY),
    ("page-review", "GET"): page("/review", PEOPLE, anywhere=PEOPLE),
    ("page-workbench", "GET"): page("/review/queues/{queue}", QUEUE_WORKERS),
    ("workbench-next", "POST"): page("/review/queues/{queue}/next", QUEUE_WORKERS, body=EMPTY),
    ("page-workbench-item", "GET"): page(ITEM, QUEUE_WORKERS),
    ("workbench-decide", "POST"): page(
        f"{ITEM}/decide", QUEUE_WORKERS, body={"action": "skip", **LEASED}
    ),
    ("workbench-heartbeat", "POST"): page(f"{ITEM}/heartbeat", QUEUE_WORKERS, body=LEASED),
    ("workbench-draft", "POST"): page(f"{ITEM}/draft", QUEUE_WORKERS, body=LEASED),
    ("workbench-release", "POST"): page(f"{ITEM}/release", QUEUE_WORKERS, body=LEASED),
    ("workbench-undo", "POST"): page(
        f"{ITEM}/undo", QUEUE_WORKERS, body={"submission_id": str(uuid4())}, answers=NO_SUCH
    ),
    ("page-queues", "GET"): page("/queues", PEOPLE - {"no role"}, anywhere=OTHERS),
    ("page-queue", "GET"): page("/queues/{queue}", QUEUE_VIEWERS),
    ("desk-numbers", "GET"): page("/queues/{queue}/numbers", QUEUE_VIEWERS),
    ("desk-assign", "POST"): page("/queues/{queue}/assign", MANAGER, body={"reason": "r"}),
    ("desk-unlock", "POST"): page("/queues/{queue}/reviews/{review}/unlock", MANAGER, body=EMPTY),
    ("page-decided", "GET"): page("/decided", QUEUE_WORKERS | OTHER_QUEUE_WORKERS),
    ("page-decided-csv", "GET"): page("/decided/csv", QUEUE_WORKERS | OTHER_QUEUE_WORKERS),
    ("page-decided-reopen", "POST"): page(
        "/decided/{decided_review}/reopen", MANAGER, body=REASON
    ),
    ("page-prediction-find", "GET"): page("/predictions", PEOPLE, anywhere=PEOPLE),
    ("page-prediction", "GET"): page(CASE, PREDICTION_VIEWERS),
    ("page-prediction-flag", "POST"): page(f"{CASE}/flag", FLAGGERS, body={"reason": "r", "by": "staff"}),
    ("page-prediction-reopen", "POST"): page(
        "/predictions/{decided}/reopen", MANAGER, body=REASON
    ),
}  # fmt: skip
