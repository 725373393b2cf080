"""registry.comparison: two to four versions of a model side by side."""

from typing import Any

import pytest

from governance.access.roles import Role
from registry.catalog import cards, hooks
from registry.catalog.hooks import Compared, Section
from registry.catalog.reading import NewDataset
from registry.comparison.comparing import Row, rows_of, slice_rows
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

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def model(db: None) -> Any:
    model = make_model(make_system("payments"), "fraud-screen")
    make_version(
        model,
        "1.0",
        metrics={"recall": 0.5, "by": {"fraud": 1}},
        slices=[{"name": "DE", "recall": 0.25}],
        parameters={"depth": 6, "seed": 1},
        card={"use": "screening"},
        training_data=[NewDataset("payments", "2026-09", DIGEST)],
        code={"repository": "r", "commit": "a"},
    )
    make_version(
        model,
        "2.0",
        metrics={"recall": 0.75, "precision": 0.5},
        slices=[{"name": "DE", "recall": 0.5}, {"name": "FR", "recall": 0.125}],
        parameters={"depth": 6, "seed": True},
        parent="1.0",
    )
    make_version(model, "3.0")
    return model


def compare(*versions: str) -> Any:
    query = "&".join(f"version={version}" for version in versions)
    return caller("registry:write").get(f"/models/fraud-screen/compare?{query}")


def by_name(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {f"{row.get('slice', '')} {row['name']}".strip(): row for row in rows}


def test_compares_metrics_overall_and_by_slice(model: Any) -> None:
    said = compare("1.0", "2.0").json()

    assert said["versions"] == ["1.0", "2.0"]
    metrics = by_name(said["metrics"])
    assert metrics["recall"] == {
        "name": "recall",
        "values": [0.5, 0.75],
        "differs": True,
        "differences": [None, 0.25],
    }
    assert metrics["by.fraud"]["values"] == [1, None]
    assert metrics["precision"]["differences"] == [None, None]
    slices = by_name(said["slices"])
    assert slices["DE recall"]["differences"] == [None, 0.25]
    assert slices["FR recall"]["values"] == [None, 0.125]


def test_compares_parameters_card_data_and_code(model: Any) -> None:
    said = compare("2.0", "1.0", "3.0").json()
    parameters = by_name(said["parameters"])
    assert parameters["seed"]["values"] == [True, 1, None]
    assert by_name(said["card"])["use"]["values"] == [None, "screening", None]
    assert DIGEST in by_name(said["training_data"])["payments"]["values"][1]
    assert by_name(said["code"])["commit"]["values"] == [None, "a", None]
    assert by_name(said["code"])["parent"]["values"] == ["1.0", None, None]


def test_compares_the_newest_cards(model: Any) -> None:
    from django.utils import timezone

    from audit.trail.actors import OPERATOR

    version = model.versions.get(version="2.0")
    cards.revise(version_id=version.pk, actor=OPERATOR, card={"use": "triage"}, now=timezone.now())
    assert by_name(compare("1.0", "2.0").json()["card"])["use"]["values"] == ["screening", "triage"]


def test_shows_what_others_add(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def risk(versions: Any, actor: Any) -> Section:
        return Section("Risk", [Compared("class", ["high_risk"] * len(versions))])

    monkeypatch.setattr(hooks, "compared", [risk, lambda versions, actor: None])
    assert compare("1.0", "2.0").json()["sections"] == [
        {
            "title": "Risk",
            "rows": [{"name": "class", "values": ["high_risk", "high_risk"], "differs": False}],
        }
    ]


@pytest.mark.parametrize(
    ("versions", "status"),
    [
        ((), 422),
        (("1.0",), 422),
        (("1.0", "1.0"), 422),
        (("1.0", "2.0", "3.0", "4.0", "5.0"), 422),
        (("1.0", "9.0"), 404),
        (("1.0", "%00"), 404),
        (("1.0", "2.0&colour=red"), 422),
    ],
)
def test_refuses_what_cannot_be_compared(model: Any, versions: tuple[str, ...], status: int) -> None:
    assert compare(*versions).status_code == status


def test_a_foreign_model_answers_exactly_like_a_missing_one(model: Any) -> None:
    who = signed_in(make_person(Role.MODEL_OWNER, on=make_system()))
    foreign = who.get("/models/fraud-screen/compare?version=1.0&version=2.0")
    missing = who.get("/models/nothing/compare?version=1.0&version=2.0")
    assert (foreign.status_code, foreign.content) == (404, missing.content)


def test_the_page_marks_what_differs(model: Any) -> None:
    reader = browser(make_person(Role.RISK_OFFICER, on=model.system))
    page = reader.get("/models/fraud-screen/compare?version=1.0&version=2.0").content.decode()
    assert "+0.25" in page
    assert "(differs)" in page
    assert "Choose versions" in reader.get("/models/fraud-screen/compare").content.decode()
    assert reader.get("/models/fraud-screen/compare?version=1&version=2").status_code == 404


def test_hostile_text_is_only_text(db: None) -> None:
    model = make_model(slug="m")
    for version in ("1", "2"):
        make_version(
            model, version, metrics={HOSTILE: HOSTILE}, slices=[{"name": HOSTILE, HOSTILE: 1}, HOSTILE]
        )
    page = browser(make_person(Role.MODEL_OWNER)).get("/models/m/compare?version=1&version=2")
    assert HOSTILE not in page.content.decode()


def test_numbers_are_told_from_truth_and_lists_stay_whole() -> None:
    assert not Row("a", [1, 1.0]).differs
    assert Row("a", [1, True]).differs
    assert Row("a", [[1], [True]]).differs
    assert [row.values for row in rows_of([{"a": [1, 2]}, {"a": {}}])] == [[[1, 2], {}]]
    assert slice_rows([[0.5], [{"recall": 1}]]) == [
        Row("", [0.5, None], "slice 1"),
        Row("recall", [None, 1], "slice 1"),
    ]
