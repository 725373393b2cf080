"""Systems, models, versions and environments."""

from typing import Any

import pytest

from tests.contract.world import INPUT_SCHEMA, OUTPUT_SCHEMA, Desk, World, problem, unique

SHA = "ab" * 32
VERSION: dict[str, Any] = {
    "version": "3.2.0",
    "artifacts": [{"name": "model.onnx", "uri": "s3://bucket/model.onnx", "sha256": SHA, "size": 12345}],
    "training_data": [{"name": "transactions", "version": "2026-10", "sha256": SHA}],
    "code": {"repository": "https://git.example.org/fraud", "commit": "0123456789abcdef"},
    "parameters": {"depth": 6, "rate": 0.1},
    "metrics": {"accuracy": 0.91},
    "slices": [{"name": "DE", "accuracy": 0.9}],
    "card": {"intended_use": "screening"},
    "parent": "",
    "notes": "retrained",
}


@pytest.fixture(scope="module")
def desk(world: World) -> Desk:
    return world.desk(publish=False)


@pytest.fixture(scope="module")
def shelf(world: World) -> Desk:
    """A model whose versions nobody counts."""
    return world.desk(publish=False)


def test_systems(world: World) -> None:
    slug = unique("s")
    owners = {"business_sponsor": world.emails["owner"], "product_owner": world.emails["manager"]}
    answer = world.post("/systems", {"slug": slug, "name": "Fraud", "purpose": "screen", "owners": owners})
    assert answer.status_code == 201
    assert answer.headers["location"].endswith(f"/systems/{slug}")
    body = answer.json()
    assert (body["slug"], body["name"], body["purpose"]) == (slug, "Fraud", "screen")
    assert body["owners"] == {**owners, "technical_lead": None}
    assert world.done("GET", f"/systems/{slug}") == body
    problem(world.post("/systems", {"slug": slug, "name": "Fraud"}), 409, "SLUG_TAKEN")
    changed = world.done("PATCH", f"/systems/{slug}", {"name": "Fraud 2", "owners": {"product_owner": None}})
    assert (changed["name"], changed["owners"]["product_owner"]) == ("Fraud 2", None)
    assert changed["owners"]["business_sponsor"] == world.emails["owner"]
    assert world.done("PATCH", f"/systems/{slug}", {"name": "Fraud 2"})["name"] == "Fraud 2"
    assert world.done("PATCH", f"/systems/{slug}", {})["name"] == "Fraud 2"
    for body, pointer in (
        ({"name": "x"}, "/slug"), ({"slug": unique("s")}, "/name"), ({"slug": "A B", "name": "x"}, "/slug"),
        ({"slug": "", "name": "x"}, "/slug"), ({"slug": 1, "name": "x"}, "/slug"),
        ({"slug": unique("s"), "name": "x", "owners": []}, "/owners"),
        ({"slug": unique("s"), "name": "x", "owners": {"nobody": "x"}}, "/owners/nobody"),
        ({"slug": unique("s"), "name": "x", "owners": {"technical_lead": "a@b.c"}}, "/owners/technical_lead"),
    ):  # fmt: skip
        problem(world.post("/systems", body), 422, pointer=pointer)
    problem(world.call("PATCH", f"/systems/{slug}", json={"slug": "other"}), 422, pointer="/slug")
    inbox = world.done("GET", f"/queues/{slug}-inbox")
    assert (inbox["slug"], inbox["waiting"]) == (f"{slug}-inbox", 0)


def test_models(world: World) -> None:
    slug = unique("m")
    body = {
        "slug": slug,
        "system": world.ours,
        "task": "screening",
        "output_schema": OUTPUT_SCHEMA,
        "input_schema": INPUT_SCHEMA,
    }
    answer = world.post("/models", body, "registry:write")
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith(f"/models/{slug}")
    made = answer.json()
    for name, value in {**body, "class_field": "label", "queue": f"{world.ours}-inbox"}.items():
        assert made[name] == value, name
    assert world.done("GET", f"/models/{slug}", who="reviewer") == made
    problem(world.post("/models", body), 409, "SLUG_TAKEN")
    changed = world.done("PATCH", f"/models/{slug}", {"output_schema": {"type": "object"}}, "owner")
    assert changed["output_schema"] == {"type": "object"}
    assert slug in [row["slug"] for row in world.done("GET", "/models?limit=500", who="auditor")["results"]]
    desk = Desk("", slug)
    waiting = world.done("POST", "/predictions", desk.prediction(output={"label": "new"}))
    assert waiting["review"]["queue"] == f"{world.ours}-inbox"
    assert "FAILSAFE_OUTPUT" not in waiting["routing"]["reasons"]
    other = unique("q")
    world.done("POST", "/queues", {"slug": other, "name": "q", "system": world.theirs})
    for members, pointer in (
        ({"slug": ""}, "/slug"), ({"slug": "A"}, "/slug"), ({"task": None}, "/task"),
        ({"output_schema": None}, "/output_schema"),
        ({"output_schema": []}, "/output_schema"), ({"output_schema": "x"}, "/output_schema"),
        ({"output_schema": {"type": "nonsense"}}, "/output_schema/type"),
        ({"output_schema": {"$ref": "https://example.org/schema.json"}}, "/output_schema/$ref"),
        ({"input_schema": {"properties": 7}}, "/input_schema/properties"),
        ({"class_field": 7}, "/class_field"),
        ({"queue": "nobody"}, "/queue"), ({"queue": other}, "/queue"), ({"nobody": 1}, "/nobody"),
        ({"system": None}, "/system"),
    ):  # fmt: skip
        problem(world.post("/models", {**body, "slug": unique("m"), **members}), 422, pointer=pointer)


def test_a_prediction_lives_under_the_schema_in_force_when_posted(world: World) -> None:
    desk = world.desk()
    posted = world.waiting(desk)
    world.done("PATCH", f"/models/{desk.model}", {"output_schema": {"type": "object", "required": ["grade"]}})
    claim = world.claimed(desk)
    assert claim["review"]["form"]["required"] == ["label"]
    assert world.judge(claim).status_code == 201
    assert "FAILSAFE_OUTPUT" in world.waiting(desk)["routing"]["reasons"]
    assert posted["routing"]["reasons"] == ["LOW_CONFIDENCE"]


def test_versions(world: World, desk: Desk) -> None:
    path = f"/models/{desk.model}/versions"
    answer = world.post(path, VERSION, "registry:write")
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith(f"{path}/3.2.0")
    made = answer.json()
    for name in set(VERSION) - {"parent"}:
        assert made[name] == VERSION[name], name
    assert world.done("GET", f"{path}/3.2.0", who="reviewer") == made
    child = world.done("POST", path, {"version": "3.3.0", "parent": "3.2.0"}, "owner")
    assert child["parent"] == "3.2.0"
    problem(world.post(path, VERSION), 409, "VERSION_EXISTS")
    problem(world.post(path, {**VERSION, "notes": "other"}), 409, "VERSION_EXISTS")
    listed = world.done("GET", path)["results"]
    assert {row["version"] for row in listed} == {"1.0", "3.2.0", "3.3.0"}
    problem(world.get(f"{path}/9"), 404)
    for method in ("PUT", "PATCH", "DELETE"):
        problem(world.call(method, f"{path}/3.2.0", json={}), 405)
    artifact, data = VERSION["artifacts"][0], VERSION["training_data"][0]
    for members, pointer in (
        ({"version": None}, "/version"), ({"version": ""}, "/version"), ({"version": 3}, "/version"),
        ({"artifacts": {}}, "/artifacts"), ({"artifacts": [7]}, "/artifacts/0"),
        ({"artifacts": [{}]}, "/artifacts/0/name"),
        ({"artifacts": [{**artifact, "sha256": "xyz"}]}, "/artifacts/0/sha256"),
        ({"artifacts": [{**artifact, "size": -1}]}, "/artifacts/0/size"),
        ({"artifacts": [{**artifact, "nobody": 1}]}, "/artifacts/0/nobody"),
        ({"training_data": [{**data, "sha256": None}]}, "/training_data/0/sha256"),
        ({"code": "x"}, "/code"), ({"parameters": []}, "/parameters"), ({"metrics": "x"}, "/metrics"),
        ({"parent": "nobody"}, "/parent"), ({"nobody": 1}, "/nobody"),
        ({"author": "nobody@example.org"}, "/author"),
    ):  # fmt: skip
        problem(world.post(path, {**VERSION, "version": unique("v"), **members}), 422, pointer=pointer)


def test_environments(world: World) -> None:
    for who in ("reviewer", "root", "registry:write"):
        rows = world.done("GET", "/environments", who=who)["results"]
        assert {row["slug"] for row in rows} >= {"production", "staging", "development"}
        assert set(rows[0]) >= {"slug", "kind", "mode", "regions", "enforce_at_intake"}
        assert {row["mode"] for row in rows} <= {"block", "warn", "allow"}
    for method in ("POST", "PATCH"):
        problem(world.call(method, "/environments", json={"slug": "x", "kind": "x"}), 403)


def test_cards(world: World, shelf: Desk) -> None:
    version = unique("v")
    path = f"/models/{shelf.model}/versions/{version}"
    world.done("POST", f"/models/{shelf.model}/versions", {"version": version, "card": {"use": "a"}})
    assert world.done("GET", path)["card_revision"] == 1
    answer = world.post(f"{path}/card", {"card": {"use": "b"}}, "owner")
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith(f"{path}/card/2")
    assert world.done("GET", path)["card"] == {"use": "b"}
    assert [row["number"] for row in world.done("GET", f"{path}/card")["results"]] == [2, 1]
    problem(world.post(f"{path}/card", {"card": []}), 422, pointer="/card")
    problem(world.post(f"{path}/card", {"card": {"use": "c"}}, "reviewer"), 403)
    problem(world.post(f"/models/{shelf.model}/versions/{unique('v')}/card", {"card": {}}), 404)


def test_lineage_and_comparison(world: World, shelf: Desk) -> None:
    data, first, second = unique("data"), unique("v"), unique("v")
    path = f"/models/{shelf.model}/versions"
    world.done(
        "POST",
        path,
        {
            **VERSION,
            "version": first,
            "parent": None,
            "training_data": [{"name": data, "version": "1", "sha256": SHA}],
        },
    )
    world.done("POST", path, {"version": second, "parent": first, "metrics": {"accuracy": 0.95}})
    found = world.done("GET", f"/lineage?dataset={data}:1")
    assert found["carries"] == [f"version:{shelf.model}:{first}", f"version:{shelf.model}:{second}"]
    above = world.done("GET", f"/lineage?version={shelf.model}:{second}")["stands_on"]
    assert f"dataset:{data}:1:{SHA}" in above
    problem(world.get("/lineage"), 422)
    problem(world.get(f"/lineage?dataset={unique('none')}"), 404)
    compared = world.done("GET", f"/models/{shelf.model}/compare?version={first}&version={second}")
    assert compared["versions"] == [first, second]
    assert compared["metrics"][0]["values"] == [0.91, 0.95]
    problem(world.get(f"/models/{shelf.model}/compare?version={first}"), 422, pointer="/version")


def test_aliases(world: World, shelf: Desk) -> None:
    version = unique("v")
    world.done("POST", f"/models/{shelf.model}/versions", {"version": version})
    path = f"/models/{shelf.model}/aliases/champion"
    assert world.done("PUT", path, {"version": version}, "owner")["version"] == version
    assert world.done("GET", path)["history"][0]["version"] == version
    problem(world.call("PUT", path, json={"version": unique("v")}), 404)
    problem(world.call("PUT", path, "reviewer", json={"version": version}), 403)
    assert world.call("DELETE", path).status_code == 204
    problem(world.get(path), 404)


def test_deployments_pass_the_gate_or_do_not_happen(world: World, shelf: Desk) -> None:
    version = unique("v")
    world.done("POST", f"/models/{shelf.model}/versions", {"version": version})
    body = {"model": shelf.model, "version": version, "environment": "production"}
    denied = problem(world.post("/deployments", body), 409, "GATE_DENIED")
    assert {"code", "detail"} <= set(denied["reasons"][0])
    problem(world.post("/deployments", {**body, "environment": "moon"}), 422, pointer="/environment")
    problem(world.post("/deployments", {**body, "version": unique("v")}), 404)
    problem(world.post("/deployments", {**body, "model": unique("m")}), 404)
    rollback = {"model": shelf.model, "environment": "production"}
    problem(world.post("/deployments/rollback", rollback), 409, "NOTHING_TO_ROLL_BACK_TO")
    assert world.done("GET", f"/deployments?model={shelf.model}")["results"] == []
    problem(world.get("/deployments?at=yesterday"), 422, pointer="/at")
