"""registry.lineage: what stands on what, both ways."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.access.roles import Role
from registry.catalog.reading import NewDataset, read_version
from registry.lineage.drawing import MOST, drawing_of
from registry.lineage.graph import Made, Origin, graph_of
from tests.registry.factories import (
    DIGEST,
    browser,
    caller,
    make_model,
    make_person,
    make_system,
    make_version,
    signed_in,
)
from tests.registry.gates import gate

HOSTILE = "<script>alert(1)</script>"
DATA = NewDataset("transactions", "2026-10", DIGEST, "CC-BY-4.0")


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def family(db: None) -> Any:
    """1.0 trained on the data; 2.0 and 3.0 came of it; 3.0 is live."""
    model = make_model(make_system("payments"), "fraud-screen")
    make_version(
        model, "1.0", training_data=[DATA], code={"repository": "git.example.org/f", "commit": "abc"}
    )
    make_version(model, "2.0", parent="1.0", base_model={"name": "bert", "version": "2", "sha256": DIGEST})
    make_version(model, "3.0", parent="2.0", prompt={"name": "screening", "version": "7"})
    with gate():
        caller("registry:write").post(
            "/deployments", {"model": "fraud-screen", "version": "3.0", "environment": "production"}
        )
    return model


@pytest.mark.parametrize(
    "asked",
    ["transactions", "transactions:2026-10", DIGEST, DIGEST.upper()],
)
def test_which_live_versions_used_a_dataset(family: Any, asked: str) -> None:
    found = caller("registry:write").get(f"/lineage?dataset={asked}").json()

    assert found["live"] == [{"model": "fraud-screen", "version": "3.0", "environment": "production"}]
    assert found["subject"] == [f"dataset:transactions:2026-10:{DIGEST}"]
    assert found["carries"] == [
        "version:fraud-screen:1.0",
        "version:fraud-screen:2.0",
        "version:fraud-screen:3.0",
        "environment:production",
    ]
    assert found["stands_on"] == []


def test_what_a_version_stands_on_and_what_stands_on_it(family: Any) -> None:
    found = caller("registry:write").get("/lineage?version=fraud-screen:2.0").json()

    assert found["subject"] == ["version:fraud-screen:2.0"]
    assert set(found["stands_on"]) == {
        "version:fraud-screen:1.0",
        f"base_model:bert:2:{DIGEST}",
        f"dataset:transactions:2026-10:{DIGEST}",
        "code:git.example.org/f:abc:",
    }
    assert found["carries"] == ["version:fraud-screen:3.0", "environment:production"]
    relations = {(edge["from"], edge["relation"]) for edge in found["edges"]}
    assert ("version:fraud-screen:1.0", "parent_of") in relations
    assert (f"base_model:bert:2:{DIGEST}", "based_on") in relations
    assert not found["truncated"]


@pytest.mark.parametrize(
    "asked", ["base_model=bert", "base_model=bert:2", "prompt=screening:7", "commit=abc"]
)
def test_asks_by_base_model_prompt_and_commit(family: Any, asked: str) -> None:
    found = caller("registry:write").get(f"/lineage?{asked}").json()
    assert len(found["subject"]) == 1
    assert found["live"][0]["version"] == "3.0"


@pytest.mark.parametrize(
    "query",
    ["", "?dataset=", "?dataset=a&version=b:1", "?version=fraud-screen", "?colour=red", "?dataset=%00"],
)
def test_refuses_what_is_no_question(family: Any, query: str) -> None:
    assert caller("registry:write").get(f"/lineage{query}").status_code == 422


def test_a_foreign_dataset_answers_exactly_like_a_missing_one(family: Any) -> None:
    mine = make_system()
    for who in (caller("registry:write", on=[mine]), signed_in(make_person(Role.MODEL_OWNER, on=mine))):
        for question, there, nowhere in (
            ("dataset", "transactions", "nothing"),
            ("version", "fraud-screen:2.0", "nothing:2.0"),
        ):
            foreign = who.get(f"/lineage?{question}={there}")
            missing = who.get(f"/lineage?{question}={nowhere}")
            assert (foreign.status_code, foreign.content) == (404, missing.content)


def test_takes_as_many_queries_for_many_versions_as_for_one(family: Any) -> None:
    who = caller("registry:write")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert who.get("/lineage?dataset=transactions").status_code == 200
        return len(captured)

    queries()
    before = queries()
    for n in range(4, 9):
        make_version(family, f"{n}.0", parent="3.0", training_data=[DATA])
    assert queries() == before


def test_the_page_draws_it_and_says_the_same_in_a_table(family: Any) -> None:
    reader = browser(make_person(Role.RISK_OFFICER, on=family.system))
    page = text(reader.get("/lineage?by=dataset&what=transactions"))
    assert "<svg" in page
    assert page.count('href="/models/fraud-screen/versions/3.0"') == 2  # drawn, and in the table
    assert "live in production" in page
    assert "Ask in either direction" in text(reader.get("/lineage"))
    assert reader.get("/lineage?by=colour&what=red").status_code == 422


def test_hostile_names_are_only_text(db: None) -> None:
    model = make_model(slug="m")
    make_version(
        model,
        training_data=[NewDataset(HOSTILE, HOSTILE[:99], DIGEST, HOSTILE)],
        base_model={"name": HOSTILE},
        prompt={"name": HOSTILE, "version": HOSTILE},
        features=[HOSTILE],
    )
    owner = browser(make_person(Role.MODEL_OWNER))
    for path in ("/lineage?version=m:1.0.0", "/models/m/versions/1.0.0"):
        assert HOSTILE not in text(owner.get(path))


def test_a_version_says_what_it_is_made_of(db: None) -> None:
    make_model(slug="m")
    said = {
        "version": "1",
        "base_model": {"name": "bert", "sha256": DIGEST.upper()},
        "prompt": {"name": "p", "version": "3"},
        "features": ["amount", {"name": "country", "type": "string"}],
        "training_data": [{"name": "d", "sha256": DIGEST, "licence": "MIT"}],
    }
    made = caller("registry:write").post("/models/m/versions", said)
    assert made.status_code == 201
    body = made.json()
    assert body["base_model"] == {"name": "bert", "sha256": DIGEST}
    assert (body["prompt"], body["features"]) == (said["prompt"], said["features"])
    assert body["training_data"] == [{"name": "d", "version": "", "sha256": DIGEST, "licence": "MIT"}]


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        ({"base_model": {}}, "/base_model/name", "REQUIRED"),
        ({"base_model": "bert"}, "/base_model", "WRONG_TYPE"),
        ({"prompt": {"name": "p", "sha256": "x"}}, "/prompt/sha256", "BAD_VALUE"),
        ({"prompt": {"name": "p", "colour": "x"}}, "/prompt/colour", "UNKNOWN_FIELD"),
        ({"features": {}}, "/features", "WRONG_TYPE"),
        ({"training_data": [{"name": "d", "sha256": DIGEST, "licence": 1}]}, "/training_data/0/licence",
         "WRONG_TYPE"),
    ],
)  # fmt: skip
def test_says_what_is_wrong_with_an_origin(said: dict[str, Any], pointer: str, code: str) -> None:
    from audit.refusals import BadInput

    with pytest.raises(BadInput) as refused:
        read_version({"version": "1", **said})
    assert (pointer, code) in [(error.pointer, error.code) for error in refused.value.errors]


def made(n: int, parent: Made | None = None, **said: Any) -> Made:
    return Made(uuid4(), "m", str(n), parent.id if parent else None, **said)


def test_layers_lead_from_parents_to_children() -> None:
    first = made(1)
    second = made(2, first)
    third = made(3, second, live=["production"])
    graph = graph_of([third, first, second], subject=[second.node])
    assert [graph.nodes[each.node].layer for each in (first, second, third)] == [1, 2, 3]
    assert graph.nodes["environment:production"].layer == 4
    assert graph.upward() == [first.node]


def test_a_circle_ends() -> None:
    one, two = uuid4(), uuid4()
    graph = graph_of(
        [Made(one, "m", "1", parent=two), Made(two, "m", "2", parent=one)], subject=["version:m:1"]
    )
    assert graph.upward() == graph.downward() == ["version:m:2"]
    assert len(drawing_of(graph).boxes) == 2


def test_a_large_graph_is_drawn_in_part_and_overlaps_nowhere() -> None:
    graph = graph_of(
        [made(n, origins=[Origin("dataset", f"d{n}")]) for n in range(MOST)], subject=["dataset:d0::"]
    )
    drawing = drawing_of(graph)
    assert len(drawing.boxes) == MOST
    assert drawing.left_out == MOST
    assert len({(box.x, box.y) for box in drawing.boxes}) == MOST
    assert all(0 <= box.y <= drawing.height for box in drawing.boxes)


def test_a_page_of_many_datasets_stays_readable(db: None) -> None:
    model = make_model(slug="m")
    data = [NewDataset(f"d{n}", "1", f"{n:064x}") for n in range(250)]
    for version in ("1", "2", "3"):
        make_version(model, version, training_data=[*data, NewDataset(f"own{version}", "1", DIGEST)])
    page = text(browser(make_person(Role.MODEL_OWNER)).get("/lineage?version=m:2"))
    assert "51 more are only in the answer of the API." in page
    assert ", and more" in page
    assert page.count("<rect") == MOST


def test_a_large_graph_takes_no_time_that_grows_with_its_square() -> None:
    origins = [Origin("dataset", f"d{n}") for n in range(20_000)]
    one = made(1, origins=origins)
    graph = graph_of([one], subject=[one.node])
    assert len(graph.upward()) == len(origins)
    assert drawing_of(graph).left_out == len(origins) + 1 - MOST
