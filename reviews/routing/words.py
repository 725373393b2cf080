"""A routing policy as sentences that people read. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

ALWAYS: Final = (
    "Whatever cannot be judged goes to a person: no confidence, an output or input against its schema, a "
    "version or environment that is not known."
)


def in_words(body: Mapping[str, Any]) -> list[str]:
    """What a normalised policy body does, one sentence after the other."""
    return list(_sentences(body))


def _sentences(body: Mapping[str, Any]) -> Iterator[str]:
    threshold = number(body["threshold"])
    yield f"Accepted without a person from a confidence of {threshold}; below, it waits in {body['queue']}."
    for name, threshold in body["class_thresholds"].items():
        yield f"Class {name}: accepted from {number(threshold)}."
    if body["always_review"]:
        yield f"Always to a person: {listing(body['always_review'])}."
    yield _checks(body)
    yield f"To be decided within {span(body['deadline_minutes'])}{_after(body)}."
    yield ALWAYS


def _checks(body: Mapping[str, Any]) -> str:
    if not body["qa_rate"]:
        return "No random checks of accepted predictions: how often they are wrong stays unknown."
    waits = "they wait for the answer" if body["qa_blocks"] else "they are accepted at once all the same"
    return f"{percent(body['qa_rate'])} of all are drawn at random for a check; {waits}."


def _after(body: Mapping[str, Any]) -> str:
    to = f" and goes to {body['escalation_queue']}" if body["escalation_queue"] else ""
    return f"; after that it is overdue{to}, and can still be decided"


def number(value: float) -> str:
    """A share as people write it: 0.85, 1."""
    return f"{value:.10g}"


def percent(share: float) -> str:
    """A share in per cent: 2 %."""
    return f"{share * 100:.6g} %"


def span(minutes: int) -> str:
    """Minutes in the largest units that are whole: 4 h, 1 day, 90 min."""
    if minutes % 1440 == 0:
        days = minutes // 1440
        return "1 day" if days == 1 else f"{days} days"
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def listing(words: Sequence[str]) -> str:
    """a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[dict[str, str | None]]:
    """What a draft changes, member by member; class by class for the thresholds."""
    old, new = _leaves(before or {}), _leaves(after)
    return [
        {"member": member, "before": old.get(member), "after": new.get(member)}
        for member in dict.fromkeys([*new, *old])
        if old.get(member) != new.get(member)
    ]


def _leaves(body: Mapping[str, Any]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for key, value in body.items():
        name = key.replace("_", " ")
        if isinstance(value, Mapping):
            found |= {f"threshold for {each}": number(share) for each, share in value.items()}
        elif isinstance(value, bool):
            found[name] = "yes" if value else "no"
        elif isinstance(value, list):
            found[name] = ", ".join(map(str, value)) or None
        elif isinstance(value, float):
            found[name] = number(value)
        else:
            found[name] = None if value is None else str(value)
    return found
