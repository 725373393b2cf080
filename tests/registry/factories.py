"""The smallest valid people, keys, systems, models and versions. A test states only what it is about."""

import itertools
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.access import credentials
from governance.access import services as access
from governance.access.models import Person, Scope, ServiceKey
from governance.access.roles import Role, ScopeKind
from governance.access.selectors import everywhere
from registry.catalog import services as catalog
from registry.catalog.models import Model, ModelVersion
from registry.catalog.reading import NewVersion
from registry.systems import services as systems
from registry.systems.models import AISystem

PASSWORD = "correct-horse-battery"
LABELS = {"type": "object", "properties": {"label": {"enum": ["fraud", "ok"]}}, "required": ["label"]}
DIGEST = "0f" * 32
_numbers = itertools.count(1)


def make_person(role: Role | None = None, *, on: AISystem | None = None, name: str = "") -> Person:
    """Somebody with one role, everywhere or on a system."""
    n = next(_numbers)
    person = access.create_person(
        email=f"person{n}@example.org",
        name=name or f"Person {n}",
        password=PASSWORD,
        actor=OPERATOR,
        now=timezone.now(),
    )
    if role is not None:
        scope = scope_of(on) if on else everywhere()
        access.grant(person_id=person.pk, role=role, scope_id=scope.pk, actor=OPERATOR, now=timezone.now())
    return Person.objects.get(pk=person.pk)


def make_key(*scopes: str, on: Sequence[AISystem] = ()) -> tuple[ServiceKey, str]:
    """A service key and its secret."""
    return credentials.create_key(
        name=f"key {next(_numbers)}",
        scopes=scopes,
        system_ids=[system.pk for system in on],
        actor=OPERATOR,
        now=timezone.now(),
    )


def make_system(slug: str = "", **said: Any) -> AISystem:
    slug = slug or f"system-{next(_numbers)}"
    return systems.register(
        actor=OPERATOR, slug=slug, name=said.pop("name", slug.title()), now=timezone.now(), **said
    )


def scope_of(system: AISystem) -> Scope:
    return Scope.objects.get(kind=ScopeKind.SYSTEM, system=system)


def make_model(system: AISystem | None = None, slug: str = "", **said: Any) -> Model:
    return catalog.register_model(
        actor=OPERATOR,
        system_id=(system or make_system()).pk,
        slug=slug or f"model-{next(_numbers)}",
        task="classification",
        output_schema=said.pop("output_schema", LABELS),
        now=timezone.now(),
        **said,
    )


def make_version(model: Model, version: str = "1.0.0", **said: Any) -> ModelVersion:
    return catalog.register_version(
        model_id=model.pk,
        actor=OPERATOR,
        version=NewVersion(version=version, **said),
        now=timezone.now(),
    )


class Caller:
    """A program with a service key."""

    def __init__(self, secret: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}")

    def post(self, path: str, body: Any = None) -> Any:
        return self.client.post(f"/api/v1{path}", body if body is not None else {}, "application/json")

    def patch(self, path: str, body: Any) -> Any:
        return self.client.patch(f"/api/v1{path}", body, "application/json")

    def put(self, path: str, body: Any) -> Any:
        return self.client.put(f"/api/v1{path}", body, "application/json")

    def delete(self, path: str) -> Any:
        return self.client.delete(f"/api/v1{path}")


def caller(*scopes: str, on: Sequence[AISystem] = ()) -> Caller:
    """A program with a key of these scopes, limited to these systems."""
    return Caller(make_key(*scopes, on=on)[1])


def signed_in(person: Person) -> Caller:
    """A person with a session, calling the API as a page's script would."""
    it = Caller("")
    it.client = browser(person)
    return it


def browser(person: Person) -> Client:
    """A browser in which the person has signed in; how that is done is not what is tested."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "governance.access.backend.RoleBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return client
