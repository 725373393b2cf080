"""A model with labels, and a folder for files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from rest_framework.test import APIClient

from governance.access.models import Person
from governance.access.roles import Role
from registry.catalog.models import Model
from reviews.exports import tasks
from reviews.exports.models import Export
from reviews.labels.models import Label
from reviews.queue.models import Queue
from tests.reviews.labels import making


class Place(NamedTuple):
    """Where labels are made."""

    model: Model
    queue: Queue
    reviewer: Person

    def label(self, *args: Any, **fields: Any) -> Label:
        return making.label(*self, *args, **fields)


@pytest.fixture(autouse=True)
def media_root(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


def a_place() -> Place:
    system = making.system()
    return Place(making.model(system), making.queue(system), making.person(Role.REVIEWER, at=system))


@pytest.fixture
def place(db: None) -> Place:
    return a_place()


def client_of(actor: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(actor, actor)
    return client


def ask(actor: Any, model: Model, **members: Any) -> Export:
    """Ask over REST; the answer is the export, which waits."""
    body = {"model": model.slug, "format": "jsonl", **members}
    answer = client_of(actor).post("/api/v1/exports", body, format="json")
    assert answer.status_code == 202, answer.content
    assert answer["Location"].endswith(answer.json()["id"])
    assert answer.json() == {"id": answer.json()["id"], "state": "queued"}
    return Export.objects.get(pk=answer.json()["id"])


def made(actor: Any, model: Model, **members: Any) -> Export:
    """Ask, and do what a worker does."""
    export = ask(actor, model, **members)
    tasks.run_export.run(export_id=str(export.pk))
    export.refresh_from_db()
    return export


def fetched(actor: Any, export: Export, name: str, **headers: str) -> bytes:
    answer = client_of(actor).get(f"/api/v1/exports/{export.pk}/files/{name}", headers=headers)
    assert answer.status_code in (200, 206), answer.content
    return b"".join(answer.streaming_content)


Making = Callable[..., Export]
