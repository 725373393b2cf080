"""Who a REST request speaks for."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.access import credentials, services
from governance.access.models import ServiceKey
from tests import factories

pytestmark = pytest.mark.django_db


def ask(client: Client, authorization: str) -> Any:
    return client.get("/api/v1/systems", headers={"Authorization": authorization})


def test_a_key_speaks_for_itself(client: Client) -> None:
    key, secret = factories.service_key("registry:write")

    assert ask(client, f"Bearer {secret}").status_code == 200
    assert ask(client, f"bearer  {secret} ").status_code == 200
    assert ServiceKey.objects.get(pk=key.pk).last_used_at is not None


def test_a_token_acts_as_its_person(client: Client) -> None:
    fraud = factories.system()
    _, secret = factories.token(factories.person("model_owner", at=fraud))

    found = ask(client, f"Bearer {secret}").json()["results"]

    assert [system["slug"] for system in found] == [fraud.slug]


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer ",
        "Bearer csk_x",
        "Bearer cst_x",
        "Basic YTpi",
        "Bearer \xe9",
        "Bearer a b",
        "x" * 9000,
    ],
)
def test_refuses_whatever_else_is_sent(client: Client, authorization: str) -> None:
    answer = ask(client, authorization)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "NOT_AUTHENTICATED"


def test_refuses_a_key_that_has_ended(client: Client) -> None:
    now = timezone.now()
    _, expired = factories.service_key("registry:write", expires_at=now)
    key, revoked = factories.service_key("registry:write")
    credentials.revoke_key(key_id=key.pk, actor=OPERATOR, now=now)
    old, rotated = factories.service_key("registry:write")
    credentials.rotate_key(key_id=old.pk, actor=OPERATOR, now=now, overlap=dt.timedelta(0))

    assert [ask(client, f"Bearer {secret}").status_code for secret in (expired, revoked, rotated)] == [
        401
    ] * 3


def test_refuses_the_token_of_a_deactivated_account(client: Client) -> None:
    ada = factories.person("auditor")
    _, secret = factories.token(ada)
    services.deactivate(person_id=ada.pk, actor=OPERATOR, now=timezone.now())

    assert ask(client, f"Bearer {secret}").status_code == 401


def test_a_secret_is_kept_as_its_digest_only() -> None:
    key, secret = factories.service_key()

    assert secret.startswith(f"{key.prefix}_")
    assert secret.encode() not in bytes(ServiceKey.objects.get(pk=key.pk).secret_hash)


def test_a_session_needs_the_token_of_its_forms() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.person("administrator"), backend="governance.access.backend.RoleBackend")

    answer = client.post("/api/v1/systems", {"slug": "x", "name": "X"}, content_type="application/json")

    assert answer.status_code == 403
