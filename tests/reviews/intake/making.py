"""The smallest things that posting needs: a model with a version and a policy, and a key that posts."""

import gzip
import itertools
import json
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.access import credentials
from governance.access.models import ServiceKey
from registry.catalog import services as catalog
from registry.catalog.models import Model
from registry.catalog.reading import NewVersion
from registry.systems import services as systems
from registry.systems.models import AISystem
from reviews.queue.models import Queue
from reviews.routing import services as routing
from reviews.routing.models import RoutingPolicy
from tests.reviews.queue.making import SCHEMA

INPUT_SCHEMA = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}
TABLES = (
    "reviews_prediction",
    "reviews_payload",
    "reviews_externalid",
    "reviews_outcome",
    "reviews_reviewitem",
    "reviews_slot",
)
_numbers = itertools.count(1)


@dataclass
class Posting:
    """A model that takes predictions, and a key that posts them."""

    system: AISystem
    model: Model
    queue: Queue
    key: ServiceKey
    secret: str

    def body(self, **members: Any) -> dict[str, Any]:
        """A prediction that the policy accepts, unless `members` say otherwise. `...` leaves a member out."""
        whole = {
            "model": self.model.slug,
            "version": "1.0.0",
            "external_id": f"external-{next(_numbers)}",
            "input": {"amount": 12.5},
            "output": {"label": "ok"},
            "confidence": 0.97,
        } | members
        return {name: value for name, value in whole.items() if value is not ...}

    def post(self, body: Any = None, *, secret: str | None = None, **headers: Any) -> Any:
        raw = (
            body
            if isinstance(body, bytes)
            else json.dumps(body if body is not None else self.body()).encode()
        )
        return self.request("post", "/api/v1/predictions", raw, secret=secret, **headers)

    def post_lines(self, *bodies: Any, zipped: bool = False, secret: str | None = None) -> Any:
        raw = b"\n".join(each if isinstance(each, bytes) else orjson.dumps(each) for each in bodies)
        headers = {"HTTP_CONTENT_ENCODING": "gzip"} if zipped else {}
        return self.request(
            "post",
            "/api/v1/predictions",
            gzip.compress(raw) if zipped else raw,
            secret=secret,
            content_type="application/x-ndjson",
            **headers,
        )

    def get(self, path: str, *, secret: str | None = None, **headers: Any) -> Any:
        return self.request("get", f"/api/v1{path}", secret=secret, **headers)

    def request(
        self,
        method: str,
        path: str,
        raw: bytes | None = None,
        *,
        secret: str | None = None,
        content_type: str = "application/json",
        **headers: Any,
    ) -> Any:
        headers["HTTP_AUTHORIZATION"] = f"Bearer {secret or self.secret}"
        if method == "get":
            return Client().get(path, **headers)
        # An empty body would lose its type.
        return Client().post(path, raw, content_type=content_type, CONTENT_TYPE=content_type, **headers)


def lines(response: Any) -> list[dict[str, Any]]:
    """The lines of an NDJSON answer."""
    assert response.status_code == 200, response.content
    return [json.loads(line) for line in response.content.splitlines()]


def a_posting(
    *,
    policy: dict[str, Any] | None = None,
    without_policy: bool = False,
    schema: Any = None,
    input_schema: Any = None,
    **key: Any,
) -> Posting:
    """`policy`: its members besides queue and threshold (0.8). `key`: as `create_key` takes them."""
    n = next(_numbers)
    system = systems.register(actor=OPERATOR, slug=f"intake-{n}", name=f"Intake {n}", now=timezone.now())
    model = a_model(system, schema=schema, input_schema=input_schema)
    queue = Queue.objects.get(system=system)
    if not without_policy:
        publish(model, queue, **(policy or {}))
    made, secret = a_key(**key)
    return Posting(system, model, queue, made, secret)


def a_model(system: AISystem, *, schema: Any = None, input_schema: Any = None) -> Model:
    model = catalog.register_model(
        actor=OPERATOR,
        system_id=system.pk,
        slug=f"model-of-intake-{next(_numbers)}",
        task="classification",
        output_schema=schema or SCHEMA,
        input_schema=input_schema,
        now=timezone.now(),
    )
    register(model, "1.0.0")
    return model


def register(model: Model, version: str) -> None:
    catalog.register_version(
        model_id=model.pk, actor=OPERATOR, version=NewVersion(version), now=timezone.now()
    )


def publish(model: Model, queue: Queue, **members: Any) -> RoutingPolicy:
    body = {"queue": queue.slug, "threshold": 0.8} | members
    drafted = routing.draft(model_id=model.pk, actor=OPERATOR, body=body, now=timezone.now())
    return routing.publish(policy_id=drafted.pk, actor=OPERATOR, now=timezone.now())


def a_key(*scopes: str, **limits: Any) -> tuple[ServiceKey, str]:
    return credentials.create_key(
        name=f"poster {next(_numbers)}",
        scopes=scopes or ("predictions:write", "outcomes:read"),
        actor=OPERATOR,
        now=timezone.now(),
        **limits,
    )


def counts() -> dict[str, int]:
    """How many rows intake has left in each of its tables."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found[table] = cursor.fetchone()[0]
    return found
