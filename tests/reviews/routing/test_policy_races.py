"""reviews.routing.services: what several people do at the same moment, on connections of their own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from audit.refusals import Refusal
from audit.trail.actors import OPERATOR
from registry.catalog.models import Model
from reviews.routing import services
from reviews.routing.errors import NotADraft
from reviews.routing.models import RoutingPolicy
from tests.registry.factories import make_model


def draft(model: Model, **said: Any) -> RoutingPolicy:
    body = {"queue": f"{model.system.slug}-inbox", "threshold": 0.85, **said}
    return services.draft(model_id=model.pk, actor=OPERATOR, body=body, now=timezone.now())


def publish(policy: RoutingPolicy) -> RoutingPolicy:
    return services.publish(policy_id=policy.pk, actor=OPERATOR, now=timezone.now())


def at_once(acts: list[Callable[[], object]]) -> list[object]:
    """Run each in a thread with a connection of its own, from one moment on."""
    start = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(place: int) -> None:
        start.wait()
        try:
            answers[place] = acts[place]()
        except Refusal as refusal:
            answers[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_drafts_made_at_once_get_different_numbers(committed_db: object) -> None:
    model = make_model()
    made = at_once([lambda: draft(model)] * 6)
    assert sorted(policy.number for policy in made if isinstance(policy, RoutingPolicy)) == [1, 2, 3, 4, 5, 6]


def test_two_drafts_published_at_once_leave_one_in_force(committed_db: object) -> None:
    model = make_model()
    first, second = draft(model), draft(model, threshold=0.9)
    answers = at_once([lambda: publish(first), lambda: publish(second), lambda: publish(first)])
    assert sum(isinstance(answer, NotADraft) for answer in answers) == 1
    states = sorted(RoutingPolicy.objects.values_list("state", flat=True))
    assert states == ["published", "retired"]
