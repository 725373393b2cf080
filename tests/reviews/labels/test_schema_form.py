"""reviews.labels.schema_form: every output schema has a form."""

from typing import Any

import pytest

from reviews.labels.schema_form import Field, Form, Kind, form_fields


def form(**properties: object) -> Form:
    return form_fields({"type": "object", "properties": properties, "required": list(properties)})


def only(schema: object) -> Field:
    return form(it=schema).fields[0]


def keys(field: Field) -> str:
    return "".join(choice.key for choice in field.choices)


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"enum": ["a", "b"]}, Kind.ENUM),
        ({"type": "string", "enum": ["a"]}, Kind.ENUM),
        ({"const": 3}, Kind.ENUM),
        ({"oneOf": [{"const": "a", "title": "First"}, {"const": "b"}]}, Kind.ENUM),
        ({"type": "boolean"}, Kind.BOOLEAN),
        ({"type": "number", "minimum": 0}, Kind.NUMBER),
        ({"type": "integer"}, Kind.INTEGER),
        ({"type": "string"}, Kind.TEXT),
        ({"type": "string", "format": "date"}, Kind.DATE),
        ({"type": "string", "format": "email"}, Kind.TEXT),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, Kind.MULTI),
        ({"type": "array", "items": {"type": "string"}}, Kind.LIST),
        ({"type": "array", "items": {"type": "number"}}, Kind.LIST),
        ({"type": "object", "properties": {"x": {"type": "string"}}}, Kind.OBJECT),
        ({"properties": {"x": {"type": "string"}}}, Kind.OBJECT),
        ({"$ref": "#/$defs/nowhere"}, Kind.JSON),
        ({"$ref": "https://example.org/schema"}, Kind.JSON),
        ({"type": ["string", "number"]}, Kind.JSON),
        ({"anyOf": [{"type": "string"}, {"type": "number"}]}, Kind.JSON),
        ({"allOf": [{"type": "string"}, {"maxLength": 3}]}, Kind.JSON),
        ({"not": {"type": "string"}, "type": "string"}, Kind.JSON),
        ({"type": "array"}, Kind.JSON),
        ({"type": "array", "items": {"type": "array"}}, Kind.JSON),
        ({"type": "array", "prefixItems": [{}], "items": {"type": "string"}}, Kind.JSON),
        ({"type": "array", "items": {"type": "boolean"}}, Kind.JSON),
        ({"type": "array", "items": {"type": ["string", "null"]}}, Kind.JSON),
        ({"type": "object"}, Kind.JSON),
        ({"type": "object", "additionalProperties": {"type": "number"}}, Kind.JSON),
        ({"type": "null"}, Kind.JSON),
        ({}, Kind.JSON),
        (True, Kind.JSON),
        (False, Kind.JSON),
        ({"enum": []}, Kind.JSON),
        ({"enum": "abc", "type": 7}, Kind.JSON),
    ],
)
def test_gives_each_type_its_kind(schema: object, kind: Kind) -> None:
    assert only(schema).kind is kind


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["string", "null"]},
        {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        {"oneOf": [{"type": "null"}, {"type": "string"}]},
    ],
)
def test_sees_an_optional_type_through_its_wrapper(schema: object) -> None:
    assert (only(schema).kind, only(schema).nullable) == (Kind.TEXT, True)


def test_offers_null_as_a_choice() -> None:
    field = only({"anyOf": [{"enum": ["a"]}, {"type": "null"}]})

    assert [(choice.value, choice.label) for choice in field.choices] == [("a", "a"), (None, "No value")]
    assert [choice.value for choice in only({"type": ["boolean", "null"]}).choices] == [True, False, None]


def test_follows_references_within_the_schema() -> None:
    schema = {
        "$ref": "#/$defs/answer",
        "$defs": {
            "answer": {"type": "object", "properties": {"kind": {"allOf": [{"$ref": "#/$defs/a~1kind"}]}}},
            "a/kind": {"title": "What it is", "enum": ["x", "y"]},
        },
    }

    field = form_fields(schema).fields[0]

    assert (field.kind, field.title, field.required) == (Kind.ENUM, "What it is", False)


def test_ends_on_references_in_a_circle() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/a"}, "tree": {"$ref": "#"}},
        "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
    }

    kinds = [field.kind for field in form_fields(schema).fields]

    assert kinds == [Kind.JSON, Kind.OBJECT]
    assert form_fields(schema).fields[1].fields[1].kind is Kind.JSON


def test_goes_one_level_into_objects_and_no_further() -> None:
    deep = {"type": "object", "properties": {"street": {"type": "string"}}}
    field = only({"type": "object", "properties": {"city": {"type": "string"}, "a/b": deep}})

    assert [(inner.pointer, inner.kind) for inner in field.fields] == [
        ("/it/city", Kind.TEXT),
        ("/it/a~1b", Kind.JSON),
    ]
    assert field.fields[1].input == "answer/it/a~1b"


def test_keeps_titles_descriptions_and_what_is_required() -> None:
    schema = {
        "type": "object",
        "properties": {
            "z_first": {"type": "string", "description": "Say it."},
            "a": {"type": "string", "title": "Second"},
        },
        "required": ["a"],
    }

    fields = form_fields(schema).fields

    assert [(each.title, each.description, each.required) for each in fields] == [
        ("Second", "", True),
        ("z first", "Say it.", False),
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["fraud", "ok"], "12"),
        (list("0123456789"), "0123456789"),
        (["A", "B", "D"], "ABD"),
        (["a", "e"], "12"),
        (["Y", "N"], "12"),
        ([1, 2, 3], "123"),
        ([3, 2], "32"),
        ([f"class {n}" for n in range(10)], "1234567890"),
        ([f"class {n}" for n in range(11)], ""),
        (list("abdfghijklmn"), "abdfghijklmn"),
        (list("abcdefghijkl"), ""),
    ],
)
def test_gives_choices_keys_that_no_command_has(values: list[object], expected: str) -> None:
    field = only({"enum": values})

    assert keys(field) == expected
    assert field.filtered is (expected == "")


def test_gives_booleans_keys_too() -> None:
    assert [(choice.label, choice.key) for choice in only({"type": "boolean"}).choices] == [
        ("Yes", "1"),
        ("No", "2"),
    ]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (["a", "b"], ["a", "b"]),
        ([1, "a", True, None], ["1", "a", "true", "null"]),
        (["1", 1], ['"1"', "1"]),
        (["", "a"], ['""', '"a"']),
        (["a", "a"], ["a"]),
        ([{"x": 1}, [2]], ['{"x": 1}', "[2]"]),
    ],
)
def test_posts_choices_that_cannot_be_mistaken(values: list[object], texts: list[str]) -> None:
    assert [choice.text for choice in only({"enum": values}).choices] == texts


@pytest.mark.parametrize(
    "schema", [{"enum": ["a", "b"]}, {"type": "array"}, True, {}, {"type": "object"}, None, 7]
)
def test_makes_one_field_of_an_answer_that_has_no_members(schema: Any) -> None:
    made = form_fields(schema)

    assert made.whole
    assert [(field.pointer, field.input, field.title) for field in made.fields] == [("", "answer", "Answer")]


def test_knows_whether_other_members_may_stay() -> None:
    properties = {"a": {"type": "string"}}

    assert form_fields({"type": "object", "properties": properties}).keeps_others
    assert not form_fields(
        {"type": "object", "properties": properties, "additionalProperties": False}
    ).keeps_others


def test_offers_none_of_these_only_where_the_schema_allows_it() -> None:
    items = {"enum": ["a", "b"]}

    assert only({"type": "array", "items": items}).none_choice
    assert not only({"type": "array", "items": items, "minItems": 1}).none_choice


@pytest.mark.parametrize(
    ("schema", "multiline"),
    [
        ({"type": "string"}, True),
        ({"type": "string", "maxLength": 40}, False),
        ({"type": "string", "maxLength": 4_000}, True),
        ({"type": "string", "pattern": "^[A-Z]+$"}, False),
    ],
)
def test_gives_short_texts_one_line(schema: object, *, multiline: bool) -> None:
    assert only(schema).multiline is multiline


def test_what_is_required_comes_first_and_in_that_order() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}},
        "required": ["c", "b", "nowhere"],
    }

    assert [field.name for field in form_fields(schema).fields] == ["c", "b", "a"]
