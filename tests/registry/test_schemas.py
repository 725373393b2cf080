"""registry.catalog.schemas: which JSON Schemas are taken, and what they say about classes."""

import subprocess
import sys

import jsonschema
import pytest

from registry.catalog.schemas import LONGEST_CHAIN, classes_of, compiled, faults_of, why_no_class

LABELS = {"type": "object", "properties": {"label": {"enum": ["fraud", "ok"]}}, "required": ["label"]}


def code_of(schema: object) -> str | None:
    faults = faults_of(schema, "/output_schema")
    return faults[0].code if faults else None


def doubling(levels: int) -> dict[str, object]:
    definitions: dict[str, object] = {
        f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]}
        for n in range(levels)
    }
    definitions[f"d{levels}"] = {"type": "integer"}
    return {"$defs": definitions, "$ref": "#/$defs/d0"}


def chain(levels: int) -> dict[str, object]:
    definitions: dict[str, object] = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(levels)}
    definitions[f"d{levels}"] = {"type": "integer"}
    return {"$defs": definitions, "properties": {"label": {"$ref": "#/$defs/d0"}}}


def nested(levels: int) -> object:
    schema: dict[str, object] = {}
    for _ in range(levels):
        schema = {"not": schema}
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        LABELS,
        {},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **LABELS},
        {"$id": "https://models.example/fraud", **LABELS},
        {"$defs": {"c": {"enum": ["a"]}}, "properties": {"label": {"$ref": "#/$defs/c"}}},
        {"$defs": {"c": {"$anchor": "c", "enum": ["a"]}}, "properties": {"label": {"$ref": "#c"}}},
        {"properties": {"$ref": {"type": "string"}, "$id": {"type": "string"}}},
        chain(LONGEST_CHAIN - 1),
    ],
)
def test_takes_what_ends(schema: dict[str, object]) -> None:
    assert faults_of(schema, "/output_schema") == []
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("schema", "pointer", "code"),
    [
        ([], "", "WRONG_TYPE"),
        (True, "", "WRONG_TYPE"),
        ({"type": "nonsense"}, "/type", "BAD_SCHEMA"),
        ({"properties": {"a": {"minLength": -1}}}, "/properties/a/minLength", "BAD_SCHEMA"),
        ({"properties": {"a/b": {"pattern": "("}}}, "/properties/a~1b/pattern", "BAD_SCHEMA"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "/$schema", "UNKNOWN_DIALECT"),
        ({"$ref": "http://127.0.0.1/s.json"}, "/$ref", "REMOTE_REFERENCE"),
        ({"allOf": [{"$ref": "file:///etc/passwd"}]}, "/allOf/0/$ref", "REMOTE_REFERENCE"),
        ({"$ref": "other.json#/x"}, "/$ref", "REMOTE_REFERENCE"),
        ({"properties": {"default": {"$ref": "http://x/"}}}, "/properties/default/$ref", "REMOTE_REFERENCE"),
        ({"$dynamicRef": "#x"}, "/$dynamicRef", "NOT_TAKEN"),
        ({"properties": {"a": {"$id": "http://x/", "$ref": "#/b"}}}, "/properties/a/$id", "NOT_TAKEN"),
        ({"$ref": "#"}, "/$ref", "RECURSIVE_SCHEMA"),
        ({"$ref": "#/$defs/a"}, "/$ref", "DANGLING_REFERENCE"),
        ({"enum": ["x"], "$ref": "#/enum/" + "9" * 5000}, "/$ref", "DANGLING_REFERENCE"),
        ({"title": "\x00"}, "/title", "BAD_VALUE"),
        ({"title": "\ud800"}, "/title", "BAD_VALUE"),
        ({"maximum": 10**30}, "/maximum", "BAD_VALUE"),
        ({"maximum": float("inf")}, "/maximum", "BAD_VALUE"),
        ({"enum": ["x" * 70_000]}, "", "TOO_LARGE"),
    ],
)
def test_refuses_and_says_where(schema: object, pointer: str, code: str) -> None:
    (fault,) = faults_of(schema, "/output_schema")
    assert (fault.pointer, fault.code) == (f"/output_schema{pointer}", code)


def test_refuses_recursion_behind_a_property() -> None:
    schema = {
        "$defs": {
            "a": {"properties": {"b": {"$ref": "#/$defs/c"}}},
            "c": {"properties": {"x": {"$ref": "#/$defs/a"}}},
        },
        "properties": {"label": {"$ref": "#/$defs/a"}},
    }
    assert code_of(schema) == "RECURSIVE_SCHEMA"


def test_refuses_a_small_schema_that_would_need_a_billion_steps() -> None:
    assert code_of(doubling(10)) in {None, "TOO_LARGE"}
    assert code_of(doubling(LONGEST_CHAIN - 2)) == "TOO_LARGE"


def test_refuses_depth_before_it_recurses() -> None:
    assert code_of(nested(1_000)) == "TOO_DEEP"
    assert code_of(chain(900)) == "TOO_DEEP"


def test_the_deepest_schema_that_is_taken_leaves_room_on_the_stack() -> None:
    definitions: dict[str, object] = {}
    for n in range(LONGEST_CHAIN - 1):
        inner: dict[str, object] = {"$ref": f"#/$defs/d{n + 1}"}
        for _ in range(28):
            inner = {"not": inner}
        definitions[f"d{n}"] = inner
    definitions[f"d{LONGEST_CHAIN - 1}"] = {}
    schema = {"$defs": definitions, "properties": {"a": {"$ref": "#/$defs/d0"}}}
    script = (
        "import sys; sys.setrecursionlimit(800); from registry.catalog.schemas import faults_of; "
        f"print(faults_of({schema!r}, ''))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_validator_never_fetches(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="Nothing is fetched"):
        compiled({"$ref": "http://127.0.0.1:9/schema.json"})


def test_a_backtracking_pattern_counts_as_not_matching_and_returns() -> None:
    validator = compiled({"type": "string", "pattern": r"^(?=(a+)+$)\1b"})
    assert not validator.is_valid("a" * 60)


@pytest.mark.parametrize(
    ("label", "classes"),
    [
        ({"enum": ["a", "b", "a"]}, ("a", "b")),
        ({"const": "a"}, ("a",)),
        ({"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]}, ("a", "b")),
        ({"type": "array", "items": {"enum": ["p", "q"]}}, ("p", "q")),
        ({"$ref": "#/$defs/c"}, ("x",)),
        ({"type": "string"}, None),
        ({"enum": ["a", 1]}, None),
        ({"type": "array", "items": {"type": "string"}}, None),
    ],
)
def test_finds_the_classes(label: dict[str, object], classes: tuple[str, ...] | None) -> None:
    schema = {"properties": {"label": label}, "$defs": {"c": {"enum": ["x"]}}}
    assert classes_of(schema, "label") == classes
    assert why_no_class(schema, "label") is None


@pytest.mark.parametrize("label", [{"type": "number"}, {"enum": [1, 2]}, {"type": "object"}])
def test_says_why_there_is_no_class(label: dict[str, object]) -> None:
    reason = why_no_class({"properties": {"label": label}}, "label")
    assert reason is not None
    assert "neither a string" in reason
    assert "no property 'other'" in (why_no_class(LABELS, "other") or "")
