"""`manage.py user` and `manage.py service_key`: secrets alone on stdout, everything else on stderr."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.trail.models import Event
from governance.access import authentication, secrets, selectors
from governance.access.models import Person, PersonalToken, ServiceKey
from tests import factories

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(*words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def roles(email: str) -> list[tuple[str, str]]:
    person = selectors.person_by_email(email)
    return [(held.role, held.scope.label) for held in selectors.roles_of(person)]


def test_creates_an_account_with_a_generated_password() -> None:
    out, err = run("user", "create", "Ada@Example.org", "--role", "administrator")

    person = Person.objects.get(email="ada@example.org")
    assert person.check_password(out.removesuffix("\n"))
    assert "ada@example.org is administrator (everywhere)." in err
    assert roles("ada@example.org") == [("administrator", "everywhere")]
    assert not person.must_change_password


def test_takes_the_password_from_the_environment_and_prints_nothing(monkeypatch: Any) -> None:
    monkeypatch.setenv("COUNTERSIGN_PASSWORD", "a password of mine")

    out, _ = run("user", "create", "ada@example.org", "--role", "reviewer")

    assert out == ""
    assert Person.objects.get().check_password("a password of mine")


def test_gives_the_role_on_a_system() -> None:
    factories.system("fraud")

    run("user", "create", "ada@example.org", "--role", "model_owner", "--system", "fraud")

    assert roles("ada@example.org") == [("model_owner", "system fraud")]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--role", "model_owner", "--system", "nope"], "There is no AI system 'nope'."),
        (["--role", "reviewer", "--queue", "nope"], "There is no queue 'nope'."),
        (["--role", "emperor"], "invalid choice: 'emperor'"),
    ],
)
def test_refuses_what_is_not_there_and_leaves_no_account(words: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        run("user", "create", "ada@example.org", *words)

    assert not Person.objects.exists()


def test_refuses_a_weak_password(monkeypatch: Any) -> None:
    monkeypatch.setenv("COUNTERSIGN_PASSWORD", "secret")

    with pytest.raises(CommandError, match="too short") as refused:
        run("user", "create", "ada@example.org", "--role", "reviewer")

    assert refused.value.returncode == 1
    assert not Person.objects.exists()


def test_refuses_an_address_that_is_taken_in_another_spelling() -> None:
    factories.person(email="ada@example.org")

    with pytest.raises(CommandError, match="has an account already"):
        run("user", "create", "ADA@example.org", "--role", "reviewer")


def test_grants_and_revokes() -> None:
    factories.person(email="ada@example.org")

    run("user", "grant", "ADA@example.org", "auditor")
    assert roles("ada@example.org") == [("auditor", "everywhere")]

    run("user", "revoke", "ada@example.org", "auditor")
    assert roles("ada@example.org") == []

    with pytest.raises(CommandError, match="does not hold that role"):
        run("user", "revoke", "ada@example.org", "auditor")


def test_deactivates() -> None:
    factories.person("reviewer", email="ada@example.org")

    run("user", "deactivate", "ada@example.org")

    assert not Person.objects.get().is_active
    assert roles("ada@example.org") == []


def test_sets_a_password() -> None:
    factories.person(email="ada@example.org")

    out, _ = run("user", "password", "ada@example.org")

    assert Person.objects.get().check_password(out.strip())


def test_gives_a_token_alone_on_stdout() -> None:
    ada = factories.person(email="ada@example.org")

    out, err = run("user", "token", "ada@example.org")

    token = PersonalToken.objects.get(secret_hash=secrets.digest(out.removesuffix("\n")))
    assert token.person == ada
    assert "ada@example.org" in err
    assert Event.objects.filter(kind="access.token.created", actor="operator", entity_id=token.pk).exists()


def test_lists_people_with_their_roles() -> None:
    factories.person("reviewer", "auditor", email="ada@example.org", name="Ada")

    out, _ = run("user", "list")

    assert out == "ada@example.org\tAda\tactive\tauditor (everywhere), reviewer (everywhere)\n"


def test_makes_a_service_key_alone_on_stdout() -> None:
    fraud = factories.system("fraud")
    ada = factories.person(email="ada@example.org")

    out, err = run(
        "service_key", "create", "poster", "--scope", "predictions:write", "--scope", "outcomes:read",
        "--system", "fraud", "--owner", "ada@example.org",
    )  # fmt: skip

    key = ServiceKey.objects.get(secret_hash=secrets.digest(out.removesuffix("\n")))
    assert (key.name, key.scopes) == ("poster", ["outcomes:read", "predictions:write"])
    assert (key.system_ids, key.owner) == ([fraud.pk], ada)
    assert out.strip() not in err


def test_refuses_an_unknown_scope() -> None:
    with pytest.raises(CommandError, match="There is no scope 'everything'"):
        run("service_key", "create", "poster", "--scope", "everything")


def test_rotates_and_revokes_by_name() -> None:
    first, _ = run("service_key", "create", "poster", "--scope", "predictions:write")
    second, _ = run("service_key", "rotate", "poster")

    assert _works(first)
    assert _works(second)

    out, _ = run("service_key", "list")
    assert [line.split("\t")[1] for line in out.splitlines()] == ["poster", "poster"]

    run("service_key", "revoke", "poster")
    assert not _works(second)


def test_asks_which_of_two_keys_is_meant() -> None:
    for _ in range(2):
        run("service_key", "create", "poster", "--scope", "predictions:write")

    with pytest.raises(CommandError, match="Several keys are named 'poster'; say which: csk_"):
        run("service_key", "revoke", "poster")


def _works(secret: str) -> bool:
    from django.test import RequestFactory
    from rest_framework.exceptions import AuthenticationFailed
    from rest_framework.request import Request

    request = Request(RequestFactory().get("/", headers={"Authorization": f"Bearer {secret.strip()}"}))
    try:
        return authentication.BearerAuthentication().authenticate(request) is not None
    except AuthenticationFailed:
        return False
