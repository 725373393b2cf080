"""reviews.exports.concealing: what is taken out is gone, wherever it stood."""

import copy
import json
from typing import Any

import pytest

from reviews.exports.concealing import drop, parse_pointer, pseudonymise

KEY = b"one export"

ROW: dict[str, Any] = {
    "id": "0193",
    "input": {"name": "Ada", "age": 36, "a/b": 1, "tags": ["x", "y"]},
    "model_output": {"iban": "AT61", "who": {"name": "Ada"}},
    "label": {"iban": "AT62", "who": {"name": "Eva"}},
    "diff": [
        {"op": "replace", "pointer": "/iban", "from": "AT61", "to": "AT62"},
        {"op": "replace", "pointer": "/who/name", "from": "Ada", "to": "Eva"},
    ],
    "judgements": [
        {"reviewer": "r1", "output": {"iban": "AT62", "who": {"name": "Eva"}}, "comment": "see AT62"},
        {"reviewer": "r2", "output": None, "comment": None},
    ],
}


def test_drops_members_wherever_the_pointer_leads() -> None:
    row = drop(ROW, ["/input/name", "/input/a~1b", "/id", "/judgements/*/comment", "/input/tags/0"])

    assert row["input"] == {"age": 36, "tags": [None, "y"]}
    assert "id" not in row
    assert [sorted(each) for each in row["judgements"]] == [["output", "reviewer"]] * 2


def test_drops_every_item() -> None:
    assert drop(ROW, ["/judgements/*"])["judgements"] == []


def test_drops_a_member_of_the_answer_from_diff_and_judgements_too() -> None:
    row = drop(ROW, ["/label/iban", "/model_output/iban", "/judgements/*/comment"])

    assert "AT6" not in json.dumps(row)
    assert [each["pointer"] for each in row["diff"]] == ["/who/name"]


def test_drops_what_lies_inside_a_dropped_member_of_the_answer() -> None:
    row = drop(ROW, ["/label/who"])

    assert [each["pointer"] for each in row["diff"]] == ["/iban"]
    assert row["model_output"] == ROW["model_output"]


def test_conceals_inside_a_change_of_the_whole() -> None:
    whole = {
        **ROW,
        "diff": [{"op": "replace", "pointer": "", "from": {"iban": "AT61"}, "to": {"iban": "AT62", "x": 1}}],
    }

    assert drop(whole, ["/label/iban"])["diff"] == [
        {"op": "replace", "pointer": "", "from": {}, "to": {"x": 1}}
    ]


def test_replaces_equal_values_by_equal_pseudonyms() -> None:
    row = pseudonymise(ROW, ["/input/name", "/label/who/name", "/model_output/who/name"], KEY)

    assert row["input"]["name"] == row["model_output"]["who"]["name"]
    assert row["label"]["who"]["name"] == row["judgements"][0]["output"]["who"]["name"]
    assert row["diff"][1]["from"] == row["input"]["name"]
    assert row["diff"][1]["to"] == row["label"]["who"]["name"] != row["input"]["name"]
    assert "Ada" not in json.dumps(row)
    assert "Eva" not in json.dumps(row)


def test_conceals_once_whatever_was_named_twice_and_in_whatever_order() -> None:
    pointers = [
        "/label/who/name",
        "/label/who",
        "/model_output/who",
        "/judgements/*/output/who",
        "/label/who",
    ]

    one, other = pseudonymise(ROW, pointers, KEY), pseudonymise(ROW, pointers[::-1], KEY)

    assert one == other
    assert one["judgements"][0]["output"]["who"] == one["label"]["who"]
    eva = pseudonymise({"x": "Eva"}, ["/x"], KEY)["x"]
    assert one["diff"][1]["to"] == eva


def test_gives_a_value_the_same_pseudonym_however_it_is_spelled() -> None:
    one, other, text = (pseudonymise({"x": value}, ["/x"], KEY)["x"] for value in (1, 1.0, "1"))

    assert one == other != text


def test_gives_another_export_other_pseudonyms() -> None:
    one, other = (pseudonymise(ROW, ["/input/name"], key) for key in (KEY, b"another"))

    assert one["input"]["name"] != other["input"]["name"]
    assert one["input"]["name"].startswith("p:")


def test_leaves_null_as_null_and_takes_objects_as_a_whole() -> None:
    row = pseudonymise(ROW, ["/judgements/1/output", "/input"], KEY)

    assert row["judgements"][1]["output"] is None
    assert row["input"].startswith("p:")


@pytest.mark.parametrize(
    "pointer", ["/nowhere", "/input/nowhere/deeper", "/input/tags/7", "/input/tags/x", "/id/0", "/input/*"]
)
def test_leaves_a_row_alone_that_has_no_such_place(pointer: str) -> None:
    assert drop(ROW, [pointer]) == ROW
    assert pseudonymise(ROW, [pointer], KEY) == ROW


def test_leaves_the_given_row_as_it_is() -> None:
    before = copy.deepcopy(ROW)

    drop(ROW, ["/label/iban", "/input/tags/0", "/judgements/*/comment"])
    pseudonymise(ROW, ["/label/iban", "/input"], KEY)

    assert before == ROW


def test_survives_a_row_without_diff_and_judgements() -> None:
    assert drop({"label": {"x": 1}, "diff": None}, ["/label/x"]) == {"label": {}, "diff": None}


@pytest.mark.parametrize("pointer", ["", "input", "input/name", "/a~2", "/a~"])
def test_refuses_what_is_no_pointer_to_a_member(pointer: str) -> None:
    with pytest.raises(ValueError, match="JSON pointer"):
        parse_pointer(pointer)


def test_refuses_pseudonyms_without_a_key() -> None:
    with pytest.raises(ValueError, match="key"):
        pseudonymise(ROW, ["/id"], b"")
