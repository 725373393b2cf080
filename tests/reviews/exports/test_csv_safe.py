"""reviews.exports.csv_safe: one line for each label, the same for everybody, and nothing that runs."""

import csv
import io
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.spreadsheets import Cell, defuse, line, restore, title_line
from reviews.exports.csv_safe import COLUMN_ORDER, columns_of, flatten, header

ROW: dict[str, object] = {
    "id": "0193",
    "input": {"amount": -1.5, "who": {"name": "=HYPERLINK(1)"}, "a/b": True, "none": None},
    "model_output": {"label": "ok"},
    "label": {"label": "fraud", "tags": ["x", 1]},
    "changed": True,
    "diff": [{"op": "replace", "pointer": "/label", "from": "ok", "to": "fraud"}],
    "judgements": [],
    "scores": {},
    "propensity": 0.02,
}


def written(row: dict[str, object]) -> tuple[list[str], list[str]]:
    cells = flatten(row)
    columns = header(cells)
    first, second = csv.reader(io.StringIO(title_line(columns) + line(cells, columns), newline=""))
    return first, second


def test_spreads_objects_over_columns_named_by_pointer() -> None:
    columns, cells = written(ROW)

    assert dict(zip(columns, cells, strict=True)) == {
        "id": "0193",
        "input/a~1b": "true",
        "input/amount": "-1.5",
        "input/none": "",
        "input/who/name": "'=HYPERLINK(1)",
        "model_output/label": "ok",
        "label/label": "fraud",
        "label/tags": '["x",1]',
        "changed": "true",
        "diff": '[{"op":"replace","pointer":"/label","from":"ok","to":"fraud"}]',
        "judgements": "[]",
        "scores": "{}",
        "propensity": "0.02",
    }


def test_lists_columns_as_the_contract_lists_members_then_by_name() -> None:
    columns, _ = written({"more": 1, **dict(reversed(ROW.items()))})

    tops = [name.partition("/")[0] for name in columns]
    assert tops == sorted(tops, key=[*COLUMN_ORDER, "more"].index)
    assert columns[1:5] == ["input/amount", "input/a~1b", "input/none", "input/who/name"]


def test_does_not_depend_on_the_order_of_members_or_rows() -> None:
    cells, again = flatten(ROW), flatten(dict(reversed(ROW.items())))
    columns = header(reversed([*cells, *again]))

    assert columns == header(cells)
    assert line(cells, columns) == line(again, columns)


def test_leaves_a_cell_empty_where_a_row_has_no_member() -> None:
    assert line({"id": "x"}, ["id", "label", "changed"]) == '"x",,\r\n'


def test_refuses_to_leave_out_a_cell() -> None:
    with pytest.raises(ValueError, match="input/new"):
        line({"id": "x", "input/new": 1}, ["id"])


def test_tells_null_from_an_empty_text_and_a_number_from_a_text() -> None:
    assert line({"a": None, "b": "", "c": 1, "d": "1", "e": False}, list("abcde")) == ',"",1,"1",false\r\n'


def test_keeps_objects_in_one_cell_where_it_is_told_to() -> None:
    cells = flatten({"input": {"a": 1, "b": "ü"}, "label": {"x": 1}}, whole=frozenset({"input"}))

    assert cells == {"input": '{"a":1,"b":"ü"}', "label/x": 1}


def test_does_not_mix_up_names_with_slashes() -> None:
    assert len(flatten({"input": {"a/b": 1, "a": {"b": 2}, "a~1b": 3}})) == 3


def test_writes_nan_as_the_string_it_reads_back_as() -> None:
    assert line(flatten({"x": math.nan, "y": [math.inf]}), ["x", "y"]) == '"NaN","[""Infinity""]"\r\n'


def test_keeps_large_integers() -> None:
    assert line(flatten({"x": 10**30}), ["x"]) == "1" + "0" * 30 + "\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1+1",
        "+49 30 1234",
        "-1+1",
        "- point",
        "@SUM(A1)",
        "\t=1",
        "\tharmless",
        "\r=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        "\ufeff=1",
        "\u200b=1",
        "'=1",
        '"=1',
        " '\" =1",
        "\uff1d1+1",
        "\uff0b1",
        "\uff0d1+1",
        "\uff20SUM",
        "-1.5.2",
        "--1",
        "-1\n",
    ],
)
def test_defuses(text: str) -> None:
    assert defuse(text) == "'" + text


@pytest.mark.parametrize(
    "text", ["", "fraud", "-1", "-1.5", "-1.5e-7", "1+1", "a=b", "'quoted'", "it's", "x@y.at", "[-1]", "ü"]
)
def test_leaves_plain_texts_and_numbers(text: str) -> None:
    assert defuse(text) == text


@given(st.text(st.sampled_from("=+-@\t\r\n '\"1a.\ufeff\uff1d"), max_size=6) | st.text(max_size=6))
def test_can_be_undone(text: str) -> None:
    assert restore(defuse(text)) == text


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)


@given(
    st.dictionaries(TEXTS, SCALARS | TEXTS | st.text("=-+@,;\"'\r\n\t", max_size=5), min_size=1, max_size=5)
)
def test_reads_back_by_any_reader(cells: dict[str, Cell]) -> None:
    cells = {"id": 1, **cells}
    columns = header(cells)

    lines = list(csv.reader(io.StringIO(title_line(columns) + line(cells, columns), newline="")))

    assert len(lines) == 2
    assert [restore(name) for name in lines[0]] == columns
    for name, read in zip(columns, lines[1], strict=True):
        cell = cells[name]
        if isinstance(cell, str):
            assert restore(read) == cell
            assert not read.startswith(("=", "+", "@", "\t", "\r", "\n"))
        else:
            assert (None if read == "" else json.loads(read)) == cell


@pytest.mark.parametrize("whole", [frozenset(), frozenset({"input", "id"})])
def test_names_the_columns_that_a_row_would_have(whole):
    row = {"id": "1", "input": {"a/b": {"~": 1}, "empty": {}, "list": [{"x": 1}]}, "label": None}

    assert columns_of(row, whole=whole) == list(flatten(row, whole=whole))
