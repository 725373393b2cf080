"""Two connections at once: what only one of them may do."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit.refusals import Refusal
from audit.trail.actors import OPERATOR
from governance.access import credentials, services
from governance.access.errors import AlreadyRevoked, EmailTaken, LastAdministrator
from governance.access.models import Person, RoleAssignment
from tests import factories

pytestmark = pytest.mark.usefixtures("committed_db")


def together(*acts: Callable[[], Any]) -> list[Refusal | None]:
    """Run each in a thread of its own, all at the same moment; what each was refused with."""
    start, refused = threading.Barrier(len(acts)), [None] * len(acts)  # type: list[Any]

    def run(n: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            act()
        except Refusal as refusal:
            refused[n] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return refused


def test_two_administrators_who_deactivate_each_other_leave_one() -> None:
    ada, bob = factories.person("administrator"), factories.person("administrator")

    refused = together(
        lambda: services.deactivate(person_id=ada.pk, actor=bob, now=timezone.now()),
        lambda: services.deactivate(person_id=bob.pk, actor=ada, now=timezone.now()),
    )

    assert [type(each) for each in refused if each] == [LastAdministrator]
    assert RoleAssignment.objects.in_force().filter(role="administrator").count() == 1


def test_one_account_per_address() -> None:
    def make() -> None:
        services.create_person(
            email="ada@example.org", name="", password=factories.PASSWORD, actor=OPERATOR, now=timezone.now()
        )

    refused = together(*[make] * 4)

    assert [type(each) for each in refused if each] == [EmailTaken] * 3
    assert Person.objects.count() == 1


def test_a_key_has_one_successor() -> None:
    key, _ = factories.service_key()

    refused = together(
        *[lambda: credentials.rotate_key(key_id=key.pk, actor=OPERATOR, now=timezone.now())] * 4
    )

    assert [type(each) for each in refused if each] == [AlreadyRevoked] * 3
