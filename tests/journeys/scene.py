"""What journeys begin with: AI systems with a model, a queue and people. Built by the product's own services.

`build` runs in a process of the live copy, through `manage.py shell`, and prints what it made as JSON.
"""

import json
import sys
from typing import Any

from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.access.models import Person
from governance.access.roles import Role
from registry.catalog import services as catalog
from registry.catalog.reading import NewVersion
from reviews.queue.models import Queue
from reviews.routing import services as routing
from tests import factories

FRAUD = {
    "type": "object",
    "properties": {"label": {"enum": ["fraud", "legitimate"], "title": "Is this payment fraud?"}},
    "required": ["label"],
    "additionalProperties": False,
}
TICKET = {
    "type": "object",
    "properties": {
        "topic": {"enum": ["refund", "delivery", "account"], "title": "What is it about?"},
        "urgent": {"type": "boolean", "title": "Urgent?"},
        "summary": {"type": "string", "maxLength": 80, "title": "Summary"},
        "amount": {"type": "number", "minimum": 0, "title": "Amount"},
        "tags": {"type": "array", "items": {"enum": ["angry", "repeated"]}, "title": "Tags"},
    },
    "required": ["topic", "urgent", "summary"],
}
REVIEWERS = ("mina", "jonas", "otto", "ida")
SCHEMAS = {"fraud": FRAUD, "ticket": TICKET}


def build(*kinds: str) -> None:
    """One workplace for each of these kinds of forms, and reviewers who work on all of them."""
    people = [factories.person(email=f"{name}@example.org", name=name.title()) for name in REVIEWERS]
    sys.stdout.write(json.dumps([_workplace(number, kind, people) for number, kind in enumerate(kinds)]))


def build_staff() -> None:
    """Somebody of every role, everywhere."""
    staff = {role.value: factories.person(role, email=f"{role.value}@example.org").email for role in Role}
    sys.stdout.write(json.dumps(staff))


def _workplace(number: int, kind: str, people: list[Person]) -> dict[str, Any]:
    slug = f"journey-{number}"
    system = factories.system(slug, name=f"Journey {number}")
    now = timezone.now()
    model = catalog.register_model(
        actor=OPERATOR, system_id=system.pk, slug=slug, task="classification", output_schema=SCHEMAS[kind],
        now=now,
    )  # fmt: skip
    catalog.register_version(model_id=model.pk, actor=OPERATOR, version=NewVersion("1.0"), now=now)
    queue = Queue.objects.get(system=system)
    drafted = routing.draft(
        model_id=model.pk, actor=OPERATOR, body={"queue": queue.slug, "threshold": 0.9}, now=now
    )
    routing.publish(policy_id=drafted.pk, actor=OPERATOR, now=now)
    for person in people:
        factories.grant(person, Role.REVIEWER, at=queue)
    scopes = ("predictions:write", "outcomes:read", "labels:read")
    return {
        "model": model.slug,
        "queue": queue.slug,
        "key": factories.service_key(*scopes, systems=[system])[1],
        "name": queue.name,
        "people": [person.email for person in people],
    }
