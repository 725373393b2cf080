"""reviews.labels.form_answers: what a posted form says, and nothing else."""

import copy
import json
import math
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.labels.diff import ABSENT, diff
from reviews.labels.form_answers import Answer, fill, parse_form, suggested_choices
from reviews.labels.schema_form import form_fields

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "label": {"enum": ["fraud", "ok"]},
        "sure": {"type": "boolean"},
        "amount": {"type": "number"},
        "count": {"type": "integer"},
        "note": {"type": "string"},
        "day": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"enum": ["a", "b", "c"]}},
        "lines": {"type": "array", "items": {"type": "string"}},
        "sizes": {"type": "array", "items": {"type": "number"}},
        "place": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "inside": {"type": "boolean"}},
            "required": ["inside"],
        },
        "free": {},
    },
}
FORM = form_fields(SCHEMA)


def parse(schema: object, *texts: str, required: bool = True, suggestion: object = ABSENT) -> Answer:
    """Post one field called `it`; without texts the browser posts nothing for it."""
    form = form_fields({"properties": {"it": schema}, "required": ["it"] if required else []})
    suggested = suggestion if suggestion is ABSENT else {"it": suggestion}
    return parse_form(form, {"answer/it": list(texts)} if texts else {}, suggested)


def value(schema: object, *texts: str, required: bool = True, suggestion: object = ABSENT) -> object:
    answer = parse(schema, *texts, required=required, suggestion=suggestion)
    assert answer.errors == []
    assert isinstance(answer.output, dict)
    return answer.output.get("it", ABSENT)


def fault(schema: object, *texts: str, required: bool = True) -> tuple[str, str]:
    answer = parse(schema, *texts, required=required)
    assert len(answer.errors) == 1
    assert answer.errors[0].pointer == "/it"
    return answer.errors[0].code, answer.errors[0].detail


NUMBER = {"type": "number"}
INTEGER = {"type": "integer"}
TEXT = {"type": "string"}
DATE = {"type": "string", "format": "date"}
ENUM = {"enum": ["fraud", "ok"]}
MULTI = {"type": "array", "items": {"enum": ["a", "b", "c"]}}
LINES = {"type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [
        (NUMBER, "1.5", 1.5),
        (NUMBER, " -2 ", -2),
        (NUMBER, "1e3", 1000.0),
        (NUMBER, ".5", 0.5),
        (NUMBER, "0", 0),
        (INTEGER, "12", 12),
        (INTEGER, "12.0", 12),
        (INTEGER, "+7", 7),
        (INTEGER, "9" * 30, int("9" * 30)),
        (TEXT, "two\r\nlines", "two\nlines"),
        (TEXT, "  kept  ", "  kept  "),
        (TEXT, "1,5", "1,5"),
        (DATE, "2026-11-20", "2026-11-20"),
        (ENUM, "fraud", "fraud"),
        ({"enum": [1, "1"]}, "1", 1),
        ({"enum": [1, "1"]}, '"1"', "1"),
        ({"enum": ["", "a"]}, '""', ""),
        ({"enum": [None, "a"]}, "null", None),
        ({"type": "boolean"}, "false", False),
        (MULTI, "b", ["b"]),
        (LINES, "one\r\n\r\ntwo\r\n", ["one", "two"]),
        ({"type": "array", "items": NUMBER}, "1\n2.5", [1, 2.5]),
        ({}, '{"a": [1, null]}', {"a": [1, None]}),
    ],
)
def test_reads_each_kind(schema: object, text: str, expected: object) -> None:
    read = value(schema, text)

    assert read == expected
    assert type(read) is type(expected)


@pytest.mark.parametrize(
    ("schema", "text", "code", "hint"),
    [
        (NUMBER, "1,5", "NOT_A_NUMBER", "Use a point for decimals"),
        (NUMBER, "1 000", "NOT_A_NUMBER", "nothing between thousands"),
        (NUMBER, "1_000", "NOT_A_NUMBER", "nothing between thousands"),
        (NUMBER, "twelve", "NOT_A_NUMBER", "Write a number"),
        (NUMBER, "NaN", "NOT_A_NUMBER", "Write a number"),
        (NUMBER, "inf", "NOT_A_NUMBER", "Write a number"),
        (NUMBER, "0x10", "NOT_A_NUMBER", "Write a number"),
        (NUMBER, "١٢", "NOT_A_NUMBER", "Write a number"),
        (NUMBER, "1e999", "OUT_OF_RANGE", "too large"),
        (NUMBER, "9" * 5_000, "OUT_OF_RANGE", "too large"),
        (INTEGER, "1.5", "NOT_AN_INTEGER", "whole number"),
        (DATE, "20.11.2026", "NOT_A_DATE", "2026-11-20"),
        (DATE, "2026-02-30", "NOT_A_DATE", "exists"),
        (ENUM, "unheard of", "NOT_A_CHOICE", "not among"),
        (MULTI, "z", "NOT_A_CHOICE", "not among"),
        ({"type": "array", "items": NUMBER}, "1\n2,5", "NOT_A_NUMBER", "'2,5'"),
        ({}, "{'a': 1}", "MALFORMED_JSON", "Correct the JSON"),
        ({}, '{"a": 1, "a": 2}', "MALFORMED_JSON", "twice"),
        ({}, "NaN", "OUT_OF_RANGE", "NaN"),
        (TEXT, "a\x00b", "BAD_CHARACTER", "U+0000"),
        (LINES, "a\x00b", "BAD_CHARACTER", "U+0000"),
    ],
)
def test_says_what_to_write_instead(schema: object, text: str, code: str, hint: str) -> None:
    given_code, detail = fault(schema, text)

    assert given_code == code
    assert hint in detail


@pytest.mark.parametrize("schema", [ENUM, {"type": "boolean"}, MULTI, NUMBER, INTEGER, DATE, {}, TEXT])
def test_requires_a_required_field_that_was_not_posted(schema: object) -> None:
    assert fault(schema)[0] == "REQUIRED"


@pytest.mark.parametrize("schema", [ENUM, {"type": "boolean"}, NUMBER, INTEGER, DATE, {}])
def test_requires_more_than_an_empty_text(schema: object) -> None:
    assert fault(schema, "")[0] == "REQUIRED"


def test_takes_an_empty_text_as_a_text() -> None:
    assert value(TEXT, "") == ""


@pytest.mark.parametrize("schema", [ENUM, {"type": "boolean"}, MULTI, NUMBER, DATE, {}, TEXT, LINES])
@pytest.mark.parametrize("texts", [(), ("",)])
def test_leaves_out_an_optional_field_that_is_empty(schema: object, texts: tuple[str, ...]) -> None:
    if schema == MULTI and texts:
        assert value(schema, *texts, required=False) == []  # said, not left out: none of these
    else:
        assert value(schema, *texts, required=False) is ABSENT


def test_takes_an_emptied_nullable_field_as_null() -> None:
    assert value({"type": ["number", "null"]}, "") is None
    assert value({"type": ["string", "null"]}, "", suggestion="x") is None


@pytest.mark.parametrize(
    ("texts", "expected"), [(("a", "c"), ["a", "c"]), (("c", "a", "a"), ["a", "c"]), (("",), [])]
)
def test_reads_several_labels_in_the_order_of_the_schema(texts: tuple[str, ...], expected: list[str]) -> None:
    assert value(MULTI, *texts) == expected


def test_refuses_none_together_with_some() -> None:
    assert fault(MULTI, "", "a")[0] == "CONTRADICTION"


@pytest.mark.parametrize("schema", [ENUM, NUMBER, TEXT])
def test_refuses_two_answers_to_one_question(schema: object) -> None:
    assert fault(schema, *(("fraud", "ok") if schema == ENUM else ("1", "2")))[0] == "TOO_MANY"


def test_points_into_nested_objects() -> None:
    answer = parse_form(FORM, {"answer/place/city": ["Wien"]})

    assert [(error.pointer, error.code) for error in answer.errors] == [("/place/inside", "REQUIRED")]


def test_leaves_out_an_optional_object_in_which_nothing_was_said() -> None:
    assert parse_form(FORM, {"answer/place/city": [""]}) == ({}, [])


def test_asks_for_the_members_of_a_required_object() -> None:
    schema = {"type": "object", "properties": {"x": NUMBER}, "required": ["x"]}

    assert [error.pointer for error in parse(schema).errors] == ["/it/x"]


def test_reads_an_answer_that_has_no_members() -> None:
    form = form_fields(ENUM)

    assert parse_form(form, {"answer": ["ok"]}) == ("ok", [])
    assert parse_form(form, {}).errors[0].pointer == ""


def test_keeps_members_that_have_no_field_where_the_schema_allows_them() -> None:
    properties = {"label": ENUM}
    suggestion = {"label": "ok", "trace": {"id": 7}}
    posted = {"answer/label": ["fraud"]}

    opened = form_fields({"properties": properties, "required": ["label"]})
    closed = form_fields({"properties": properties, "required": ["label"], "additionalProperties": False})

    assert parse_form(opened, posted, suggestion).output == {"label": "fraud", "trace": {"id": 7}}
    assert parse_form(closed, posted, suggestion).output == {"label": "fraud"}


def test_ignores_what_else_the_page_posts() -> None:
    posted = {"answer/it": ["ok"], "token": ["7"], "comment": ["x"], "answer/other": ["y"]}

    form = form_fields({"properties": {"it": ENUM}, "required": ["it"]})

    assert parse_form(form, posted).output == {"it": "ok"}


def test_starts_choices_unchosen_and_other_fields_with_the_suggestion() -> None:
    suggestion = {"label": "fraud", "amount": 2.0, "tags": ["b"], "place": {"city": "Wien", "inside": True}}

    assert fill(FORM, suggestion) == {
        "answer/amount": ["2"],
        "answer/place/city": ["Wien"],
        # Optional fields without a suggestion start empty, and stay out of the answer.
    }
    assert suggested_choices(FORM, suggestion) == {
        "answer/label": ["fraud"],
        "answer/tags": ["b"],
        "answer/place/inside": ["true"],
    }


@pytest.mark.parametrize(
    "suggestion",
    [
        None,
        "fraud",
        [],
        {"label": "unheard of", "amount": "12", "tags": "a", "place": [], "day": "today", "sure": 1},
        {"label": ["fraud"], "amount": math.nan, "tags": ["z"], "place": {"inside": "yes"}, "count": True},
        {"lines": ["a\nb"], "sizes": ["x"], "note": {"deep": 1}},
        {"lines": ["", "b"]},
    ],
)
def test_shows_nothing_for_a_suggestion_that_no_field_can_show(suggestion: object) -> None:
    assert fill(FORM, suggestion) == {}
    assert suggested_choices(FORM, suggestion) == {}


@pytest.mark.parametrize(
    ("schema", "suggestion"),
    [
        (TEXT, "line\rline\r\nline\n"),
        ({"type": "string", "maxLength": 40}, "two\nlines"),
        (NUMBER, 1.0),
        (NUMBER, 1e22),
        (NUMBER, 10**400),
        (NUMBER, 0.1 + 0.2),
        (INTEGER, 5.0),
        (LINES, ["  a", "b  "]),
        (LINES, []),
        ({}, {"a": math.inf, "b": [None]}),
        ({"type": ["string", "null"]}, None),
        ({"type": ["string", "null"]}, ""),
        (TEXT, "\x00"),
    ],
)
def test_keeps_an_untouched_suggestion_exactly(schema: object, suggestion: object) -> None:
    form = form_fields({"properties": {"it": schema}, "required": ["it"]})
    shown = fill(form, {"it": suggestion})["answer/it"][0]
    posted = shown.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    if not form.fields[0].multiline:
        posted = posted.replace("\r\n", "")

    kept = value(schema, posted, suggestion=suggestion)

    assert kept is suggestion


WORDS = st.text("ab ü\n\r\"'<&", max_size=6)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "label": st.sampled_from(["fraud", "ok"]),
        "sure": st.booleans(),
        "amount": st.floats(allow_nan=False, allow_infinity=False) | st.integers(),
        "count": st.integers() | st.integers(-99, 99).map(float),
        "note": WORDS,
        "day": st.dates().map(str),
        "tags": st.lists(st.sampled_from(["a", "b", "c"]), max_size=3),
        "lines": st.lists(st.text("ab ü", min_size=1).filter(str.strip), max_size=3),
        "sizes": st.lists(st.floats(-1e9, 1e9), max_size=3),
        "place": st.fixed_dictionaries(
            {"inside": st.booleans()}, optional={"city": WORDS, "more": st.none()}
        ),
        "free": st.recursive(st.none() | st.booleans() | WORDS, lambda inner: st.lists(inner, max_size=2)),
        "other": st.integers(),
    },
)


@given(ANSWERS)
def test_gives_the_suggestion_back_when_it_is_confirmed(suggestion: dict[str, Any]) -> None:
    before = copy.deepcopy(suggestion)
    posted = {**fill(FORM, suggestion), **suggested_choices(FORM, suggestion)}

    answer = parse_form(FORM, posted, suggestion)

    assert answer.errors == []
    assert diff(suggestion, answer.output) == []
    assert suggestion == before


@given(ANSWERS)
def test_gives_the_same_answer_to_who_types_it_without_a_suggestion(answer: dict[str, Any]) -> None:
    answer.pop("other", None)
    answer.get("place", {}).pop("more", None)
    for texts in (answer, answer.get("place", {})):
        for name in ("note", "city"):
            if name in texts:
                texts[name] = texts[name].replace("\r", "") + "."
    posted = {**fill(FORM, answer), **suggested_choices(FORM, answer)}

    typed = parse_form(FORM, posted)

    assert typed.errors == []
    answer = {name: each for name, each in answer.items() if name not in ("lines", "sizes") or each}
    if "tags" in answer:
        answer["tags"] = sorted(set(answer["tags"]))
    assert diff(answer, typed.output) == []
    jsonschema_rs.validate(SCHEMA, typed.output)


@given(
    st.dictionaries(
        st.sampled_from([each.input for each in FORM.fields] + ["answer/place/city", "answer/place/inside"]),
        st.lists(
            st.text(max_size=5) | st.sampled_from(["fraud", "true", "1,5", "2026-11-20", "{}"]), max_size=3
        ),
    )
)
def test_answers_every_post_with_an_answer_or_errors(posted: dict[str, list[str]]) -> None:
    answer = parse_form(FORM, posted)

    json.dumps(answer.output, allow_nan=False)
    if not answer.errors:
        jsonschema_rs.validate(SCHEMA, answer.output)
    assert all(error.pointer.startswith("/") and error.detail for error in answer.errors)
