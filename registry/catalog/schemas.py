"""JSON Schema 2020-12 as models bring it: what is taken, and what it says about classes. Pure.

A schema comes from outside and is then applied to every prediction, so beyond being valid it must end: no
remote references (they would make us fetch), no recursion, and a bounded size once its references are
followed (thirty nested doublings make a schema of 2 KB that needs 2**30 steps for each value).
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

import jsonschema_rs
import orjson

from audit.canonical import canonical_bytes
from audit.refusals import FieldError
from registry.systems.body import escaped, fault_of_structure

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
LARGEST: Final = 65_536
"""Bytes of a schema, and values in it."""
MOST_STEPS: Final = 20_000
"""Values of a schema in which every reference is replaced by what it refers to."""
LONGEST_CHAIN: Final = 16
"""References that lead from one to the next; times the levels of a schema it is how deep we recurse."""
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")


_SCHEMA_OF_SCHEMAS: Final = jsonschema_rs.Draft202012Validator({"$ref": DIALECT})


class _Fault(Exception):
    """A schema that is not taken: where, which fault, and the sentence."""

    def __init__(self, where: str, code: str, detail: str) -> None:
        self.row = (where, code, detail)


def digest_of(value: object) -> str:
    """SHA-256 over the canonical form of a structure, as hex."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def faults_of(schema: object, pointer: str) -> list[FieldError]:
    """Why `schema` cannot be a model's schema; the pointers begin with `pointer`. Empty: it can."""
    try:
        _check(schema)
    except _Fault as fault:
        where, code, detail = fault.row
        return [FieldError(pointer + where, code, detail)]
    return []


def compiled(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """A validator for a schema that was taken.

    `format` is an annotation in this dialect and stays one. The expression engine backtracks within a
    limit; past it the value counts as invalid.

    Raises:
        jsonschema_rs.ValidationError: this is no schema.
    """
    return jsonschema_rs.Draft202012Validator(dict(schema), retriever=_refuse_to_fetch)


def property_of(output_schema: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The schema of a property of the output, local references followed; None if it names none."""
    whole = _followed(output_schema, output_schema)
    properties = whole.get("properties")
    if not isinstance(properties, dict) or not isinstance(properties.get(name), dict):
        return None
    return _followed(properties[name], output_schema)


def classes_of(output_schema: Mapping[str, Any], class_field: str) -> tuple[str, ...] | None:
    """The classes that the schema lists for the class field, in its order.

    None: it lists none, so any string may be a class, or there are no classes at all (`why_no_class`).
    """
    found = property_of(output_schema, class_field)
    if found is None:
        return None
    if isinstance(items := found.get("items"), dict):
        found = _followed(items, output_schema)
    listed = list(_listed(found))
    named = [value for value in listed if isinstance(value, str)]
    return tuple(dict.fromkeys(named)) if named and len(named) == len(listed) else None


def why_no_class(output_schema: Mapping[str, Any], class_field: str) -> str | None:
    """Why predictions under this schema have no class, as a sentence. None: they have."""
    found = property_of(output_schema, class_field)
    if found is None:
        return f"The output schema has no property {class_field!r}."
    if isinstance(items := found.get("items"), dict) and "array" in _types(found, "array"):
        found = _followed(items, output_schema)
    listed = list(_listed(found))
    if any(isinstance(value, str) for value in listed) or (
        not listed and "string" in _types(found, "string")
    ):
        return None
    return f"The property {class_field!r} of the output schema is neither a string nor an array of strings."


def _check(schema: object) -> None:
    if not isinstance(schema, dict):
        raise _Fault("", "WRONG_TYPE", "A schema is a JSON object.")
    if fault := fault_of_structure(schema, largest=LARGEST):
        raise _Fault(*fault)
    if len(orjson.dumps(schema)) > LARGEST:
        raise _Fault("", "TOO_LARGE", f"A schema has at most {LARGEST // 1024} KiB.")
    dialect = schema.get("$schema", DIALECT)
    if not isinstance(dialect, str) or dialect.rstrip("#") != DIALECT:
        raise _Fault("/$schema", "UNKNOWN_DIALECT", f"Schemas are JSON Schema 2020-12: {DIALECT}.")
    _check_references(schema)
    try:
        _SCHEMA_OF_SCHEMAS.validate(schema)
        compiled(schema)
    except jsonschema_rs.ValidationError as error:
        where = "".join(f"/{escaped(step)}" for step in error.instance_path)
        raise _Fault(where, "BAD_SCHEMA", f"This is no JSON Schema 2020-12: {error.message[:300]}") from error
    except ValueError as error:
        raise _Fault("", "BAD_SCHEMA", f"This is no JSON Schema 2020-12: {str(error)[:300]}") from error


def _check_references(schema: dict[str, Any]) -> None:
    for node, where in _objects(schema, ""):
        if where and isinstance(node.get("$id"), str):
            raise _Fault(f"{where}/$id", "NOT_TAKEN", "Only the whole schema may have an $id.")
        for name in _REFERENCES:
            target = node.get(name)
            if not isinstance(target, str):
                continue
            if name != "$ref":
                raise _Fault(f"{where}/{name}", "NOT_TAKEN", f"{name} is not taken; use $ref.")
            if not target.startswith("#"):
                detail = "References begin with '#' and stay in the same schema. Nothing is fetched."
                raise _Fault(f"{where}/$ref", "REMOTE_REFERENCE", detail)
    _Expansion(schema, _anchors(schema)).weigh(schema, "", ())


class _Expansion:
    """How large a schema is once its references are followed."""

    def __init__(self, root: dict[str, Any], anchors: Mapping[str, object]) -> None:
        self.root = root
        self.anchors = anchors
        self.weights: dict[int, int] = {}

    def weigh(self, node: object, where: str, above: tuple[int, ...]) -> int:
        """Values in `node` and in everything it refers to; `above` are the references that led here."""
        if not isinstance(node, dict | list):
            return 1
        if id(node) in self.weights:
            return self.weights[id(node)]
        total = 1
        members = node.items() if isinstance(node, dict) else enumerate(node)
        for name, member in members:
            total += self.weigh(member, f"{where}/{escaped(name)}", above)
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            total += self._weigh_target(node["$ref"], f"{where}/$ref", above)
        if total > MOST_STEPS:
            raise _Fault(where, "TOO_LARGE", "With its references followed, this schema becomes too large.")
        self.weights[id(node)] = total
        return total

    def _weigh_target(self, reference: str, where: str, above: tuple[int, ...]) -> int:
        target = _target(self.root, reference, self.anchors)
        if target is None:
            raise _Fault(where, "DANGLING_REFERENCE", f"There is nothing at {reference[:100]!r}.")
        if id(target) in above or target is self.root:
            detail = "A schema may not refer back to itself: checking a value against it has to end."
            raise _Fault(where, "RECURSIVE_SCHEMA", detail)
        if len(above) >= LONGEST_CHAIN:
            raise _Fault(where, "TOO_DEEP", f"At most {LONGEST_CHAIN} references may follow each other.")
        return self.weigh(target, where, (*above, id(target)))


def _target(root: dict[str, Any], reference: str, anchors: Mapping[str, object]) -> object | None:
    fragment = unquote(reference[1:])
    if fragment and not fragment.startswith("/"):
        return anchors.get(fragment)
    node: object = root
    for step in fragment.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict):
            node = node.get(name)
        elif isinstance(node, list) and re.fullmatch("[0-9]{1,6}", name) and int(name) < len(node):
            node = node[int(name)]
        else:
            return None
    return node


def _anchors(root: object) -> dict[str, object]:
    return {each["$anchor"]: each for each, _ in _objects(root, "") if isinstance(each.get("$anchor"), str)}


def _objects(node: object, where: str) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(node, dict):
        yield node, where
        for name, member in node.items():
            yield from _objects(member, f"{where}/{escaped(name)}")
    elif isinstance(node, list):
        for n, item in enumerate(node):
            yield from _objects(item, f"{where}/{n}")


def _followed(node: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema of a taken schema, with its reference replaced by what it leads to."""
    anchors: dict[str, object] = {}
    for _ in range(LONGEST_CHAIN):
        reference = node.get("$ref")
        if not isinstance(reference, str):
            break
        if not anchors:
            anchors = _anchors(root)
        target = _target(dict(root), reference, anchors)
        if not isinstance(target, dict):
            break
        node = {**target, **{name: value for name, value in node.items() if name != "$ref"}}
    return node


def _listed(schema: Mapping[str, Any]) -> Iterator[object]:
    """What a schema lists as its possible values: `const`, `enum`, or a `oneOf` / `anyOf` of those."""
    if "const" in schema:
        yield schema["const"]
    elif isinstance(schema.get("enum"), list):
        yield from schema["enum"]
    else:
        for keyword in ("oneOf", "anyOf"):
            branches = schema.get(keyword)
            if not isinstance(branches, list):
                continue
            if all(isinstance(each, dict) and "const" in each for each in branches):
                yield from (each["const"] for each in branches)


def _types(schema: Mapping[str, Any], otherwise: str) -> tuple[str, ...]:
    """The declared types; a schema that declares none may be `otherwise` too."""
    declared = schema.get("type", otherwise)
    return tuple(declared) if isinstance(declared, list) else (declared,)


def _refuse_to_fetch(uri: str) -> Any:
    raise ValueError(f"Nothing is fetched: {uri}")
