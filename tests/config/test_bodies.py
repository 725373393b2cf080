"""config.bodies: a body that comes in chunks is a body like any other."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from config.api import LARGEST_BODY
from tests.reviews.intake.making import a_key

pytestmark = pytest.mark.usefixtures("db")


def in_chunks(body: bytes, **headers: Any) -> Any:
    _, secret = a_key("registry:write")
    return Client().post(
        "/api/v1/systems",
        b"",
        content_type="application/json",
        CONTENT_TYPE="application/json",  # an empty body would lose its type
        HTTP_AUTHORIZATION=f"Bearer {secret}",
        **{"wsgi.input": BytesIO(body), "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""},
        **headers,
    )


@pytest.mark.parametrize("headers", [{}, {"HTTP_IDEMPOTENCY_KEY": "once"}])
def test_is_read_whole(headers: dict[str, Any]) -> None:
    answer = in_chunks(json.dumps({"slug": "loans", "name": "Loans"}).encode(), **headers)

    assert answer.status_code == 201, answer.content
    assert answer.json()["slug"] == "loans"


def test_is_held_to_the_limit() -> None:
    answer = in_chunks(b'{"slug": "' + b"x" * LARGEST_BODY + b'"}')

    assert answer.status_code == 413
