"""Idempotency-Key: the same request again is answered again, and nothing happens twice."""

import gzip
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.trail.actors import OPERATOR
from config.idempotency import middleware
from config.idempotency.models import KeptAnswer
from governance.access import credentials
from registry.systems import services as systems
from registry.systems.models import AISystem

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def bearer(committed_db: Any) -> str:
    _, text = credentials.create_key(
        name="pipeline", scopes=["registry:write"], actor=OPERATOR, now=timezone.now()
    )
    return f"Bearer {text}"


@pytest.fixture
def post(bearer: str) -> Callable[..., Any]:
    def send(body: Any, *, key: str = "k-1", **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Client().post(
            "/api/v1/systems",
            raw,
            content_type="application/json",
            headers={"Authorization": bearer, "Idempotency-Key": key, **headers},
        )

    return send


BODY = {"slug": "credit", "name": "Credit"}


def test_answers_the_same_request_again_without_doing_it_again(post: Callable[..., Any]) -> None:
    first, second = post(BODY), post(BODY)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Location"] == first["Location"]
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert AISystem.objects.count() == 1


def test_refuses_another_body_under_the_same_key(post: Callable[..., Any]) -> None:
    post(BODY)

    answer = post({**BODY, "name": "Other"})

    assert answer.status_code == 409
    assert answer.json()["code"] == "IDEMPOTENCY_CONFLICT"


def test_answers_a_refusal_again(post: Callable[..., Any]) -> None:
    first, second = post({"slug": "!"}), post({"slug": "!"})

    assert first.status_code == second.status_code == 422
    assert second.content == first.content
    assert second["Content-Type"] == "application/problem+json"
    assert second["Idempotency-Replayed"] == "true"


def test_takes_another_key_for_another_request(post: Callable[..., Any]) -> None:
    post(BODY)

    assert post(BODY, key="k-2").status_code == 409
    assert post({**BODY, "slug": "other"}, key="k-3").status_code == 201


def test_compares_the_body_after_decompression(post: Callable[..., Any]) -> None:
    raw = json.dumps(BODY).encode()
    post(raw)

    squeezed = [gzip.compress(raw, level) for level in (1, 9)]
    digests = {middleware._decompressed(body) for body in squeezed}

    assert digests == {raw}


def test_keeps_nothing_of_a_crash(post: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(**_: Any) -> None:
        raise RuntimeError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(systems, "register", crash)
        assert post(BODY).status_code == 500

    assert not KeptAnswer.objects.exists()
    assert post(BODY).status_code == 201


def test_passes_by_whoever_is_not_known(committed_db: Any) -> None:
    answer = Client().post(
        "/api/v1/systems", BODY, content_type="application/json", headers={"Idempotency-Key": "k"}
    )

    assert answer.status_code == 401
    assert not KeptAnswer.objects.exists()


def test_lets_one_of_many_at_once_through(post: Callable[..., Any]) -> None:
    start = threading.Barrier(12)

    def send() -> tuple[int, bytes]:
        start.wait(10)
        try:
            answer = post(BODY)
            return answer.status_code, answer.content
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        answers = {done.result(30) for done in [pool.submit(send) for _ in range(12)]}

    assert len(answers) == 1
    assert AISystem.objects.count() == 1
