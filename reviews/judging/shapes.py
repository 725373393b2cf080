"""What a submitted answer must look like: under the schema its prediction lives under, with pointers."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import jsonschema_rs

from audit.refusals import FieldError
from registry.catalog import schemas
from registry.catalog.models import SchemaVersion
from registry.systems.body import escaped
from reviews.intake.content import fits_double
from reviews.judging.codes import CODES

LONGEST_COMMENT: Final = 4000
LONGEST_HOLD: Final = 30
"""Seconds within which a judgement can be taken back."""
MOST_ERRORS: Final = 50

_kept: dict[UUID, tuple[Mapping[str, Any], jsonschema_rs.Draft202012Validator]] = {}
"""Schema versions never change, so what was compiled once holds for the life of the process."""


def form_of(schema_id: UUID) -> Mapping[str, Any]:
    """The output schema of a prediction, as JSON Schema."""
    return _compiled(schema_id)[0]


def faults_of_output(output: object, schema_id: UUID) -> list[FieldError]:
    """Why the answer does not fit the schema; pointers begin with `/output`. Empty: it does."""
    if not fits_double(output):
        return [
            FieldError("/output", "BAD_NUMBER", "NaN, infinities and numbers beyond a double are no answer.")
        ]
    errors = []
    for error in _compiled(schema_id)[1].iter_errors(output):
        errors.append(_fault(error))
        if len(errors) == MOST_ERRORS:
            break
    return errors


def faults_of_reasons(reasons: object, comment: object) -> list[FieldError]:
    """Why the reasons or the comment cannot be taken as they are."""
    errors = []
    if not isinstance(comment, str) or len(comment) > LONGEST_COMMENT or "\x00" in comment:
        errors.append(
            FieldError("/comment", "BAD_VALUE", f"A comment is text of at most {LONGEST_COMMENT} characters.")
        )
        comment = ""
    if not isinstance(reasons, list):
        return [*errors, FieldError("/reasons", "BAD_VALUE", "Reasons are a list of reason codes.")]
    for place, code in enumerate(reasons[:MOST_ERRORS]):
        if not isinstance(code, str) or code not in CODES:
            known = ", ".join(CODES)
            errors.append(
                FieldError(f"/reasons/{place}", "UNKNOWN_REASON", f"The reason codes are: {known}.")
            )
        elif CODES[code].needs_comment and not comment.strip():
            errors.append(FieldError("/comment", "COMMENT_REQUIRED", f"The reason {code!r} needs a comment."))
    if len(set(map(str, reasons))) != len(reasons):
        errors.append(FieldError("/reasons", "REPEATED", "Give each reason once."))
    return errors


def faults_of_hold(hold_seconds: object) -> list[FieldError]:
    """Why the hold cannot be taken."""
    if (
        isinstance(hold_seconds, int | float)
        and not isinstance(hold_seconds, bool)
        and 0 <= hold_seconds <= LONGEST_HOLD
    ):
        return []
    return [
        FieldError("/hold_seconds", "OUT_OF_RANGE", f"hold_seconds is a number from 0 to {LONGEST_HOLD}.")
    ]


def _compiled(schema_id: UUID) -> tuple[Mapping[str, Any], jsonschema_rs.Draft202012Validator]:
    if schema_id not in _kept:
        document = SchemaVersion.objects.values_list("output_schema", flat=True).get(pk=schema_id)
        _kept[schema_id] = (document, schemas.compiled(document))
    return _kept[schema_id]


def _fault(error: jsonschema_rs.ValidationError) -> FieldError:
    path = list(error.instance_path)
    kind = error.kind
    code = "SCHEMA"
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        # The member that is missing, so that a form can mark it, and not the object around it.
        path.append(kind.property)
        return FieldError(_pointer(path), "REQUIRED", "This member is required.")
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties) and len(kind.unexpected) == 1:
        path.append(kind.unexpected[0])
        code = "UNKNOWN_FIELD"
    return FieldError(_pointer(path), code, error.message[:500])


def _pointer(path: list[Any]) -> str:
    return "/output" + "".join(f"/{escaped(str(part))}" for part in path)
