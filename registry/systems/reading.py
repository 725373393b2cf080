"""What is posted about AI systems: pure."""

from typing import Any, Final

from registry.systems.body import Body

SLUG: Final = r"[a-z0-9]+(?:[-_.][a-z0-9]+)*"
SLUG_WORDS: Final = "A slug holds lower-case letters and digits, with single - _ . between them."
OWNER_TITLES: Final = ("business_sponsor", "product_owner", "technical_lead")
LONGEST_PURPOSE: Final = 10_000


def read_new_system(value: object) -> dict[str, Any]:
    """A body of `POST /systems`, as keyword arguments of `services.register`.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    found = {
        "slug": read_slug(body, "slug"),
        "name": body.text("name", required=True),
        "purpose": body.text("purpose", longest=LONGEST_PURPOSE),
        "owners": _owners(body),
    }
    body.finish()
    return found


def read_changes(value: object) -> dict[str, Any]:
    """A body of `PATCH /systems/{slug}`: only what was given.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    changes: dict[str, Any] = {}
    if body.has("name"):
        changes["name"] = body.text("name", required=True)
    if body.has("purpose"):
        changes["purpose"] = body.text("purpose", longest=LONGEST_PURPOSE)
    if body.has("shares_payloads"):
        changes["shares_payloads"] = body.boolean("shares_payloads")
    if body.has("owners"):
        changes["owners"] = _owners(body)
    body.finish()
    return changes


def read_slug(body: Body, name: str) -> str:
    return body.text(name, required=True, longest=100, pattern=SLUG, looks_like=SLUG_WORDS)


def _owners(body: Body) -> dict[str, str | None]:
    """Those that were given; null takes an owner off."""
    owners = body.part("owners")
    return {title: owners.text(title, longest=254) or None for title in OWNER_TITLES if owners.has(title)}
