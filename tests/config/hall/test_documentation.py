"""The interface described: complete, valid OpenAPI 3.1, and a page that works under the policy."""

import json
import re
from pathlib import Path
from typing import Any

import drf_spectacular
import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from config.hall.interface.document import OPERATIONS, described, document

pytestmark = pytest.mark.django_db


def test_describes_every_address_and_method() -> None:
    there = {(route.name, method) for route in described() for method in route.methods}

    assert there - set(OPERATIONS) == set(), "Describe them in config/hall/interface."
    assert set(OPERATIONS) - there == set(), "These are gone."


def test_is_valid_openapi() -> None:
    folder = Path(drf_spectacular.__file__).parent / "validation"
    schema = json.loads((folder / "openapi_3_1_schema.json").read_text())

    mistakes = [error.message for error in Draft202012Validator(schema).iter_errors(_served())]

    assert mistakes == []


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(_served())

    named = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert named <= set(document()["components"]["schemas"])


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for path in document()["paths"].values() for operation in path.values()]

    assert len(names) == len(set(names))


def test_says_which_version_it_is(client: Client) -> None:
    answer = client.get("/api/v1/openapi.json")

    assert answer["Content-Type"] == "application/json"
    assert answer.json()["openapi"] == "3.1.0"


def test_the_page_has_nothing_inline(client: Client) -> None:
    page = client.get("/api/v1/docs")
    script = client.get("/api/v1/docs?script=")

    text = page.content.decode()
    assert page.status_code == 200
    assert "<style" not in text
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert "openapi.json" in script.content.decode()
    assert script["Content-Type"].startswith("application/javascript")


def _served() -> Any:
    return json.loads(Client().get("/api/v1/openapi.json").content)
