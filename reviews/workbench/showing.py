"""How an input and an explanation are shown: plain values for templates, which escape every one. Pure.

The payload is hostile: whatever its members are called and hold, it becomes text.
"""

import json
from collections.abc import Mapping, Sequence
from math import ceil, isfinite, log10
from typing import Any

from reviews.workbench.pixels import Image, image_of

LONG_TEXT = 160
"""Characters from which a single text is something to read rather than a value in a table."""
TEXT_MEMBERS = ("text", "body", "content", "message", "document", "transcript")
SHOWN_FEATURES = 8
LONGEST_VALUE = 2000


def input_view(value: Mapping[str, Any]) -> dict[str, Any]:
    """The input as record, text to read, image, or JSON, by `kind`; `rows` holds the other members."""
    for name, member in value.items():
        if (image := image_of(member)) is not None:
            return _image_view(image, name, _rows(value, without=name))
    if text_member := _text_member(value):
        return {"kind": "text", "text": value[text_member], "rows": _rows(value, without=text_member)}
    if value and all(isinstance(member, dict | list) for member in value.values()):
        return {"kind": "json", "json": pretty(value), "rows": []}
    return {"kind": "record", "rows": _rows(value)}


def explanation_view(explanation: object) -> dict[str, Any] | None:
    """Feature contributions, the largest first; None if nothing usable was sent."""
    features = explanation.get("features") if isinstance(explanation, dict) else None
    usable = [each for each in features if _is_feature(each)] if isinstance(features, list) else []
    if not usable:
        return None
    usable.sort(key=lambda feature: -abs(feature["contribution"]))
    largest = abs(usable[0]["contribution"]) or 1
    # As many decimals for all as tell two digits of the largest, so that the column can be read down.
    form = f"+.{max(2 - ceil(log10(largest)), 0)}f" if 1e-4 < largest < 1e6 else "+.2g"
    shown = [_feature_view(feature, largest, form) for feature in usable]
    return {"features": shown[:SHOWN_FEATURES], "rest": shown[SHOWN_FEATURES:], "note": ""}


def value_text(value: object) -> str:
    """A value as a person reads it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "…"
    if isinstance(value, int | float):
        return number_text(value)
    return pretty(value)


def number_text(value: float) -> str:
    """A number with as many digits as tell something, grouped by thin spaces from five digits on."""
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
    if "e" in text:
        return text
    whole, point, rest = text.partition(".")
    long = len(whole.replace(",", "").lstrip("-")) > 4
    return whole.replace(",", "\u2009" if long else "") + point + rest


def percent(share: object) -> str:
    """A confidence or score as `61 %`, with a decimal where it is nearly none or all; else empty."""
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        return ""
    if 0 < share < 0.01 or 0.99 < share < 1:
        return f"{min(max(share * 100, 0.1), 99.9):.1f} %"
    return f"{share * 100:.0f} %"


def pretty(value: object) -> str:
    """Indented JSON, cut where nobody reads on."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return text if len(text) <= 20_000 else text[:20_000] + "\n…"


def _image_view(image: Image, name: str, rows: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "kind": "image",
        "image_data_uri": image.data_uri,
        "width": image.width,
        "height": image.height,
        "alt": f"{name}: an image of {image.width} by {image.height} pixels",
        "rows": rows,
    }


def _text_member(value: Mapping[str, Any]) -> str | None:
    for name in TEXT_MEMBERS:
        if isinstance(value.get(name), str) and len(value[name]) > 40:
            return name
    long = [name for name, member in value.items() if isinstance(member, str) and len(member) > LONG_TEXT]
    return long[0] if len(long) == 1 else None


def _rows(value: Mapping[str, Any], *, without: str | None = None) -> list[dict[str, str]]:
    return [
        {"name": words(name), "value": value_text(member), "kind": _kind(member)}
        for name, member in value.items()
        if name != without
    ]


def words(name: str) -> str:
    """A member's name as words."""
    return name.replace("_", " ").strip() or name


def _kind(member: object) -> str:
    match member:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
    return "json"


def _is_feature(feature: object) -> bool:
    return (
        isinstance(feature, dict)
        and isinstance(feature.get("name"), str)
        and isinstance(feature.get("contribution"), int | float)
        and not isinstance(feature["contribution"], bool)
        and isfinite(feature["contribution"])
    )


def _feature_view(feature: Mapping[str, Any], largest: float, form: str) -> dict[str, Any]:
    contribution = float(feature["contribution"])
    return {
        "name": words(feature["name"]),
        "value": value_text(feature["value"]) if "value" in feature else "",
        "contribution": format(contribution, form).replace("-", "\u2212"),
        "positive": contribution >= 0,
        "share": round(abs(contribution) / largest * 100),
    }


def choices_of(value: object) -> Sequence[str]:
    """The texts that stand for what is chosen in a field: one for a value, several for a list."""
    if value is None:
        return ()
    if isinstance(value, list):
        return [choice_text(member) for member in value]
    return (choice_text(value),)


def choice_text(value: object) -> str:
    """A choice's value as a form sends it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
