"""The sign-in page: who gets in, who is locked out, and what the trail says about it."""

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access import services, tasks
from governance.access.models import Person
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db: Any) -> Person:
    return factories.person("auditor", email="ada@example.org", name="Ada")


def attempt(
    client: Client, *, login: str = "ada@example.org", password: str = factories.PASSWORD, **more: str
) -> Any:
    return client.post("/sign-in", {"login": login, "password": password, **more})


def test_lets_somebody_in_and_says_so_in_the_trail(client: Client, ada: Person) -> None:
    response = attempt(client, login=" ADA@example.org ")

    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(ada.pk)
    event = Event.objects.get(kind="access.sign_in.done")
    assert event.actor == ada.audit_ref


def test_goes_on_to_where_they_wanted(client: Client, ada: Person) -> None:
    assert attempt(client, next="/profile")["Location"] == "/profile"


def test_goes_to_no_other_host(client: Client, ada: Person) -> None:
    assert attempt(client, next="https://example.com/")["Location"] == "/"


@pytest.mark.parametrize("given", [{"password": "not the one"}, {"login": "nobody@example.org"}])
def test_refuses_without_saying_which_of_both_was_wrong(
    client: Client, ada: Person, given: dict[str, str]
) -> None:
    response = attempt(client, **given)

    assert response.status_code == 200
    assert "_auth_user_id" not in client.session
    assert b"not correct" in response.content


def test_an_attempt_is_an_event_without_an_address(client: Client, ada: Person) -> None:
    attempt(client, password="not the one")
    attempt(client, login="nobody@example.org")

    events = list(Event.objects.filter(kind="access.sign_in.refused").order_by("seq"))
    assert [event.actor for event in events] == ["stranger", "stranger"]
    assert ada.audit_ref.encode() in bytes(events[0].body)
    assert b"example.org" not in b"".join(bytes(event.body) for event in events)


def test_locks_one_account_at_one_address_and_says_so(client: Client, ada: Person) -> None:
    bob = factories.person(email="bob@example.org")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        attempt(client, password="not the one")

    response = attempt(client, login="ADA@example.org")

    assert response.status_code == 429
    assert b"locked for 15 minutes" in response.content
    assert response["Retry-After"] == "900"
    assert "_auth_user_id" not in client.session
    assert attempt(Client(), login=bob.email).status_code == 302
    assert attempt(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302


def test_refuses_a_deactivated_account(client: Client, ada: Person) -> None:
    services.deactivate(person_id=ada.pk, actor=OPERATOR, now=timezone.now())

    attempt(client)

    assert "_auth_user_id" not in client.session
    assert b"This account is deactivated" in client.get("/sign-in").content


def test_ends_the_sessions_of_a_deactivated_account_at_once(client: Client, ada: Person) -> None:
    attempt(client)
    services.deactivate(person_id=ada.pk, actor=OPERATOR, now=timezone.now())

    assert client.get("/profile")["Location"].startswith("/sign-in")


def test_ends_all_sessions_when_a_password_is_set(client: Client, ada: Person) -> None:
    attempt(client)
    services.set_password(person_id=ada.pk, password="another long one", actor=OPERATOR, now=timezone.now())

    assert client.get("/profile")["Location"].startswith("/sign-in")


def test_a_password_that_somebody_saw_is_changed_before_anything_else(client: Client, ada: Person) -> None:
    services.set_password(person_id=ada.pk, password="seen by others", actor=OPERATOR, now=timezone.now())
    attempt(client, password="seen by others")

    assert client.get("/profile")["Location"] == "/profile/password"
    assert client.get("/profile", headers={"HX-Request": "true"})["HX-Redirect"] == "/profile/password"
    assert client.get("/api/v1/systems").status_code == 403

    words = {"current": "seen by others", "new": "known to me only", "again": "known to me only"}
    assert client.post("/profile/password", words)["Location"] == "/"
    assert client.get("/profile").status_code == 200
    assert Event.objects.filter(kind="access.person.password_set", actor=ada.audit_ref).exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"current": "wrong"}, "This is not your password."),
        ({"again": "something else"}, "The two new passwords differ."),
        ({"new": "short", "again": "short"}, "too short"),
        ({"new": factories.PASSWORD, "again": factories.PASSWORD}, "choose another"),
    ],
)
def test_refuses_a_new_password_that_will_not_do(
    client: Client, ada: Person, words: dict[str, str], sentence: str
) -> None:
    attempt(client)
    good = {"current": factories.PASSWORD, "new": "known to me only", "again": "known to me only"}

    response = client.post("/profile/password", good | words)

    assert response.status_code == 422
    assert sentence in response.content.decode()
    ada.refresh_from_db()
    assert ada.check_password(factories.PASSWORD)


def test_signs_out(client: Client, ada: Person) -> None:
    attempt(client)

    response = client.post("/sign-out")

    assert response["Location"] == "/sign-in"
    assert "_auth_user_id" not in client.session
    assert Event.objects.filter(kind="access.sign_in.ended", actor=ada.audit_ref).exists()
    assert client.get("/sign-out").status_code == 405


def test_nobody_opens_an_account(client: Client) -> None:
    for address in ("/accounts/signup/", "/sign-up", "/signup"):
        assert client.get(address).status_code == 404


def test_the_page_needs_no_inline_script_or_style(client: Client) -> None:
    page = client.get("/sign-in")

    assert page.status_code == 200
    assert b"<style" not in page.content
    assert b"style=" not in page.content
    assert "'unsafe-inline'" not in page["Content-Security-Policy"]


def test_tidying_forgets_what_is_over(client: Client, ada: Person) -> None:
    attempt(client, password="not the one")
    attempt(Client(), password=factories.PASSWORD)
    AccessAttempt.objects.update(attempt_time=timezone.now() - 2 * settings.AXES_COOLOFF_TIME)
    Session.objects.update(expire_date=timezone.now())

    tasks.tidy()

    assert not AccessAttempt.objects.exists()
    assert not Session.objects.exists()
