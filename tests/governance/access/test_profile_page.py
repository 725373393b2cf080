"""One's own profile: what is shown how, one's tokens, one's roles."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from governance.access.models import Person, PersonalToken
from tests import factories

pytestmark = pytest.mark.django_db

PROFILE = {"name": "Ada L.", "time_zone": "Europe/Lisbon", "theme": "dark", "keys_enabled": "on"}


@pytest.fixture
def ada(db: Any) -> Person:
    return factories.person("reviewer", name="Ada")


@pytest.fixture
def page(ada: Person, signed_in: Callable[[Person], Client]) -> Client:
    return signed_in(ada)


def test_shows_roles_since_when_and_by_whom(page: Client) -> None:
    text = page.get("/profile").content.decode()

    assert "reviewer" in text
    assert "the command line" in text


def test_saves_how_things_are_shown(page: Client, ada: Person) -> None:
    saved = page.post("/profile", PROFILE, follow=True).content.decode()

    ada.refresh_from_db()
    assert (ada.name, ada.time_zone, ada.theme, ada.keys_enabled) == ("Ada L.", "Europe/Lisbon", "dark", True)
    assert 'data-theme="dark"' in saved
    assert "Times in Europe/Lisbon" in saved


@pytest.mark.parametrize("given", [{"name": " "}, {"time_zone": "Mars/Olympus"}, {"theme": "pink"}])
def test_refuses_what_cannot_be_shown(page: Client, ada: Person, given: dict[str, str]) -> None:
    assert page.post("/profile", PROFILE | given).status_code == 422

    ada.refresh_from_db()
    assert ada.name == "Ada"


def test_makes_a_token_shown_once_and_ends_it(page: Client, ada: Person) -> None:
    answer = page.post("/profile/tokens", {"name": "script", "expires": "never"})

    secret = answer.context["secret"]
    token = PersonalToken.objects.get(person=ada)
    assert Client().get("/api/v1/systems", **factories.bearer(secret)).status_code == 200
    assert secret not in page.get("/profile").content.decode()

    page.post(f"/profile/tokens/{token.pk}/revoke")

    assert Client().get("/api/v1/systems", **factories.bearer(secret)).status_code == 401


def test_nobody_ends_the_token_of_another_here(page: Client) -> None:
    token, _ = factories.token(factories.person())

    foreign = page.post(f"/profile/tokens/{token.pk}/revoke")
    missing = page.post(f"/profile/tokens/{factories.nobody_there()}/revoke")

    assert (foreign.status_code, missing.status_code) == (404, 404)
    token.refresh_from_db()
    assert token.revoked_at is None
