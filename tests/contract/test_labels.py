"""Labels and exports: what a training pipeline takes away, and that it is the same each time."""

import csv
import hashlib
import io
import json
import uuid
from typing import Any

import httpx
import pytest

from tests.contract.world import Desk, World, eventually, problem

MEMBERS = {
    "id", "prediction", "external_id", "model", "version", "output_schema_version", "input", "model_output",
    "label",
    "changed", "diff", "source", "judgements", "routing", "confidence", "scores", "segment", "propensity",
    "sample_weight", "decided_at", "supersedes", "withdrawn",
}  # fmt: skip


def labels(world: World, desk: Desk, count: int, who: str = "labels:read") -> list[Any]:
    """The labels of the desk's model, once there are so many."""

    def look() -> list[Any]:
        found: list[Any] = world.get("/labels", who, params={"model": desk.model}).json()["results"]
        return found if len(found) >= count else []

    rows = eventually(look, seconds=2)
    assert len(rows) == count
    return list(rows)


@pytest.fixture(scope="module")
def desk(world: World) -> Desk:
    """With five labels: two corrected, three of segment DE, one kept from training."""
    desk = world.desk()
    for n, label in enumerate(("ok", "fraud", "ok", "blocked", "ok")):
        segment = {"country": "DE" if n < 3 else "FR", "risky": "=cmd()"}
        world.decided(desk, label, segment=segment, scores={"ok": 0.5}, subject=f"customer-{n // 2}")
    world.decided(desk, "fraud", training_use=False)
    return desk


def test_a_label(world: World) -> None:
    desk = world.desk()
    posted, _ = world.decided(desk, "fraud", segment={"country": "DE"}, scores={"ok": 0.6, "fraud": 0.4})
    (row,) = labels(world, desk, 1)
    assert set(row) >= MEMBERS
    assert (row["prediction"], row["external_id"]) == (posted["id"], posted["external_id"])
    assert (row["model"], row["version"], row["output_schema_version"]) == (desk.model, "1.0", 1)
    assert (row["input"], row["model_output"], row["label"]) == (
        {"amount": 12.5},
        {"label": "ok"},
        {"label": "fraud"},
    )
    assert (row["changed"], row["source"], row["supersedes"], row["withdrawn"]) == (
        True,
        "human",
        None,
        False,
    )
    assert [change["pointer"] for change in row["diff"]] == ["/label"]
    assert row["routing"] == posted["routing"]
    assert (row["confidence"], row["scores"], row["segment"]) == (
        0.5,
        {"ok": 0.6, "fraud": 0.4},
        {"country": "DE"},
    )
    assert (row["propensity"], row["sample_weight"]) == (1.0, 1.0)
    (judgement,) = row["judgements"]
    assert set(judgement) >= {
        "reviewer",
        "output",
        "changed",
        "reasons",
        "comment",
        "shown",
        "seconds",
        "via",
        "at",
    }
    assert set(judgement["shown"]) >= {"sha256", "mode", "suggestion"}
    assert len(judgement["shown"]["sha256"]) == 64
    assert (judgement["output"], judgement["reasons"], judgement["via"]) == (
        {"label": "fraud"},
        ["wrong_label"],
        "api",
    )
    assert judgement["reviewer"].startswith("r-")
    assert world.emails["reviewer"] not in str(row)


def test_weights(world: World) -> None:
    """1/propensity where routing selected the item, else null."""
    desk = world.desk({"qa_rate": 0.5})
    posted = [world.done("POST", "/predictions", desk.prediction()) for _ in range(12)]
    selected = next(each for each in posted if each["review"])
    accepted = next(each for each in posted if not each["review"])
    world.done("POST", f"/predictions/{accepted['id']}/flag", {"reason": "x"})
    for each in (selected, accepted):
        review = world.done("GET", f"/predictions/{each['id']}")["review"]["id"]
        claim = world.done("POST", f"/reviews/{review}/claim", {}, "reviewer")
        assert world.judge(claim).status_code == 201
    by_id = {row["prediction"]: row for row in labels(world, desk, 2)}
    assert by_id[selected["id"]]["propensity"] == 0.5
    assert by_id[selected["id"]]["sample_weight"] == 2.0
    assert by_id[accepted["id"]]["sample_weight"] is None


def test_versions_and_tombstones(world: World) -> None:
    desk = world.desk()
    posted, _ = world.decided(desk)
    world.done("POST", f"/reviews/{posted['review']['id']}/reopen", {"reason": "x"}, "reviewer")
    claim = world.done("POST", f"/reviews/{posted['review']['id']}/claim", {}, "reviewer")
    assert world.judge(claim, label="fraud", reasons=["wrong_label"]).status_code == 201
    first, second = labels(world, desk, 2)
    assert (second["supersedes"], second["prediction"]) == (first["id"], first["prediction"])
    assert second["sample_weight"] is None


def test_not_for_training(world: World, desk: Desk) -> None:
    assert len(labels(world, desk, 5)) == 5


def finished(world: World, asked: httpx.Response, who: str = "labels:read") -> Any:
    assert asked.status_code == 202, asked.text
    assert asked.json()["state"] == "queued"
    assert set(asked.json()) >= {"id", "state"}
    path = asked.headers["location"].removeprefix("/api/v1")
    assert path == f"/exports/{asked.json()['id']}"

    def look() -> Any:
        found = world.done("GET", path, who=who)
        assert found["state"] in ("queued", "running", "done"), found
        return found if found["state"] == "done" else None

    return eventually(look, seconds=30)


def test_an_export(world: World, desk: Desk) -> None:
    rows = labels(world, desk, 5)
    through = world.get("/labels", "labels:read", params={"model": desk.model}).json()["cursor"]
    body = {"model": desk.model, "format": "jsonl", "through": through}
    done = finished(world, world.post("/exports", body, "labels:read"))
    assert set(done) >= {"id", "state", "progress", "manifest"}
    assert done["progress"] == {"done": 5, "total": 5}
    manifest = done["manifest"]
    assert set(manifest) >= {
        "files", "rows", "filter", "through", "schema_version", "software", "label_counts", "created_at",
        "digest",
    }  # fmt: skip
    assert (manifest["rows"], manifest["through"]) == (5, through)
    assert manifest["label_counts"] == {"ok": 3, "fraud": 1, "blocked": 1}
    (file,) = manifest["files"]
    assert set(file) == {"name", "sha256", "rows", "bytes"}
    path = f"/exports/{done['id']}/files/{file['name']}"
    answer = world.get(path, "labels:read")
    assert (answer.status_code, len(answer.content)) == (200, file["bytes"])
    assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]
    exported = [json.loads(line) for line in answer.text.splitlines()]
    assert sorted(exported, key=lambda row: row["id"]) == sorted(rows, key=lambda row: row["id"])
    _ranges(world, path, answer.content)
    again = finished(world, world.post("/exports", body, "labels:read"))
    assert again["manifest"]["digest"] == manifest["digest"]
    assert again["manifest"]["files"] == manifest["files"]
    problem(world.get(f"/exports/{done['id']}/files/nobody.jsonl", "labels:read"), 404)
    problem(world.post(f"/exports/{done['id']}/cancel", {}, "labels:read"), 409)
    for who in ("foreign", "stranger"):
        problem(world.get(f"/exports/{done['id']}", who), 404)
        problem(world.get(path, who), 404)
    listed = world.done("GET", "/exports?limit=500", who="labels:read")["results"]
    assert done["id"] in [row["id"] for row in listed]


def _ranges(world: World, path: str, whole: bytes) -> None:
    for asked, first, last in (
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=-5", len(whole) - 5, len(whole) - 1),
    ):
        part = world.get(path, "labels:read", headers={"Range": asked})
        assert (part.status_code, part.content) == (206, whole[first : last + 1])
        assert part.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"
    assert world.get(path, "labels:read", headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    for asked in ("nonsense", "bytes=5-2", "bytes=x-y", "lines=1-2"):
        assert world.get(path, "labels:read", headers={"Range": asked}).status_code in (200, 416)
    head = world.call("HEAD", path, "labels:read")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(whole)), b"")


def test_csv(world: World, desk: Desk) -> None:
    done = finished(world, world.post("/exports", {"model": desk.model, "format": "csv"}, "labels:read"))
    name = done["manifest"]["files"][0]["name"]
    answer = world.get(f"/exports/{done['id']}/files/{name}", "labels:read")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 5
    assert all(not cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


@pytest.mark.parametrize(
    ("members", "rows"),
    [
        ({"filter": {"changed": True}}, 2),
        ({"filter": {"changed": False}}, 3),
        ({"filter": {"classes": ["ok"]}}, 3),
        ({"filter": {"versions": ["1.0"]}}, 5),
        ({"filter": {"versions": ["2.0"]}}, 0),
        ({"filter": {"decided_after": "2999-01-01T00:00:00Z"}}, 0),
        ({"filter": {"decided_before": "2999-01-01T00:00:00Z", "include_probes": False}}, 5),
        ({"split": {"train": 0.8, "test": 0.2}}, 5),
        ({"drop": ["/input"], "pseudonymise": ["/external_id"]}, 5),
        ({"filter": {}, "drop": [], "split": None}, 5),
    ],
)
def test_requests(world: World, desk: Desk, members: dict[str, Any], rows: int) -> None:
    body = {"model": desk.model, "format": "jsonl", **members}
    done = finished(world, world.post("/exports", body, "labels:read"))
    assert done["manifest"]["rows"] == rows
    assert sum(file["rows"] for file in done["manifest"]["files"]) == rows
    if members.get("split"):
        names = [file["name"] for file in done["manifest"]["files"]]
        assert sorted(name.partition(".")[0].partition("-")[0] for name in names) == ["test", "train"], names
    if members.get("drop"):
        name = done["manifest"]["files"][0]["name"]
        text = world.get(f"/exports/{done['id']}/files/{name}", "labels:read").text
        assert all(not json.loads(line).get("input") for line in text.splitlines())
        assert all(row["external_id"] not in text for row in labels(world, desk, 5))


def test_refused_requests(world: World, desk: Desk) -> None:
    base: dict[str, Any] = {"model": desk.model, "format": "jsonl"}
    for members, pointer in (
        ({"model": None}, "/model"), ({"format": None}, "/format"), ({"format": "xml"}, "/format"),
        ({"through": "garbage"}, "/through"), ({"filter": []}, "/filter"),
        ({"filter": {"nobody": 1}}, "/filter/nobody"),
        ({"filter": {"decided_after": "x"}}, "/filter/decided_after"),
        ({"filter": {"changed": "x"}}, "/filter/changed"),
        ({"filter": {"versions": "x"}}, "/filter/versions"), ({"filter": {"queues": [1]}}, "/filter/queues"),
        ({"split": {"train": 0.8}}, "/split"), ({"split": {"../x": 1.0}}, "/split"),
        ({"split": {"a": "x"}}, "/split"),
        ({"drop": "x"}, "/drop"), ({"drop": ["x"]}, "/drop"), ({"pseudonymise": [1]}, "/pseudonymise"),
        ({"nobody": 1}, "/nobody"),
    ):  # fmt: skip
        problem(world.post("/exports", {**base, **members}, "labels:read"), 422, pointer=pointer)
    problem(
        world.post("/exports", {**base, "format": "parquet"}, "labels:read"),
        422,
        "NOT_AVAILABLE_YET",
        "/format",
    )
    agreement = {**base, "filter": {"min_agreement": 0.8}}
    problem(
        world.post("/exports", agreement, "labels:read"), 422, "NOT_AVAILABLE_YET", "/filter/min_agreement"
    )
    problem(world.post("/exports", {**base, "model": "nobody"}, "labels:read"), 404)
    problem(world.get(f"/exports/{uuid.uuid4()}", "labels:read"), 404)
    problem(world.post(f"/exports/{uuid.uuid4()}/cancel", {}, "labels:read"), 404)
    problem(world.post("/exports", base, "predictions:write"), 403)


def test_filters_by_queue(world: World, desk: Desk) -> None:
    for queue, rows in ((desk.queue, 5), (f"{world.ours}-inbox", 0)):
        body = {"model": desk.model, "format": "jsonl", "filter": {"queues": [queue]}}
        assert finished(world, world.post("/exports", body, "labels:read"))["manifest"]["rows"] == rows


def test_queue_managers_take_labels_away(world: World, desk: Desk) -> None:
    assert len(labels(world, desk, 5, "manager")) == 5
    asked = world.post("/exports", {"model": desk.model, "format": "jsonl"}, "manager")
    assert finished(world, asked, "manager")["manifest"]["rows"] == 5
