"""The registry's pages: what they show, what their forms take, and to whom."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.access.roles import Role
from registry.catalog.models import Model
from registry.catalog.reading import NewArtifact, NewDataset
from registry.catalog.selectors import schema_in_force
from registry.systems.models import AISystem
from tests.registry.factories import (
    DIGEST,
    browser,
    make_model,
    make_person,
    make_system,
    make_version,
)

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def owner() -> Client:
    return browser(make_person(Role.MODEL_OWNER))


def text(response: Any) -> str:
    return str(response.content.decode())


def test_lists_the_systems_in_reach_with_what_other_rooms_add() -> None:
    mine = make_system("mine", name="My system", owners={"product_owner": make_person(name="Ada").email})
    make_model(mine, "fraud-screen")
    make_system("theirs", name="Their system")

    page = text(browser(make_person(Role.RISK_OFFICER, on=mine)).get("/systems"))

    assert "My system" in page
    assert "Their system" not in page
    assert "Ada" in page
    assert "no business sponsor, no technical lead" in page
    assert 'href="/models/fraud-screen"' in page
    assert "Live policy" in page
    assert "Waiting" in page
    assert "can register an AI system" in page  # why the button is disabled


def test_says_what_to_do_when_there_is_nothing(owner: Client) -> None:
    assert "Register the first one" in text(owner.get("/systems"))
    assert "An administrator can give you a role" in text(browser(make_person()).get("/systems"))


def test_the_list_takes_as_many_queries_for_many_systems_as_for_one(owner: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert owner.get("/systems").status_code == 200
        return len(captured)

    make_model(make_system())
    queries()
    before = queries()
    for _ in range(6):
        make_model(make_system(owners={"technical_lead": make_person().email}))
    assert queries() == before


def test_the_list_goes_on_after_fifty(owner: Client) -> None:
    for n in range(52):
        make_system(f"s{n:02}")
    first = text(owner.get("/systems"))
    assert "?after=s49" in first
    second = text(owner.get("/systems?after=s49"))
    assert "s51" in second
    assert ">S01<" not in second
    assert owner.get("/systems?after=%00zz").status_code == 200


def test_registers_a_system_without_javascript(owner: Client) -> None:
    lead = make_person()
    said = {"name": "Card payments", "slug": "card-payments", "purpose": "x", "technical_lead": lead.email}

    done = owner.post("/systems/_register", said)

    assert (done.status_code, done["Location"]) == (302, "/systems/card-payments")
    assert AISystem.objects.get(slug="card-payments").technical_lead == lead
    assert "is registered" in text(owner.get(done["Location"]))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"slug": "Bad Slug"}, "A slug holds lower-case letters"),
        ({"slug": "taken"}, "This slug is in use."),
        ({"name": ""}, "This field is required."),
        ({"product_owner": "nobody@example.org"}, "Nobody with an active account here"),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_a_system_form_says_what_is_wrong(owner: Client, said: dict[str, str], sentence: str) -> None:
    make_system("taken")
    refused = owner.post("/systems/_register", {"name": "N", "slug": "n", **said})
    assert refused.status_code == 422
    assert sentence in text(refused)


def test_changes_a_system_and_says_when_nothing_was_different(owner: Client) -> None:
    system = make_system("payments", name="Payments", owners={"product_owner": make_person().email})
    assert system.product_owner is not None
    said = {"name": "Payments", "product_owner": system.product_owner.email}

    same = owner.post("/systems/payments/change", said)
    assert "Nothing was different" in text(owner.get(same["Location"]))
    owner.post("/systems/payments/change", {"name": "Payments", "shares_payloads": "on"})

    system.refresh_from_db()
    assert (system.shares_payloads, system.product_owner) == (True, None)


def test_registers_a_model_from_schema_text(owner: Client) -> None:
    make_system("payments")
    said = {"slug": "m", "task": "t", "output_schema": '{"properties": {"label": {"enum": ["a", "b"]}}}'}

    done = owner.post("/models/_register?system=payments", said)

    assert done["Location"] == "/models/m"
    page = text(owner.get("/models/m"))
    assert "Every prediction goes to a person until a policy is published" in page
    assert "payments-inbox" in page


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ('{"a": 1,}', "Line 1, column 9"),
        ('{\n "type": nope}', "Line 2, column 10"),
        ('{"$ref": "http://x/y"}', "At /$ref: References begin with"),
        ('{"type": "nonsense"}', "At /type: This is no JSON Schema"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ('{"maximum": NaN}', "NaN is no JSON number"),
        ('{"maximum": 1e999}', "NaN and infinities"),
        ('{"maximum": ' + "9" * 5000 + "}", "Exceeds the limit"),
        ("[" * 100_000, "nested too deeply"),
        ('"text"', "A schema is a JSON object."),
        ('{"title": "\\ud800"}', "surrogate"),
    ],
)
def test_a_schema_that_is_wrong_says_where(owner: Client, schema: str, sentence: str) -> None:
    make_system("payments")
    refused = owner.post(
        "/models/_register?system=payments", {"slug": "m", "task": "t", "output_schema": schema}
    )
    assert refused.status_code == 422
    assert sentence in text(refused).replace("&#x27;", "'")
    assert not Model.objects.exists()


def test_a_model_form_checks_class_field_and_queue(owner: Client) -> None:
    make_system("payments")
    said = {"slug": "m", "task": "t", "output_schema": "{}", "class_field": "verdict", "queue": "other-inbox"}
    page = text(owner.post("/models/_register?system=payments", said))
    assert "has no property" in page
    assert "Name a queue of the same AI system" in page


def test_changes_a_schema_only_when_it_means_something_else(owner: Client) -> None:
    model = make_model(slug="m")
    form = owner.get("/models/m/change").context["form"]
    says = {name: form.initial[name] for name in form.fields}

    owner.post("/models/m/change", {**says, "output_schema": says["output_schema"].replace("\n", " ")})
    assert schema_in_force(model).number == 1
    owner.post("/models/m/change", {**says, "output_schema": '{"properties": {"label": {"type": "string"}}}'})
    assert schema_in_force(model).number == 2
    assert "any text" in text(owner.get("/models/m"))


def test_shows_a_version_with_its_digests(owner: Client) -> None:
    model = make_model(slug="m")
    make_version(model, "1.0")
    make_version(
        model,
        "2.0",
        artifacts=[NewArtifact("weights", "s3://m/w", DIGEST, 2048)],
        training_data=[NewDataset("payments", "2026-10", DIGEST)],
        metrics={"recall": {"fraud": 0.9023}},
        card={"intended_use": "screening"},
        parent="1.0",
    )
    page = text(owner.get("/models/m/versions/2.0"))
    for shown in (DIGEST, "recall.fraud", "0.9023", "screening", "2.0\xa0KB", "/models/m/versions/1.0"):
        assert shown in page
    assert "2.0" in text(owner.get("/models/m/versions/1.0"))  # what it led to
    assert "/models/m/versions/2.0" in text(owner.get("/models/m/versions"))
    assert owner.get("/models/m/versions?before=nonsense").status_code == 200


def test_hostile_text_is_only_text(owner: Client) -> None:
    schema = {"properties": {"label": {"enum": [HOSTILE]}}, "title": HOSTILE}
    system = make_system("payments", name=HOSTILE, purpose=HOSTILE)
    model = make_model(system, "m", output_schema=schema)
    make_version(
        model,
        "1.0",
        artifacts=[NewArtifact(HOSTILE, "javascript:alert(1)", DIGEST, 1)],
        metrics={HOSTILE: HOSTILE},
        card={HOSTILE: HOSTILE},
        notes=HOSTILE,
        code={"repository": "javascript:alert(1)", "commit": HOSTILE},
    )
    for path in (
        "/systems",
        "/systems/payments",
        "/systems/payments/change",
        "/models/m",
        "/models/m/change",
        "/models/m/versions",
        "/models/m/versions/1.0",
        "/models/m/policies/_draft",
    ):
        page = text(owner.get(path))
        assert HOSTILE not in page, path
        assert 'href="javascript:' not in page, path


PAGES = [
    "/systems/theirs",
    "/systems/theirs/change",
    "/models/_register?system=theirs",
    "/models/their-model",
    "/models/their-model/change",
    "/models/their-model/versions",
    "/models/their-model/versions/1.0.0",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_foreign_page_is_not_there(path: str) -> None:
    make_version(make_model(make_system("theirs"), "their-model"))
    stranger = browser(make_person(Role.MODEL_OWNER, on=make_system("mine")))
    assert stranger.get(path).status_code == 404
    assert Client().get(path)["Location"].startswith("/")  # to the sign-in page


@pytest.mark.parametrize("path", PAGES)
def test_who_may_only_read_sees_why(path: str) -> None:
    system = make_system("theirs")
    make_version(make_model(system, "their-model"))
    page = browser(make_person(Role.RISK_OFFICER, on=system)).get(path)
    writes = "change" in path or "_register" in path
    assert page.status_code == (403 if writes else 200)
    if path in {"/systems/theirs", "/models/their-model"}:
        assert "Only a model owner of this AI system" in text(page)


def test_nobody_registers_a_system_without_the_right() -> None:
    assert browser(make_person(Role.RISK_OFFICER)).get("/systems/_register").status_code == 403
    assert browser(make_person(Role.MODEL_OWNER)).get("/models/_register").status_code == 404
