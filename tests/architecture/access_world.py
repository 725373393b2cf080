"""Two AI systems with everything in them, and everybody who might ask about the first.

`own` is what is asked about; `other` is where the same roles are held by people who must not even learn
that `own` is there.
"""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.test import Client
from django.utils import timezone

from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from config.models import StoredMail
from governance.access import credentials, services
from governance.access.models import Person
from governance.access.roles import PERMISSIONS_BY_KEY_SCOPE, Role
from registry.systems import services as systems
from reviews.labels.models import Label
from reviews.queue import services as queues
from tests import factories
from tests.governance.risk.answered import RECRUITING
from tests.registry.gates import gate

NOWHERE = factories.nobody_there()
EVERYWHERE_ONLY = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
SCOPED = tuple(role for role in Role if role not in EVERYWHERE_ONLY)
KEY_SCOPES = tuple(PERMISSIONS_BY_KEY_SCOPE)
FORM = "application/x-www-form-urlencoded"
HTMX = {"HX-Request": "true"}
"""Where a page and a fragment differ, the fragment is what a form of the page asks for."""
BACKEND = "governance.access.backend.RoleBackend"
BY_ID = (
    "prediction", "decided", "review", "decided_review", "label", "export", "event", "bundle", "person",
    "assignment", "token", "key", "mail", "deployment", "protection", "override",
    "approval", "approval_policy", "evidence", "waiver", "delegation", "suspension", "erasure", "hold",
)  # fmt: skip
SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["fraud", "ok"]}},
    "required": ["label"],
    "additionalProperties": False,
}


@dataclass
class Caller:
    """Somebody with a session, or a program with a secret."""

    name: str
    client: Client
    headers: dict[str, str] = field(default_factory=dict)
    session: str = ""
    is_key: bool = False

    def ask(self, method: str, path: str, body: Any = None, *, form: bool = False) -> Any:
        """Send a request, with nothing left over from the one before. `body` is JSON, or a form's fields."""
        self.client.cookies.clear()
        if self.session:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        if body is None or method in {"GET", "DELETE"}:
            return self.client.generic(method, path, headers=self.headers)
        if form:
            return self.client.generic(
                method, path, urlencode(body), content_type=FORM, headers=self.headers | HTMX
            )
        return self.client.generic(
            method, path, json.dumps(body), content_type="application/json", headers=self.headers
        )


@dataclass
class World:
    """Everything that addresses can be about, by the names that the table uses."""

    callers: dict[str, Caller] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    """Values for addresses: `system`, `model`, `policy`, `prediction`, ..."""
    missing: dict[str, Any] = field(default_factory=dict)


def build() -> World:
    """Make it all, through services and the API alone."""
    world = World()
    own, other = factories.system("own-system"), factories.system("other-system")
    _add_callers(world, own, other)
    almighty = world.callers["almighty"]
    key = _key(world, "maker", KEY_SCOPES, own)
    _make_things(world, key, almighty)
    world.own |= _people_things()
    world.own |= _approval_things(own, key, almighty)
    world.missing = {
        "system": "no-such", "model": "no-such", "version": "9.9.9", "policy": 99, "queue": "no-such",
        "second_version": "9.9.8", "alias": "no-such", "file": "no-such.jsonl", "external_id": "no-such",
        "assessment": 99,
    } | dict.fromkeys(BY_ID, NOWHERE)  # fmt: skip
    return world


def _add_callers(world: World, own: Any, other: Any) -> None:
    add = world.callers.__setitem__
    add("anonymous", Caller("anonymous", Client()))
    for role in Role:
        add(role.value, _person(role.value, role, at=None if role in EVERYWHERE_ONLY else own))
    for role in SCOPED:
        add(f"other {role.value}", _person(f"other {role.value}", role, at=other))
    second = queues.create_queue(slug="second", name="Second", system=own, actor=OPERATOR, now=timezone.now())
    add("second queue", _person("second queue", Role.QUEUE_MANAGER, at=second))
    add("no role", _person("no role"))
    inactive = _person("inactive", *SCOPED, at=own)
    services.deactivate(person_id=Person.objects.get(name="inactive").pk, actor=OPERATOR, now=timezone.now())
    add("inactive", inactive)
    add("almighty", _person("almighty", *Role))
    for scope in KEY_SCOPES:
        add(f"key {scope}", _key(world, f"key {scope}", [scope], own))
    add("other key", _key(world, "other key", KEY_SCOPES, other))
    expired = _key(world, "expired key", KEY_SCOPES, own, expires_at=timezone.now())
    add("expired key", expired)


def _person(name: str, *roles: Role, at: Any = None) -> Caller:
    person = factories.person(*roles, at=at, name=name)
    client = Client()
    client.force_login(person, backend=BACKEND)
    return Caller(name, client, session=client.cookies[settings.SESSION_COOKIE_NAME].value)


def _key(world: World, name: str, scopes: Any, at: Any, **given: Any) -> Caller:
    _, secret = credentials.create_key(
        name=name, scopes=list(scopes), system_ids=[at.pk], actor=OPERATOR, now=timezone.now(), **given
    )
    return Caller(name, Client(), {"Authorization": f"Bearer {secret}"}, is_key=True)


def _make_things(world: World, key: Caller, almighty: Caller) -> None:
    _done(key.ask("POST", "/api/v1/models", {
        "slug": "own-model", "system": "own-system", "task": "classification", "output_schema": SCHEMA,
    }))  # fmt: skip
    _done(key.ask("POST", "/api/v1/models/own-model/versions", {
        "version": "1.0.0", "artifacts": [{"name": "m", "uri": "file:m", "sha256": "0" * 64, "size": 1}],
    }))  # fmt: skip
    _done(key.ask("POST", "/api/v1/models/own-model/versions", {"version": "1.1.0", "parent": "1.0.0"}))
    _done(key.ask("PUT", "/api/v1/models/own-model/aliases/champion", {"version": "1.0.0"}))
    protection = _done(almighty.ask("POST", "/api/v1/alias-protections", {
        "pattern": "other", "role": "auditor", "environment": "production",
    }))  # fmt: skip
    policy = {"queue": "own-system-inbox", "threshold": 0.9}
    _done(key.ask("POST", "/api/v1/models/own-model/policies", policy))
    _done(key.ask("POST", "/api/v1/models/own-model/policies/1/publish", {}))
    _done(key.ask("POST", "/api/v1/models/own-model/policies", policy))
    _predict(key, "waits")
    _predict(key, "waits too")
    claimed = _done(almighty.ask("POST", "/api/v1/queues/own-system-inbox/claim", {}))
    judged = claimed["review"]["id"]
    _done(almighty.ask("POST", f"/api/v1/reviews/{judged}/judgement", {
        "token": claimed["lease"]["token"], "submission_id": str(uuid4()),
        "output": claimed["review"]["prediction"]["output"],
    }))  # fmt: skip
    waiting = _predict(key, "waits still")
    decided = claimed["review"]["prediction"]["id"]
    with gate():
        deployed = _done(key.ask("POST", "/api/v1/deployments", {
            "model": "own-model", "version": "1.0.0", "environment": "production",
        }))  # fmt: skip
    answers = {"pack": "eu-ai-act", "answers": RECRUITING}
    assessed = _done(key.ask("POST", "/api/v1/systems/own-system/assessments", answers))
    at = f"/api/v1/systems/own-system/assessments/{assessed['number']}/overrides"
    almighty.ask("POST", "/systems/own-system/risk/_begin/eu-ai-act", {}, form=True)
    override = _done(almighty.ask("POST", at, {
        "class": "not_high_risk", "reason": "because", "expires_on": "2999-01-01",
    }))  # fmt: skip
    suspended = _done(key.ask("POST", "/api/v1/suspensions", {
        "model": "own-model", "version": "1.1.0", "reason": "It drifts.",
    }))  # fmt: skip
    about = {"system": "own-system", "reason": "because"}
    erasure = _done(almighty.ask("POST", "/api/v1/erasures", {"subject": "somebody", **about}))
    hold = _done(almighty.ask("POST", "/api/v1/legal-holds", {"subject": "somebody else", **about}))
    export = _done(key.ask("POST", "/api/v1/exports", {"model": "own-model", "format": "jsonl"}))
    bundle = _done(key.ask("POST", "/api/v1/audit/bundles", {"system": "own-system"}))
    world.own |= {
        "system": "own-system", "model": "own-model", "version": "1.0.0", "policy": 2,
        "second_version": "1.1.0", "alias": "champion", "protection": protection["id"],
        "queue": "own-system-inbox", "prediction": waiting["id"], "external_id": waiting["external_id"],
        "review": waiting["review"]["id"], "deployment": deployed["id"],
        "decided": decided, "decided_review": judged,
        "suspension": suspended["id"], "erasure": erasure["id"], "hold": hold["id"],
        "label": str(Label.objects.get().id), "export": export["id"], "file": "labels.jsonl",
        "bundle": bundle["id"],
        "assessment": assessed["number"], "override": override["id"],
        "event": str(Event.objects.filter(kind="reviews.queue.created").first().id),  # type: ignore[union-attr]
    }  # fmt: skip


def _approval_things(own: Any, key: Caller, almighty: Caller) -> dict[str, Any]:
    owners = {
        title: factories.person(name=title).email
        for title in ("business_sponsor", "product_owner", "technical_lead")
    }
    systems.change(system_id=own.pk, actor=OPERATOR, changes={"owners": owners}, now=timezone.now())
    soon = (timezone.now() + timedelta(days=7)).isoformat()
    taker = factories.person(name="taker")
    about = {"model": "own-model", "version": "1.0.0"}
    approval = _done(key.ask("POST", "/api/v1/approvals", {**about, "environment": "production"}))
    policy = _done(almighty.ask("POST", "/api/v1/approval-policies", {
        "risk_class": "high_risk", "environment": "production",
        "stages": [{"name": "One", "roles": ["risk_officer"]}],
    }))  # fmt: skip
    evidence = _done(almighty.ask("POST", "/api/v1/evidence", {
        **about, "item": "human-oversight", "title": "T", "filename": "a.txt", "content": "aGVsbG8=",
    }))  # fmt: skip
    waiver = _done(almighty.ask("POST", "/api/v1/waivers", {
        **about, "environment": "production", "requirement": "revalidation", "reason": "r", "until": soon,
    }))  # fmt: skip
    delegation = _done(almighty.ask("POST", "/api/v1/delegations", {
        "to": taker.email, "role": "risk_officer", "ends_at": soon, "reason": "r",
    }))  # fmt: skip
    return {
        "approval": approval["id"], "approval_policy": policy["id"], "evidence": evidence["id"],
        "waiver": waiver["id"], "delegation": delegation["id"], "email": taker.email,
    }  # fmt: skip


def _people_things() -> dict[str, Any]:
    somebody = factories.person("reviewer", name="somebody")
    token, _ = factories.token(somebody)
    key, _ = factories.service_key()
    mail = StoredMail.objects.create(
        at=timezone.now(), sender="", recipients="somebody@example.org", subject="Hello", body="You"
    )
    return {
        "person": somebody.pk,
        "assignment": somebody.assignments.get().pk,
        "token": token.pk,
        "key": key.pk,
        "mail": mail.pk,
        "scope": factories.scope_of(None).pk,
    }


def _predict(key: Caller, external_id: str) -> Any:
    return _done(key.ask("POST", "/api/v1/predictions", {
        "model": "own-model", "version": "1.0.0", "external_id": external_id, "input": {"amount": 1},
        "output": {"label": "fraud"}, "confidence": 0.5,
    }))  # fmt: skip


def _done(response: Any) -> Any:
    assert 200 <= response.status_code < 300, (response.status_code, response.content)
    return json.loads(response.content)
