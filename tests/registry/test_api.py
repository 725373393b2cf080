"""The registry over REST: what each caller may, and what is said to the others."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.trail.models import Event
from governance.access.roles import Role
from registry.systems.models import AISystem
from tests.registry.factories import (
    DIGEST,
    LABELS,
    Caller,
    caller,
    make_model,
    make_person,
    make_system,
    make_version,
    signed_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer() -> Caller:
    return caller("registry:write")


def body(response: Any) -> Any:
    return response.json()


def test_registers_and_reads_a_system(writer: Caller) -> None:
    owner = make_person()
    made = writer.post(
        "/systems",
        {"slug": "payments", "name": "Card payments", "owners": {"business_sponsor": owner.email}},
    )

    assert made.status_code == 201
    assert made["Location"] == "/api/v1/systems/payments"
    assert body(writer.get("/systems/payments")) == body(made)
    assert body(made)["owners"] == {
        "business_sponsor": owner.email,
        "product_owner": None,
        "technical_lead": None,
    }
    assert body(made)["shares_payloads"] is False


def test_changes_a_system(writer: Caller) -> None:
    make_system("payments")
    changed = writer.patch("/systems/payments", {"purpose": "Fewer chargebacks", "shares_payloads": True})
    assert changed.status_code == 200
    assert body(changed)["purpose"] == "Fewer chargebacks"
    assert body(changed)["shares_payloads"] is True


@pytest.mark.parametrize(
    ("said", "status", "code", "pointer"),
    [
        ({"slug": "a b", "name": "x"}, 422, "BAD_VALUE", "/slug"),
        ({"slug": "ab\n", "name": "x"}, 422, "BAD_VALUE", "/slug"),
        ({"slug": "ab"}, 422, "REQUIRED", "/name"),
        ({"slug": "ab", "name": "x", "colour": 1}, 422, "UNKNOWN_FIELD", "/colour"),
        ({"slug": "ab", "name": "x", "owners": {"ceo": "x"}}, 422, "UNKNOWN_FIELD", "/owners/ceo"),
        ({"slug": "ab", "name": "x", "owners": []}, 422, "WRONG_TYPE", "/owners"),
        (
            {"slug": "ab", "name": "x", "owners": {"product_owner": "nobody@example.org"}},
            422,
            "UNKNOWN_PERSON",
            "/owners/product_owner",
        ),
        ([], 422, "WRONG_TYPE", ""),
        ('"x"', 422, "WRONG_TYPE", ""),
    ],
)
def test_says_what_is_wrong_with_a_system(
    writer: Caller, said: Any, status: int, code: str, pointer: str
) -> None:
    refused = writer.post("/systems", said)
    assert refused.status_code == status
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in body(refused)["errors"]]
    assert not AISystem.objects.filter(slug="ab").exists()


def test_answers_409_for_what_exists(writer: Caller) -> None:
    model = make_model(make_system("payments"), "fraud-screen")
    make_version(model)
    answers = [
        writer.post("/systems", {"slug": "payments", "name": "x"}),
        writer.post(
            "/models",
            {"slug": "fraud-screen", "system": "payments", "task": "t", "output_schema": LABELS},
        ),
        writer.post("/models/fraud-screen/versions", {"version": "1.0.0"}),
    ]
    assert [(answer.status_code, body(answer)["code"]) for answer in answers] == [
        (409, "SLUG_TAKEN"),
        (409, "SLUG_TAKEN"),
        (409, "VERSION_EXISTS"),
    ]


def test_registers_reads_and_changes_a_model(writer: Caller) -> None:
    make_system("payments")
    made = writer.post(
        "/models",
        {"slug": "fraud-screen", "system": "payments", "task": "classification", "output_schema": LABELS},
    )
    assert made.status_code == 201
    assert made["Location"] == "/api/v1/models/fraud-screen"
    assert body(made)["queue"] == "payments-inbox"
    assert body(made)["classes"] == ["fraud", "ok"]
    assert body(made)["warnings"] == []
    assert body(writer.get(made["Location"].removeprefix("/api/v1"))) == body(made)

    wider = {"type": "object", "properties": {"label": {"type": "string"}}}
    changed = writer.patch(
        "/models/fraud-screen", {"output_schema": wider, "input_schema": {"type": "object"}}
    )
    assert changed.status_code == 200
    assert body(changed)["schema_version"] == 2
    assert body(changed)["classes"] is None
    assert body(changed)["input_schema"] == {"type": "object"}


def test_the_same_change_again_answers_the_same_and_makes_no_event(writer: Caller) -> None:
    owner = make_person()
    make_model(make_system("payments"), "fraud-screen")
    for path, said in (
        ("/systems/payments", {"shares_payloads": True, "owners": {"product_owner": owner.email}}),
        ("/models/fraud-screen", {"task": "triage", "output_schema": {"type": "object"}}),
        ("/models/fraud-screen", {}),
    ):
        first = writer.patch(path, said)
        events = Event.objects.count()
        again = writer.patch(path, said)
        assert (again.status_code, body(again)) == (200, body(first))
        assert Event.objects.count() == events


def test_refuses_a_remote_reference_with_its_place(writer: Caller) -> None:
    make_system("payments")
    refused = writer.post(
        "/models",
        {
            "slug": "m",
            "system": "payments",
            "task": "t",
            "output_schema": {"properties": {"label": {"$ref": "http://127.0.0.1/evil.json"}}},
        },
    )
    assert refused.status_code == 422
    assert body(refused)["errors"][0]["pointer"] == "/output_schema/properties/label/$ref"
    assert body(refused)["code"] == "REMOTE_REFERENCE"


def test_registers_and_reads_a_version(writer: Caller) -> None:
    make_model(slug="fraud-screen")
    said = {
        "version": "3.2.0",
        "artifacts": [{"name": "weights", "uri": "s3://m/w", "sha256": DIGEST, "size": 5}],
        "training_data": [{"name": "payments", "version": "2026-10", "sha256": DIGEST}],
        "code": {"repository": "git@example.org:fraud", "commit": "9f3c1ab"},
        "parameters": {"trees": 100},
        "metrics": {"recall": 0.902, "n": 9_007_199_254_740_993},
        "slices": [{"slice": "PT", "recall": 0.86}],
        "card": {"intended_use": "screening"},
        "notes": "First.",
    }
    made = writer.post("/models/fraud-screen/versions", said)
    assert made.status_code == 201
    assert made["Location"] == "/api/v1/models/fraud-screen/versions/3.2.0"
    got = body(writer.get("/models/fraud-screen/versions/3.2.0"))
    assert got == body(made)
    assert {name: got[name] for name in said} == said
    assert (got["parent"], got["author"]) == (None, None)
    listed = body(writer.get("/models/fraud-screen/versions"))
    assert [each["version"] for each in listed["results"]] == ["3.2.0"]
    assert listed["next"] is None


def test_lists_in_pages_and_filters(writer: Caller) -> None:
    payments = make_system("payments")
    for n in range(3):
        make_model(payments, f"model-{n}")
    make_model(make_system("other"), "foreign")

    first = body(writer.get("/models?system=payments&limit=2"))
    second = body(writer.get(f"/models?system=payments&limit=2&cursor={first['next']}"))

    assert [each["slug"] for each in first["results"] + second["results"]] == [
        "model-2",
        "model-1",
        "model-0",
    ]
    assert second["next"] is None
    assert writer.get("/models?task=classification").status_code == 422
    assert writer.get("/models?system__slug=payments").status_code == 422
    assert writer.get("/systems?limit=0").status_code == 422
    assert writer.get("/systems?cursor=!!").status_code == 422


def test_lists_take_as_many_queries_for_many_rows_as_for_one(writer: Caller) -> None:
    owner = make_person()

    def queries(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert writer.get(path).status_code == 200
        return len(captured)

    model = make_model(make_system("first", owners={"product_owner": owner.email}), "first")
    make_version(model)
    paths = ("/systems", "/models", "/models/first/versions")
    for path in paths:
        queries(path)  # the key's last use is noted by the first call
    before = [queries(path) for path in paths]
    for n in range(5):
        make_version(model, f"2.{n}", author=owner.email, parent="1.0.0")
        make_model(make_system(owners={"technical_lead": owner.email}))
    assert [queries(path) for path in paths] == before


PATHS = [
    ("GET", "/systems/{system}"),
    ("PATCH", "/systems/{system}"),
    ("GET", "/models/{model}"),
    ("PATCH", "/models/{model}"),
    ("GET", "/models/{model}/versions"),
    ("POST", "/models/{model}/versions"),
    ("GET", "/models/{model}/versions/1.0.0"),
]


def ask(who: Caller, method: str, path: str) -> Any:
    return (
        getattr(who.client, method.lower())(f"/api/v1{path}", {}, "application/json")
        if method != "GET"
        else (who.get(path))
    )


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_foreign_thing_answers_exactly_like_a_missing_one(method: str, path: str) -> None:
    mine, theirs = make_system(), make_system("theirs")
    make_version(make_model(theirs, "their-model"))
    for who in (
        caller("registry:write", on=[mine]),
        signed_in(make_person(Role.MODEL_OWNER, on=mine)),
        signed_in(make_person()),
    ):
        foreign = ask(who, method, path.format(system="theirs", model="their-model"))
        missing = ask(who, method, path.format(system="nothing", model="nothing"))
        assert (foreign.status_code, foreign.content) == (404, missing.content)
        assert missing.status_code == 404


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_whoever_reaches_it_without_the_verb_gets_403(method: str, path: str) -> None:
    system = make_system("payments")
    make_version(make_model(system, "fraud-screen"))
    path = path.format(system="payments", model="fraud-screen")
    reader = signed_in(make_person(Role.RISK_OFFICER, on=system))
    assert ask(reader, method, path).status_code == (200 if method == "GET" else 403)
    assert ask(caller("outcomes:read", on=[system]), method, path).status_code == 403


@pytest.mark.parametrize("path", ["/systems", "/models"])
def test_people_see_in_lists_what_is_in_their_reach(path: str) -> None:
    mine = make_system("mine")
    make_model(mine, "mine")
    make_model(make_system("theirs"), "theirs")

    def listed(who: Caller) -> list[str]:
        return [each["slug"] for each in body(who.get(path))["results"]]

    assert listed(signed_in(make_person(Role.MODEL_OWNER, on=mine))) == ["mine"]
    assert listed(signed_in(make_person(Role.AUDITOR))) == ["theirs", "mine"]
    assert listed(signed_in(make_person())) == []
    assert listed(caller("registry:write", on=[mine])) == ["mine"]
    assert caller("outcomes:read").get(path).status_code == 403
    assert Caller("").get(path).status_code == 401


def test_every_role_on_a_system_may_read_about_it() -> None:
    system = make_system("payments")
    for role in set(Role) - {Role.ADMINISTRATOR, Role.AUDITOR}:
        assert signed_in(make_person(role, on=system)).get("/systems/payments").status_code == 200, role


def test_a_model_cannot_be_put_into_a_foreign_system() -> None:
    mine = make_system("mine")
    make_system("theirs")
    who = caller("registry:write", on=[mine])

    def put_into(slug: str) -> Any:
        said = {"slug": "m", "system": slug, "task": "t", "output_schema": LABELS}
        return who.post("/models", said)

    foreign, missing = put_into("theirs"), put_into("nothing")
    assert (foreign.status_code, foreign.content) == (404, missing.content)
    assert put_into("mine").status_code == 201


def test_reading_does_not_let_anybody_write() -> None:
    system = make_system("payments")
    reader = signed_in(make_person(Role.RISK_OFFICER, on=system))
    assert reader.post("/systems", {}).status_code == 403
    assert reader.post("/models", {}).status_code == 403


def test_gives_the_environments_that_always_exist(writer: Caller) -> None:
    results = body(writer.get("/environments"))["results"]
    assert [(each["slug"], each["mode"]) for each in results] == [
        ("development", "allow"),
        ("production", "block"),
        ("staging", "warn"),
    ]
    assert signed_in(make_person()).get("/environments").status_code == 403
    assert caller("outcomes:read").get("/environments").status_code == 403


@pytest.mark.parametrize(
    "path", ["/systems/%00", "/models/a%00b", "/models/%00/versions", "/systems/%F0%9F%92%A9"]
)
def test_odd_addresses_are_not_there(writer: Caller, path: str) -> None:
    assert writer.get(path).status_code == 404
