"""Pages of the gate: what it would say and why, what it said, and its keys."""

from typing import Any

import pytest

from governance.access.roles import Role
from governance.gate import keys
from registry.catalog.models import ModelVersion
from tests.governance.gate.conftest import Said, Signed
from tests.registry.factories import browser, caller, make_model, make_person, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> ModelVersion:
    return make_version(make_model(slug="fraud-screen"), "1.0")


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_says_for_each_environment_what_and_why(version: ModelVersion, said: Said) -> None:
    said.approval, said.class_ = None, None
    reader = browser(make_person(Role.REVIEWER, on=version.model.system))
    caller("gate:read").post(
        "/gate", {"model": "fraud-screen", "version": "1.0", "environment": "production"}
    )

    page = text(reader.get("/models/fraud-screen/gate"))

    for words in (
        "production",
        "staging",
        "development",
        "UNCLASSIFIED",
        "Nobody has asked for an approval.",
    ):
        assert words in page
    assert "a service key" in page
    said.approval, said.class_ = Signed(conditions=[{"name": "tests", "check": "", "text": ""}]), "high_risk"
    page = text(reader.get("/models/fraud-screen/gate?version=1.0"))
    assert "nothing is missing" in page
    assert "Conditions: tests" in page
    assert reader.get("/models/fraud-screen/gate?version=9").status_code == 404


def test_a_model_without_versions_says_so() -> None:
    make_model(slug="empty")

    assert "No version yet" in text(browser(make_person(Role.AUDITOR)).get("/models/empty/gate"))


def test_shows_the_keys_to_those_who_run_it() -> None:
    former, present = keys.signer().keyid, keys.rotate()[1]

    page = text(browser(make_person(Role.ADMINISTRATOR)).get("/administration/receipt-keys"))

    assert page.index(present) < page.index(former)
    assert keys.published()["keys"][0]["public_key"].replace("+", "+") in page
    assert browser(make_person(Role.REVIEWER)).get("/administration/receipt-keys").status_code == 403
