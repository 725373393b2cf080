"""What is posted about aliases: pure."""

from typing import Any, Final

from audit.refusals import FieldError
from registry.systems.body import Body
from registry.systems.reading import SLUG, SLUG_WORDS

PATTERN: Final = r"[a-z0-9*?][a-z0-9*?._-]*"
PATTERN_WORDS: Final = "A pattern holds lower-case letters, digits and - _ . with * and ? for the rest."
MOST_CLASSES: Final = 20
LONGEST_CLASS: Final = 40


def read_move(value: object, *, alias: str) -> str:
    """A body of `PUT /models/{slug}/aliases/{alias}`: the version's name.

    Raises:
        BadInput: with all errors, also when the alias cannot be one.
    """
    body = Body(value)
    Body({"alias": alias}, pointer="", errors=body.errors).text(
        "alias", required=True, longest=100, pattern=SLUG, looks_like=SLUG_WORDS
    )
    version = body.text("version", required=True, longest=100)
    body.finish()
    return version


def read_protection(value: object) -> dict[str, Any]:
    """A body of `POST /alias-protections`, as keyword arguments of `services.protect`.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    found = {
        "pattern": body.text(
            "pattern", required=True, longest=100, pattern=PATTERN, looks_like=PATTERN_WORDS
        ),
        "role": body.text("role", required=True, longest=40),
        "environment": body.text("environment", required=True, longest=64),
        "classes": _classes(body),
    }
    body.finish()
    return found


def _classes(body: Body) -> list[str]:
    classes = body.structure("classes", list)
    for n, name in enumerate(classes):
        if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_CLASS:
            detail = f"A class is a text of 1 to {LONGEST_CLASS} characters."
            body.errors.append(FieldError(f"/classes/{n}", "BAD_VALUE", detail))
    if len(classes) > MOST_CLASSES:
        body.refuse("classes", "TOO_LONG", f"classes has at most {MOST_CLASSES} entries.")
    return [] if body.errors else list(dict.fromkeys(classes))
