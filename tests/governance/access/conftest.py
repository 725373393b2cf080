"""Somebody signed in, on a real session."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from governance.access.models import Person
from tests import factories


@pytest.fixture
def signed_in(db: Any) -> Callable[[Person], Client]:
    def sign_in(person: Person) -> Client:
        client = Client()
        client.post("/sign-in", {"login": person.email, "password": factories.PASSWORD})
        assert client.session["_auth_user_id"] == str(person.pk)
        return client

    return sign_in
