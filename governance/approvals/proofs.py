"""Proving who signs, freshly for each act of signing: by password; other methods are added here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import get_adapter
from django.db import connection
from django.http import HttpRequest

from governance.access.models import Person
from governance.approvals.errors import Reauthenticate

Prover = Callable[[HttpRequest, Person, Mapping[str, str]], bool]


@dataclass(frozen=True, slots=True)
class Method:
    """One way to prove who one is. `prove` is False for a missing or wrong proof, and counts wrong ones."""

    name: str
    applies: Callable[[Person], bool]
    """Whether this person can prove it so; a second factor that applies is demanded."""
    prove: Prover
    is_second: bool = False


def prove(request: HttpRequest, person: Person, given: Mapping[str, str]) -> str:
    """The methods by which `person` has proved who they are just now, such as `password` or `password+otp`.

    Raises:
        Reauthenticate: a proof is missing or wrong; says the methods there are.
    """
    first = [method for method in methods if method.applies(person) and not method.is_second]
    second = [method for method in methods if method.applies(person) and method.is_second]
    names = [method.name for method in [*first, *second]]
    found = next((method for method in first if method.prove(request, person, given)), None)
    if found is None:
        missing = not any(given.get(method.name) for method in first)
        raise Reauthenticate(
            names, "Prove that it is you who signs." if missing else "This is not your password."
        )
    if second:
        other = next((method for method in second if method.prove(request, person, given)), None)
        if other is None:
            raise Reauthenticate(names, "A second factor is needed to sign.")
        return f"{found.name}+{other.name}"
    return found.name


def _by_password(request: HttpRequest, person: Person, given: Mapping[str, str]) -> bool:
    """The password, asked for as at sign-in, so that wrong ones count towards the same lock."""
    password = given.get("password", "")
    if not password:
        return False

    def ask() -> Any:
        return get_adapter(request).authenticate(request, email=person.email, password=password)

    if (found := ask()) is not None:
        return bool(found.pk == person.pk)
    if connection.in_atomic_block:
        # A repeatable request is rolled back when it is refused, and what counts the failure with it.
        request.__dict__.setdefault("after_rollback", []).append(ask)
    return False


methods: list[Method] = [Method("password", Person.has_usable_password, _by_password)]
"""In the order in which they are offered. Passkeys, single sign-on and second factors add their own."""
