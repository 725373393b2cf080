"""config.health: alive, ready, measured."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.log import noting, standing
from config import health
from config.models import Landmark
from config.tasks import give_sign_of_life


@pytest.fixture(autouse=True)
def look_every_time(monkeypatch):
    monkeypatch.setattr(health, "KEPT_FOR", -1.0)


def ready(client: Client) -> dict[str, object]:
    response = client.get("/readyz")
    return {"status_code": response.status_code, **json.loads(response.content)}


def test_alive_needs_no_database(client: Client):
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_is_ready_and_says_what_is_missing(client: Client):
    found = ready(client)

    assert found["status_code"] == 200
    assert found["checks"]["migrations"] == found["checks"]["guards"] == found["checks"]["partitions"] == "ok"
    assert found["status"] == "degraded"
    assert any(warning.startswith("worker") for warning in found["warnings"])


@pytest.mark.django_db
def test_has_nothing_to_say_when_worker_and_signer_have_been_heard(client: Client, monkeypatch):
    # The suite's log began when its database was made, and nothing of it is shown to anybody.
    monkeypatch.setattr(standing, "LATE_ANCHOR", timedelta(days=1))
    give_sign_of_life()
    noting.note_signer(refusal="", now=timezone.now())

    assert ready(client)["warnings"] == []
    assert Landmark.objects.filter(name=Landmark.WORKER_SEEN).count() == 1


@pytest.mark.django_db
def test_is_not_ready_while_migrations_are_missing(client: Client, monkeypatch):
    monkeypatch.setattr(health, "_migrations_on_disk", lambda: frozenset({("audit", "9999_later")}))

    found = ready(client)

    assert found["status_code"] == 503
    assert "migrate" in found["checks"]["migrations"]


@pytest.mark.django_db
def test_is_not_ready_without_a_database_and_names_no_host(client: Client, monkeypatch):
    def fail(*_: object) -> None:
        from audit.unreachable import DatabaseUnreachable

        raise DatabaseUnreachable("connection to secret-host failed for user secret")

    monkeypatch.setattr(connection, "cursor", fail)

    found = ready(client)

    assert found["status_code"] == 503
    assert found["status"] == "unavailable"
    assert "secret" not in json.dumps(found)


@pytest.mark.django_db
def test_warns_of_a_month_without_its_partition(client: Client, monkeypatch):
    monkeypatch.setattr(health, "MONTHS_AHEAD", 12)

    assert any(warning.startswith("partitions") for warning in ready(client)["warnings"])


def test_warns_of_guards_that_are_switched_off(client: Client, committed_db):
    with committed_db.as_owner() as owner:
        owner.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_no_change")
    try:
        warnings = ready(client)["warnings"]
    finally:
        with committed_db.as_owner() as owner:
            owner.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_no_change")

    assert any("1 of the trail's triggers" in warning for warning in warnings)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        ("", {}, 200),
        ("", {"REMOTE_ADDR": "10.0.0.1"}, 403),
        ("", {"HTTP_X_FORWARDED_FOR": "10.0.0.1"}, 403),
        ("secret", {}, 403),
        ("secret", {"HTTP_AUTHORIZATION": "Bearer wrong"}, 403),
        ("secret", {"HTTP_AUTHORIZATION": "Bearer secret", "REMOTE_ADDR": "10.0.0.1"}, 200),
    ],
)
def test_metrics_are_for_loopback_or_the_token(client: Client, settings, token, headers, status):
    settings.METRICS_TOKEN = token

    response = client.get("/metrics", **headers)

    assert response.status_code == status
    assert (b"countersign_request_seconds" in response.content) == (status == 200)
