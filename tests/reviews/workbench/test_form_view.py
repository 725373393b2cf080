"""reviews.workbench.form_view: the form of one review as the templates show it."""

from typing import Any

from reviews.judging.codes import DEFAULT
from reviews.labels.schema_form import form_fields
from reviews.workbench.form_view import Typed, Wrong, form_view


def view(
    properties: dict[str, Any],
    suggestion: object = None,
    *,
    typed: Typed | None = None,
    wrong: Wrong | None = None,
) -> dict[str, Any]:
    form = form_fields({"type": "object", "properties": properties, "required": list(properties)})
    return form_view(
        form,
        suggestion=suggestion,
        scores={"fraud": 0.61, "ok": 0.39},
        confidence=0.61,
        reason_codes=DEFAULT,
        typed=typed,
        wrong=wrong or Wrong(),
    )


def test_a_choice_starts_unchosen_with_the_suggestion_marked() -> None:
    (field,) = view({"label": {"enum": ["fraud", "ok"]}}, {"label": "fraud"})["fields"]

    assert [(each["chosen"], each["suggested"], each["score"]) for each in field["choices"]] == [
        (False, True, "61 %"),
        (False, False, "39 %"),
    ]


def test_several_choices_start_unchosen_and_none_is_one_of_them() -> None:
    (field,) = view({"tags": {"type": "array", "items": {"enum": ["a", "b"]}}}, {"tags": ["a"]})["fields"]

    assert field["kind"] == "multi"
    assert [(each["label"], each["chosen"], each["suggested"]) for each in field["choices"]] == [
        ("a", False, True),
        ("b", False, False),
        ("None of these", False, False),
    ]
    assert [each["key"] for each in field["choices"]] == ["a", "b", "0"]


def test_other_fields_start_with_the_suggestion_until_something_was_typed() -> None:
    properties = {"city": {"type": "string"}, "count": {"type": "integer"}}
    suggestion = {"city": "Porto", "count": 3}

    fresh = view(properties, suggestion)["fields"]
    typed = view(properties, suggestion, typed=Typed({"answer/city": ["Por"], "answer/count": [""]}))[
        "fields"
    ]

    assert [field["value"] for field in fresh] == ["Porto", "3"]
    assert [field["value"] for field in typed] == ["Por", ""]
    assert [field["suggested_value"] for field in typed] == ["Porto", "3"]


def test_bounds_come_from_the_schema() -> None:
    fields = view(
        {
            "share": {"type": "number", "minimum": 0, "maximum": 1},
            "count": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9},
            "name": {"type": "string", "maxLength": 40},
        }
    )["fields"]

    assert [(field["min"], field["max"], field["step"], field["maxlength"]) for field in fields] == [
        (0, 1, "", None),
        (1, 9, "1", None),
        (None, None, "", 40),
    ]


def test_an_error_stands_at_the_field_it_lies_in_and_a_stray_one_above_all() -> None:
    properties = {
        "tags": {"type": "array", "items": {"type": "string"}},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
    wrong = Wrong(
        fields={
            "/tags/0": "too short",
            "/address/city": "unknown",
            "/more": "not expected",
            "": "nothing at all",
        },
        general=["The page is old."],
    )

    form = view(properties, wrong=wrong)

    tags, address = form["fields"]
    assert (tags["error"], address["error"], address["fields"][0]["error"]) == ("too short", "", "unknown")
    assert form["errors"] == ["The page is old.", "not expected", "nothing at all"]


def test_reasons_get_letters_that_are_no_choice_and_no_command() -> None:
    form = view({"label": {"enum": ["a", "b", "d"]}}, {"label": "a"})

    assert [each["key"] for each in form["reason_codes"]] == ["f", "g", "h", "i", "j", "k", "l"]


def test_many_choices_have_no_keys() -> None:
    (field,) = view({"label": {"enum": [f"class {n}" for n in range(11)]}})["fields"]

    assert {each["key"] for each in field["choices"]} == {""}
