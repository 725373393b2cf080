"""The pages about deployments and environments: what they show, what their forms take, and to whom."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.access.roles import Role
from registry.catalog.models import Environment, Model
from registry.deployments.models import Deployment
from tests.registry.factories import browser, make_model, make_person, make_system, make_version
from tests.registry.gates import gate

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"
DEPLOY = "/models/m/deployments/deploy"
ROLLBACK = "/models/m/deployments/rollback"


@pytest.fixture
def owner() -> Client:
    model = make_model(make_system("payments"), "m")
    for n in (1, 2):
        make_version(model, f"{n}.0")
    return browser(make_person(Role.MODEL_OWNER))


def text(response: Any) -> str:
    return str(response.content.decode())


def test_deploys_and_rolls_back_without_javascript(owner: Client) -> None:
    with gate():
        done = owner.post(DEPLOY, {"version": "1.0", "environment": "production"})
        assert done["Location"] == "/models/m/deployments"
        assert "1.0 is live in production" in text(owner.get(done["Location"]))
        owner.post(DEPLOY, {"version": "2.0", "environment": "production"})
        assert 'href="/models/m/versions/2.0"' in text(owner.get("/models/m"))
        assert "m 2.0 in production" in text(owner.get("/systems"))
        owner.post(ROLLBACK, {"environment": "production"})

    page = text(owner.get("/models/m/deployments"))
    assert "production is back at 1.0" in page
    assert "came back by a rollback" in page
    assert Deployment.objects.live().get().version.version == "1.0"


def test_a_gate_that_denies_says_why(owner: Client) -> None:
    with gate(otherwise="deny"):
        refused = owner.post(DEPLOY, {"version": "1.0", "environment": "production"})
    assert refused.status_code == 409
    assert "lacks a signature" in text(refused)


def test_a_gate_that_warns_is_repeated(owner: Client) -> None:
    with gate(otherwise="warn"):
        done = owner.post(DEPLOY, {"version": "1.0", "environment": "production"})
    page = text(owner.get(done["Location"]))
    assert "The gate warns: m 1.0 lacks a signature." in page
    assert "the gate warned" in page


def test_a_form_says_what_is_wrong(owner: Client) -> None:
    for path, said in ((DEPLOY, {"version": "9", "environment": "x"}), (ROLLBACK, {"environment": "x"})):
        assert owner.post(path, said).status_code == 422


def test_who_may_only_read_sees_why(owner: Client) -> None:
    reader = browser(make_person(Role.RISK_OFFICER, on=Model.objects.get().system))
    assert "Only a model owner of this AI system" in text(reader.get("/models/m/deployments"))
    assert reader.post(DEPLOY, {"version": "1.0", "environment": "production"}).status_code == 403


def test_an_environment_shows_what_was_live_at_a_time(owner: Client) -> None:
    with gate():
        owner.post(DEPLOY, {"version": "1.0", "environment": "staging"})
    assert 'href="/models/m/versions/1.0"' in text(owner.get("/environments/staging"))
    assert "Nothing of yours was live here" in text(owner.get("/environments/staging?at=2020-01-01T10:00"))
    assert owner.get("/environments/staging?at=nonsense").status_code == 200
    assert owner.get("/environments/nowhere").status_code == 404
    stranger = browser(make_person(Role.MODEL_OWNER, on=make_system()))
    assert "/models/m/" not in text(stranger.get("/environments/staging"))


def test_environments_are_made_and_changed_in_pages() -> None:
    admin = browser(make_person(Role.ADMINISTRATOR))
    said = {"kind": "production", "mode": "block", "regions": "eu-1, eu-2,eu-1", "enforce_at_intake": "on"}

    assert admin.post("/environments/_new", {**said, "slug": "eu"}).status_code == 302
    made = Environment.objects.get(slug="eu")
    assert (made.regions, made.enforce_at_intake) == (["eu-1", "eu-2"], True)
    assert admin.post("/environments/_new", {**said, "slug": "eu"}).status_code == 422
    same = admin.post("/environments/eu/change", said)
    assert "Nothing was different" in text(admin.get(same["Location"]))
    admin.post("/environments/eu/change", {**said, "mode": "warn"})
    made.refresh_from_db()
    assert made.mode == "warn"
    assert "eu-1" in text(admin.get("/environments"))


def test_hostile_text_is_only_text(owner: Client) -> None:
    admin = browser(make_person(Role.ADMINISTRATOR))
    admin.post("/environments/staging/change", {"kind": "staging", "mode": "warn", "regions": HOSTILE})
    for path in ("/environments", "/environments/staging", "/environments/staging/change"):
        assert HOSTILE not in text(admin.get(path))


def test_pages_take_as_many_queries_for_many_rows_as_for_one(owner: Client) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(path).status_code == 200
        return len(captured)

    with gate():
        owner.post(DEPLOY, {"version": "1.0", "environment": "production"})
        owner.post(DEPLOY, {"version": "2.0", "environment": "production"})
        paths = ("/models/m/deployments", "/environments/production", "/models/m", "/systems")
        for path in paths:
            queries(path)
        before = [queries(path) for path in paths]
        for version in ("1.0", "2.0", "1.0"):
            owner.post(DEPLOY, {"version": version, "environment": "production"})
        queries(paths[0])  # the messages are read once
    assert [queries(path) for path in paths] == before
