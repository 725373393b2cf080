"""A queue with a reviewer at it."""

from typing import Any

import pytest

from registry.catalog.models import Model
from reviews.queue.models import Queue
from tests.reviews.queue import making
from tests.reviews.workbench.working import Desk


@pytest.fixture
def model(db: Any) -> Model:
    return making.a_model()


@pytest.fixture
def queue(model: Model) -> Queue:
    return making.inbox(model)


@pytest.fixture
def desk(queue: Queue) -> Desk:
    """A reviewer with scripts."""
    return Desk(making.a_person(queue=queue), queue.slug)


@pytest.fixture
def plain(queue: Queue) -> Desk:
    """Another reviewer, without scripts."""
    return Desk(making.a_person(queue=queue), queue.slug, htmx=False)
