"""Pages about service keys: made, shown once, rotated with an overlap, revoked."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from governance.access.models import Person, ServiceKey
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(db: Any, signed_in: Callable[[Person], Client]) -> Client:
    return signed_in(factories.person("administrator", name="Ada"))


def works(secret: str) -> bool:
    answer = Client().get("/api/v1/systems", **factories.bearer(secret))
    return answer.status_code == 200


def test_makes_a_key_and_shows_its_secret_once(page: Client) -> None:
    fraud = factories.system("fraud")
    ada = Person.objects.get(name="Ada")

    answer = page.post(
        "/administration/keys/new",
        {
            "name": "poster",
            "scopes": ["registry:write", "gate:read"],
            "systems": [str(fraud.pk)],
            "environments": ["production"],
            "owner": str(ada.pk),
            "expires": "90",
        },
    )

    key = ServiceKey.objects.get()
    assert works(answer.context["secret"])
    assert (key.scopes, key.system_ids, key.environments) == (
        ["gate:read", "registry:write"],
        [fraud.pk],
        ["production"],
    )
    assert key.owner == ada
    assert key.expires_at is not None
    assert answer.context["secret"] not in page.get(f"/administration/keys/{key.pk}").content.decode()


def test_says_what_to_correct(page: Client) -> None:
    answer = page.post("/administration/keys/new", {"name": "", "expires": "90"})

    assert answer.status_code == 422
    assert not ServiceKey.objects.exists()


def test_rotates_with_an_overlap(page: Client) -> None:
    old, before = factories.service_key("registry:write")

    answer = page.post(f"/administration/keys/{old.pk}/rotate", {"overlap": "24"})

    assert works(before)
    assert works(answer.context["secret"])
    successor = ServiceKey.objects.get(rotated_from=old)
    assert (
        f"/administration/keys/{successor.pk}" in page.get(f"/administration/keys/{old.pk}").content.decode()
    )
    assert page.post(f"/administration/keys/{old.pk}/rotate", {"overlap": "24"}).status_code == 409


def test_rotates_without_an_overlap(page: Client) -> None:
    old, before = factories.service_key("registry:write")

    page.post(f"/administration/keys/{old.pk}/rotate", {"overlap": "0"})

    assert not works(before)


def test_revokes_at_once(page: Client) -> None:
    key, secret = factories.service_key("registry:write")

    page.post(f"/administration/keys/{key.pk}/revoke")

    assert not works(secret)
    assert page.post(f"/administration/keys/{key.pk}/revoke").status_code == 409
    assert key.prefix not in page.get("/administration/keys").content.decode()
    assert key.prefix in page.get("/administration/keys?state=all").content.decode()


def test_an_auditor_sees_keys_and_makes_none(signed_in: Callable[[Person], Client]) -> None:
    key, _ = factories.service_key()
    page = signed_in(factories.person("auditor"))

    assert key.prefix in page.get("/administration/keys").content.decode()
    assert (
        "Only an administrator can make, rotate or revoke"
        in page.get(f"/administration/keys/{key.pk}").content.decode()
    )
    assert page.get("/administration/keys/new").status_code == 403
    assert page.post(f"/administration/keys/{key.pk}/revoke").status_code == 403
