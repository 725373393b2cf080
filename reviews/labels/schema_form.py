"""From a model's output schema (JSON Schema 2020-12) to a description of the form a reviewer fills in. Pure.

Objects become fields, nested ones one level deep. Whatever has no field of its own kind (unions, tuples,
deeper objects) falls back to a text area of JSON, so that every schema has a form; the schema itself still
judges the answer afterwards. `reviews.labels.form_answers` fills the form and reads it back.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

MOST_KEYED_CHOICES: Final = 10
KEYS: Final = "1234567890"
RESERVED_KEYS: Final = frozenset("yecsu?/")
"""Commands of the workbench: a choice called `e` must not be one key away from escalating."""

_DEEPEST_REFERENCE: Final = 32
_UNIONS: Final = ("allOf", "anyOf", "oneOf")
_OTHER_KINDS: Final = ("not", "if", "$dynamicRef", "prefixItems", "dependentSchemas")
_SCALARS: Final = ("string", "number", "integer")

Schema = Mapping[str, Any]


class Kind(StrEnum):
    """How a field is filled in. `enum`, `boolean` and `multi` have choices; `object` has fields."""

    ENUM = "enum"
    BOOLEAN = "boolean"
    NUMBER = "number"
    INTEGER = "integer"
    TEXT = "text"
    DATE = "date"
    MULTI = "multi"
    LIST = "list"  # one item a line
    OBJECT = "object"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: its value in the answer, what the form posts for it, what it is called, the key for it
    or ''."""

    value: object
    text: str
    label: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an input can hold a person to while they type; the schema itself judges the answer."""

    least: int | float | None = None
    most: int | float | None = None
    longest: int | None = None
    """Characters."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `pointer` is its place in the answer, `input` the name under which the form posts it."""

    name: str
    pointer: str
    kind: Kind
    title: str
    description: str = ""
    required: bool = True
    nullable: bool = False
    choices: tuple[Choice, ...] = ()
    filtered: bool = False
    """More choices than keys: typing narrows them down."""
    none_choice: bool = False
    """A multi-label field has one choice more, posted as '': that none of the others applies."""
    fields: tuple["Field", ...] = ()
    keeps_others: bool = False
    """An object may have members that have no field; those of the suggestion stay in the answer."""
    item_kind: Kind | None = None
    multiline: bool = False
    bounds: Bounds = Bounds()

    @property
    def input(self) -> str:
        return input_name(self.pointer)


@dataclass(frozen=True, slots=True)
class Form:
    """All fields. `whole`: the one field is the answer itself, not a member of it."""

    fields: tuple[Field, ...]
    keeps_others: bool = False
    whole: bool = False


def input_name(pointer: str) -> str:
    """The name under which a form posts what stands at `pointer` in the answer."""
    return f"answer{pointer}"


def form_fields(schema: object) -> Form:
    """The form of an output schema."""
    whole = _field(schema, _Place(schema if isinstance(schema, Mapping) else {}))
    if whole.kind is Kind.OBJECT and not whole.nullable:
        return Form(whole.fields, keeps_others=whole.keeps_others)
    return Form((whole,), whole=True)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the schema and in the answer a field stands."""

    root: Schema
    name: str = ""
    pointer: str = ""
    required: bool = True
    depth: int = 0

    def member(self, name: str, *, required: bool) -> "_Place":
        below = name.replace("~", "~0").replace("/", "~1")
        return _Place(self.root, name, f"{self.pointer}/{below}", required, self.depth + 1)


def _field(schema: object, place: _Place) -> Field:
    plain, nullable = _simplified(schema, place.root)
    field = Field(
        name=place.name,
        pointer=place.pointer,
        kind=Kind.JSON,
        title=_text(plain.get("title")) or place.name.replace("_", " ") or "Answer",
        description=_text(plain.get("description")),
        required=place.required,
        nullable=nullable,
        multiline=True,
    )
    values = _values(plain, place.root)
    if values is not None:
        return _chosen(field, Kind.ENUM, values)
    if any(word in plain for word in (*_UNIONS, *_OTHER_KINDS)):
        return field
    match plain.get("type"):
        case "boolean":
            return _chosen(field, Kind.BOOLEAN, [(True, ""), (False, "")])
        case "number":
            return replace(field, kind=Kind.NUMBER, multiline=False, bounds=_bounds(plain, whole=False))
        case "integer":
            return replace(field, kind=Kind.INTEGER, multiline=False, bounds=_bounds(plain, whole=True))
        case "string":
            return _text_field(field, plain)
        case "array":
            return _array(field, plain, place)
        case "object" | None if isinstance(plain.get("properties"), Mapping) and plain["properties"]:
            return _object(field, plain, place)
        case _:
            return field


def _text_field(field: Field, schema: Schema) -> Field:
    if schema.get("format") == "date":
        return replace(field, kind=Kind.DATE, multiline=False)
    longest = schema.get("maxLength")
    short = (isinstance(longest, int) and longest <= 80) or "pattern" in schema or "format" in schema
    bounds = Bounds(longest=longest if isinstance(longest, int) and longest >= 0 else None)
    return replace(field, kind=Kind.TEXT, multiline=not short, bounds=bounds)


def _bounds(schema: Schema, *, whole: bool) -> Bounds:
    """The bounds of a number. An exclusive one holds for whole numbers one further in."""
    least, most = _number(schema.get("minimum")), _number(schema.get("maximum"))
    above, below = _number(schema.get("exclusiveMinimum")), _number(schema.get("exclusiveMaximum"))
    if whole and isinstance(above, int):
        least = above + 1 if least is None else max(least, above + 1)
    if whole and isinstance(below, int):
        most = below - 1 if most is None else min(most, below - 1)
    return Bounds(least=least, most=most)


def _number(value: object) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _array(field: Field, schema: Schema, place: _Place) -> Field:
    items, nullable_items = _simplified(schema.get("items", {}), place.root)
    values = _values(items, place.root)
    if values is not None and not nullable_items:
        multi = _chosen(replace(field, nullable=False), Kind.MULTI, values)
        return replace(multi, nullable=field.nullable, none_choice=not schema.get("minItems"))
    plain = not nullable_items and not any(word in items for word in (*_UNIONS, *_OTHER_KINDS))
    if plain and "prefixItems" not in schema and items.get("type") in _SCALARS:
        item_kind = {"string": Kind.TEXT, "number": Kind.NUMBER, "integer": Kind.INTEGER}[items["type"]]
        return replace(field, kind=Kind.LIST, item_kind=item_kind)
    return field


def _object(field: Field, schema: Schema, place: _Place) -> Field:
    if place.depth > 1:
        return field
    required = schema.get("required", [])
    # Databases keep the order of an array, not of members: what is required says which comes first.
    names = [name for name in dict.fromkeys(required) if name in schema["properties"]]
    names += [name for name in schema["properties"] if name not in required]
    fields = tuple(
        _field(schema["properties"][name], place.member(name, required=name in required)) for name in names
    )
    others = schema.get("additionalProperties") is not False and "unevaluatedProperties" not in schema
    return replace(field, kind=Kind.OBJECT, fields=fields, keeps_others=others, multiline=False)


# --- schemas ---


def _simplified(schema: object, root: Schema) -> tuple[Schema, bool]:
    """The schema without local references and wrappers, and whether null is allowed beside it.

    Seen through: `$ref` into the same document, `allOf` of one, `anyOf` and `oneOf` with null, a list of
    types with null. These are what generators write for an optional or shared type.
    """
    nullable = False
    current: dict[str, Any] = dict(schema) if isinstance(schema, Mapping) else {}
    for _ in range(_DEEPEST_REFERENCE):
        if "$ref" in current:
            target = _target(current["$ref"], root)
            if target is None:
                return {}, nullable
            current = {**target, **{name: each for name, each in current.items() if name != "$ref"}}
            continue
        wrapper = next((word for word in _UNIONS if _inner(current, word) is not None), None)
        if wrapper is None:
            break
        inner = _inner(current, wrapper)
        nullable = nullable or len(current[wrapper]) == 2
        current = {**(inner or {}), **{name: each for name, each in current.items() if name != wrapper}}
    else:
        return {}, nullable
    kinds = current.get("type")
    if isinstance(kinds, list):
        others = [kind for kind in kinds if kind != "null"]
        nullable = nullable or len(others) < len(kinds)
        current["type"] = others[0] if len(others) == 1 else None
        if len(others) != 1:
            current["not"] = {}  # several types: no field but JSON
    return current, nullable


def _inner(schema: Schema, word: str) -> Schema | None:
    """The one alternative that matters of a wrapper, else None."""
    parts = schema.get(word)
    if not isinstance(parts, list) or not all(isinstance(part, Mapping) for part in parts):
        return None
    if len(parts) == 1:
        inner: Schema = parts[0]
        return None if "const" in inner else inner
    others = [part for part in parts if part.get("type") != "null"]
    if word != "allOf" and len(parts) == 2 and len(others) == 1:
        only: Schema = others[0]
        return only
    return None


def _target(reference: object, root: Schema) -> Schema | None:
    """What a reference into the same document points at."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    target: object = root
    for part in reference[1:].split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        target = target.get(name) if isinstance(target, Mapping) else None
    return target if isinstance(target, Mapping) else None


def _values(schema: Schema, root: Schema) -> list[tuple[object, str]] | None:
    """The values of an enum with the titles they have, else None."""
    if "const" in schema:
        return [(schema["const"], "")]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return [(value, "") for value in schema["enum"]]
    for word in ("oneOf", "anyOf"):
        parts = schema.get(word)
        if isinstance(parts, list) and len(parts) > 1:
            simple = [_simplified(part, root)[0] for part in parts]
            if all("const" in part for part in simple):
                return [(part["const"], _text(part.get("title"))) for part in simple]
    return None


# --- choices ---


def _chosen(field: Field, kind: Kind, values: Iterable[tuple[object, str]]) -> Field:
    titled = dict(_distinct(values))
    if field.nullable:
        titled.setdefault("null", (None, ""))
    choices = _texts([Choice(value, "", title or _label(value)) for value, title in titled.values()])
    keyed = _keyed(choices)
    return replace(
        field, kind=kind, choices=keyed, filtered=not keyed[0].key, nullable=False, multiline=False
    )


def _distinct(values: Iterable[tuple[object, str]]) -> Iterator[tuple[str, tuple[object, str]]]:
    """Values by their JSON; an enum may name one twice."""
    seen = set()
    for value, title in values:
        spelled = _json(value)
        if spelled not in seen:
            seen.add(spelled)
            yield spelled, (value, title)


def _texts(choices: list[Choice]) -> list[Choice]:
    """What the form posts: strings as themselves, unless that could be mistaken for another choice or for
    none."""
    plain = [each.value if isinstance(each.value, str) else _json(each.value) for each in choices]
    if len(set(plain)) < len(plain) or "" in plain:
        plain = [_json(each.value) for each in choices]
    return [replace(each, text=text) for each, text in zip(choices, plain, strict=True)]


def _keyed(choices: list[Choice]) -> tuple[Choice, ...]:
    """Single characters are their own keys, else 1 to 9 and 0; none at all when there are more than ten."""
    labels = [each.label for each in choices]
    if all(len(label) == 1 for label in labels) and not RESERVED_KEYS & {
        label.casefold() for label in labels
    }:
        return tuple(replace(each, key=each.label) for each in choices)
    if len(choices) > MOST_KEYED_CHOICES:
        return tuple(choices)
    return tuple(replace(each, key=key) for each, key in zip(choices, KEYS, strict=False))


def _label(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    return {"true": "Yes", "false": "No", "null": "No value", '""': "(empty)"}.get(_json(value), _json(value))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
