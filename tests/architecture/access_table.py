"""Who may ask what: one row for each address and method of the product.

`may` are those who are let through; everybody else who holds something on the system is refused (403), except
`blind`, for whom the thing is not there (404). Whoever holds nothing on the system is told exactly what they
would be told about a thing that does not exist. A `form` is a page's; keys are strangers on pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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
EVENT_READERS = frozenset({"auditor", "key audit:read"})


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
NO_SUCH = frozenset({404})
"""There is no such judgement to take back."""
TO_SIGN_IN = frozenset({302})
LEASED = {"token": 1}


def _submission() -> dict[str, Any]:
    return {"token": 1, "submission_id": str(uuid4()), "output": {"label": "ok"}, "reasons": ["wrong_label"]}


NEW_MODEL = {"slug": "new", "system": "own-system", "task": "t", "output_schema": {"type": "object"}}
ARTIFACT = {"name": "m", "uri": "file:m", "sha256": "1" * 64, "size": 1}
NEW_VERSION = {"version": "2.0.0", "artifacts": [ARTIFACT]}
POLICY = {"queue": "own-system-inbox", "threshold": 0.8}
PREDICTION = {
    "model": "own-model", "version": "1.0.0", "external_id": "new", "input": {}, "output": {"label": "ok"},
    "confidence": 0.99,
}  # fmt: skip
REST: Mapping[tuple[str, str], Row] = {
    ("trail-events", "GET"): Row(EVENT_READERS, "/audit/events", anywhere=OTHER_KEY),
    ("trail-event", "GET"): Row(EVENT_READERS, "/audit/events/{event}"),
    ("systems-systems", "GET"): Row(
        SIGNED_IN - (KEYS - REGISTRY_READERS), "/systems", anywhere=PEOPLE | {"other key"}
    ),
    ("systems-systems", "POST"): Row(ADMIN, "/systems", body={"slug": "new", "name": "New"}),
    ("systems-system", "GET"): Row(REGISTRY_READERS, "/systems/{system}"),
    ("systems-system", "PATCH"): Row(REGISTRY_WRITERS, "/systems/{system}", body={"name": "N"}),
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
    ("catalog-environments", "GET"): Row(
        REGISTRY_READERS, "/environments", anywhere=(OTHERS - {"second queue"}) | {"other key"}
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
    ("hall-openapi", "GET"): Row(ANYBODY, "/openapi.json", anywhere=ANYBODY),
    ("hall-docs", "GET"): Row(ANYBODY, "/docs", anywhere=ANYBODY),
}  # fmt: skip

ROLE = {"role": "reviewer", "scope": "{scope}"}
PERSON = "/administration/people/{person}"
KEY = "/administration/keys/{key}"
ITEM = "/review/items/{review}"
CASE = "/predictions/{prediction}"

PAGES: Mapping[tuple[str, str], Row] = {
    ("healthz", "GET"): Row(ANYBODY, "/healthz", anywhere=ANYBODY),
    ("readyz", "GET"): Row(ANYBODY, "/readyz", anywhere=ANYBODY),
    ("metrics", "GET"): Row(ANYBODY, "/metrics", anywhere=ANYBODY),
    ("account_login", "GET"): Row(ANYBODY, "/sign-in", anywhere=ANYBODY),
    ("account_login", "POST"): Row(ANYBODY, "/sign-in", body={"login": "x@example.org"}, anywhere=ANYBODY),
    ("account_logout", "POST"): Row(ANYBODY, "/sign-out", body=EMPTY, anywhere=ANYBODY, answers=TO_SIGN_IN),
    ("page-problems", "GET"): Row(ANYBODY, "/problems", anywhere=ANYBODY),
    ("page-problem", "GET"): Row(ANYBODY, "/problems/not-found", anywhere=ANYBODY),
    ("page-home", "GET"): page("/", PEOPLE, anywhere=PEOPLE),
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
    ("page-keys", "GET"): page("/administration/keys", CHECKERS),
    ("page-key-new", "GET"): page("/administration/keys/new", ADMIN),
    ("page-key-new", "POST"): page("/administration/keys/new", ADMIN, body={"name": "N"}),
    ("page-key", "GET"): page(KEY, CHECKERS),
    ("page-key-rotate", "POST"): page(f"{KEY}/rotate", ADMIN, body={"overlap": "24"}),
    ("page-key-revoke", "POST"): page(f"{KEY}/revoke", ADMIN, body=EMPTY),
    ("page-health", "GET"): page("/administration/health", frozenset({"administrator", "auditor"})),
    ("page-mail", "GET"): page("/administration/mail", ADMIN),
    ("page-message", "GET"): page("/administration/mail/{mail}", ADMIN),
    ("page-events", "GET"): page("/audit/events", frozenset({"auditor"})),
    ("page-event", "GET"): page("/audit/events/{event}", frozenset({"auditor"})),
    ("page-systems", "GET"): page("/systems", PEOPLE, anywhere=PEOPLE),
    ("page-system-new", "GET"): page("/systems/_register", ADMIN),
    ("page-system-new", "POST"): page("/systems/_register", ADMIN, body={"name": "N"}),
    ("page-system", "GET"): page("/systems/{system}", ROLES),
    ("page-system-change", "GET"): page("/systems/{system}/change", REGISTRY_WRITERS),
    ("page-system-change", "POST"): page(
        "/systems/{system}/change", REGISTRY_WRITERS, body={"name": "N"}
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
