"""Loads the demo: people by the services, everything else through the REST API."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from audit.trail.actors import OPERATOR
from config.demo.client import Client
from config.demo.govern import classify, sign_and_deploy, submit
from config.demo.story import OWNERS, PARTS, STAFF, VERSION, Member, Part
from governance.access import credentials, selectors, services
from governance.access.models import Person
from governance.access.secrets import fresh_password
from registry.catalog.models import Model
from registry.systems.models import AISystem
from reviews.intake.models import ExternalId

Say = Callable[[str], None]


def is_unwanted() -> bool:
    """Whether the demo is there already, or somebody's own work. A load that was cut off is gone on with."""
    own_slugs = [part.system["slug"] for part in PARTS.values()]
    if AISystem.objects.exclude(slug__in=own_slugs).exists():
        return True
    return all(
        ExternalId.objects.filter(model_id__in=Model.objects.filter(slug=name).values("id")).exists()
        for name in PARTS
    )


def load(*, base: str, folder: Path, trained: bool, now: dt.datetime, say: Say) -> list[tuple[Member, str]]:
    """Train, register, publish and post; answer the staff with the passwords that were made for them.

    `trained` says that `folder` holds what training writes already.

    Raises:
        Refused: the API refused something; running again after mending it goes on.
        CalledProcessError: training failed.
    """
    if not trained:
        say("training two classifiers on data bundled with scikit-learn")
        subprocess.run([sys.executable, "-m", "config.demo.train", str(folder)], check=True)  # noqa: S603
    staff = hire(now=now)
    key = make_key(now=now)
    client = Client(base, key)
    client.await_ready(120)
    for name, part in PARTS.items():
        document = json.loads((folder / f"{name}.json").read_text())
        register(client, part, document)
        govern(client, part, {member.email: password for member, password in staff})
        say(f"posting {len(document['predictions'])} held-out predictions of {name}")
        post(client, part, document)
    return staff


def govern(client: Client, part: Part, passwords: Mapping[str, str]) -> None:
    """Classify the system and ask for the approval of its version, before its predictions come."""
    classify(client, part)
    approval = submit(client, part)
    if approval and part.is_signed:
        sign_and_deploy(client, part, approval, passwords)


@transaction.atomic
def hire(*, now: dt.datetime) -> list[tuple[Member, str]]:
    """Open an account with a random password for every member of the staff, or give it a new one."""
    everywhere = selectors.everywhere()
    hired = []
    for member in STAFF:
        password = fresh_password()
        hired.append((member, password))
        if person := Person.objects.filter(email=member.email).first():
            services.set_password(person_id=person.pk, password=password, actor=OPERATOR, now=now)
            continue
        person = services.create_person(
            email=member.email, name=member.name, password=password, actor=OPERATOR, now=now
        )
        services.grant(person_id=person.pk, role=member.role, scope_id=everywhere.pk, actor=OPERATOR, now=now)
    return hired


def make_key(*, now: dt.datetime) -> str:
    """The demo's own service key; its secret lives as long as this run."""
    _, text = credentials.create_key(
        name="demo loader",
        scopes=["registry:write", "policies:write", "predictions:write"],
        actor=OPERATOR,
        now=now,
        expires_at=now + dt.timedelta(hours=1),
    )
    return text


def register(client: Client, part: Part, document: dict[str, Any]) -> None:
    """System, queue, model, version and a published policy with its threshold from the data."""
    slug = part.model["slug"]
    client.ensure("/systems", part.system)
    client.patch(f"/systems/{part.system['slug']}", {"shares_payloads": True})
    client.ensure("/queues", part.queue)
    client.ensure("/models", part.model)
    client.ensure(
        f"/models/{slug}/versions",
        {
            "version": VERSION,
            "artifacts": [{**document["file"], "uri": f"demo/{document['file']['name']}"}],
            "training_data": [{"name": part.dataset, "version": "1", "sha256": document["training_sha256"]}],
            "code": {"repository": "countersign", "commit": "config/demo/train.py"},
            "parameters": document["parameters"],
            "metrics": document["metrics"],
            "card": part.card,
            "author": OWNERS["technical_lead"],
            "notes": "Trained when this copy was first started.",
        },
    )
    policy = client.post(f"/models/{slug}/policies", {**part.policy, "threshold": document["threshold"]})
    client.post(f"/models/{slug}/policies/{policy['number']}/publish", {})


def post(client: Client, part: Part, document: dict[str, Any]) -> None:
    """Post the held-out predictions as the model's service would."""
    model = {"model": part.model["slug"], "version": VERSION}
    client.post_lines("/predictions", ({**model, **row} for row in document["predictions"]))
