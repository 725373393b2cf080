"""Pages about people: what an administrator does there, what an auditor sees, what nobody else does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from audit.trail.models import Event
from governance.access.models import Person
from tests import factories

pytestmark = pytest.mark.django_db

SignedIn = Callable[[Person], Client]


@pytest.fixture
def admin(db: Any) -> Person:
    return factories.person("administrator", name="Ada")


@pytest.fixture
def page(admin: Person, signed_in: SignedIn) -> Client:
    return signed_in(admin)


def test_lists_people_with_their_roles(page: Client) -> None:
    fraud = factories.system("fraud")
    bob = factories.person("reviewer", at=fraud, name="Bob")

    text = page.get("/administration/people").content.decode()

    assert f"/administration/people/{bob.pk}" in text
    assert "system fraud" in text


def test_finds_people_by_name(page: Client) -> None:
    factories.person(name="Bob")

    text = page.get("/administration/people?q=bo").content.decode()

    assert "Bob" in text
    assert b"Nobody like that" in page.get("/administration/people?q=zzz").content


def test_opens_an_account_and_shows_its_password_once(page: Client) -> None:
    answer = page.post("/administration/people/new", {"email": "Eve@Example.org", "name": "Eve"})

    eve = Person.objects.get(email="eve@example.org")
    password = answer.context["password"]
    assert eve.check_password(password)
    assert eve.must_change_password
    assert password in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert password not in page.get(f"/administration/people/{eve.pk}").content.decode()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"email": "nonsense", "name": "Eve"}, "This is not an e-mail address"),
        ({"email": "ada@example.org", "name": "Ada"}, "has an account already"),
        ({"email": "eve@example.org", "name": ""}, "This field is required"),
    ],
)
def test_says_what_to_correct(page: Client, given: dict[str, str], sentence: str) -> None:
    factories.person(email="ada@example.org")

    answer = page.post("/administration/people/new", given)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_gives_and_takes_a_role(page: Client, admin: Person) -> None:
    bob = factories.person(name="Bob")
    fraud = factories.system("fraud")
    where = factories.scope_of(fraud).pk

    given = page.post(
        f"/administration/people/{bob.pk}/grant", {"role": "reviewer", "scope": where}, follow=True
    )

    assert "Bob is reviewer (system fraud)." in given.content.decode()
    held = bob.assignments.get()
    assert held.granted_by == admin.audit_ref
    assert factories.fresh(bob).has_perm("reviews.work_queue", fraud)

    taken = page.post(f"/administration/people/{bob.pk}/roles/{held.pk}/revoke", follow=True)

    assert "Roles held before" in taken.content.decode()
    assert not factories.fresh(bob).has_perm("reviews.work_queue", fraud)


def test_refuses_a_role_where_it_means_nothing(page: Client) -> None:
    bob = factories.person()
    where = factories.scope_of(factories.system()).pk

    answer = page.post(f"/administration/people/{bob.pk}/grant", {"role": "administrator", "scope": where})

    assert answer.status_code == 422
    assert "is held everywhere only" in answer.content.decode()


def test_nobody_changes_their_own_account(page: Client, admin: Person) -> None:
    own = f"/administration/people/{admin.pk}"
    everywhere = factories.scope_of(None).pk

    text = page.get(own).content.decode()

    assert "Nobody changes their own roles. Ask another administrator." in text
    assert "You cannot deactivate your own account." in text
    assert page.post(f"{own}/grant", {"role": "auditor", "scope": everywhere}).status_code == 403
    assert page.post(f"{own}/roles/{admin.assignments.get().pk}/revoke").status_code == 403
    assert page.post(f"{own}/deactivate").status_code == 403
    assert page.post(f"{own}/password").status_code == 403
    assert page.post(f"{own}/group", {"group": "north"}).status_code == 403


def test_deactivates(page: Client) -> None:
    bob = factories.person("reviewer")

    page.post(f"/administration/people/{bob.pk}/deactivate")

    assert not factories.fresh(bob).is_active
    assert page.post(f"/administration/people/{bob.pk}/deactivate").status_code == 409


def test_sets_a_new_password_shown_once(page: Client) -> None:
    bob = factories.person()

    answer = page.post(f"/administration/people/{bob.pk}/password")

    bob.refresh_from_db()
    assert bob.check_password(answer.context["password"])
    assert bob.must_change_password


def test_sets_an_independence_group(page: Client) -> None:
    bob = factories.person()

    page.post(f"/administration/people/{bob.pk}/group", {"group": " card team "})

    assert factories.fresh(bob).independence_group == "card team"
    assert Event.objects.filter(kind="access.person.group_set", entity_id=bob.pk).exists()


def test_ends_a_token_of_somebody_else(page: Client) -> None:
    bob = factories.person()
    token, secret = factories.token(bob)

    page.post(f"/administration/people/{bob.pk}/tokens/{token.pk}/revoke")

    assert Client().get("/api/v1/systems", **factories.bearer(secret)).status_code == 401


@pytest.mark.parametrize("role", ["auditor", "compliance_officer"])
def test_those_who_check_see_all_and_change_nothing(signed_in: SignedIn, role: str) -> None:
    bob = factories.person("reviewer", name="Bob")
    page = signed_in(factories.person(role))

    seen = page.get(f"/administration/people/{bob.pk}")

    assert seen.status_code == 200
    assert "Only an administrator can change accounts." in seen.content.decode()
    assert page.get("/administration/people").status_code == 200
    assert page.get("/administration/people/new").status_code == 403
    assert page.post(f"/administration/people/{bob.pk}/deactivate").status_code == 403


def test_a_page_about_nobody_is_not_there(page: Client) -> None:
    assert page.get(f"/administration/people/{factories.nobody_there()}").status_code == 404
