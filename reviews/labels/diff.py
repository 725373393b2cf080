"""What a person changed: computed here from the model's output and the answer, never taken from a client.
Pure.

Numbers compare by value (1 equals 1.0; a boolean is no number), objects by member, lists by place. NaN and
the infinities compare, and are reported, as the strings they are stored as.
"""

from typing import Final, Literal, TypedDict

from reviews.intake.content import without_nan

ABSENT: Final = object()
"""There was no output at all; None is JSON's null."""

Change = TypedDict(
    "Change",
    {"op": Literal["add", "remove", "replace"], "pointer": str, "from": object, "to": object},
)
"""`from` is None for an addition, `to` for a removal; `op` tells that from a null."""


def diff(model_output: object, answer: object) -> list[Change]:
    """The changes that make `answer` of `model_output`: sorted members first to last, list items in place.

    A longer or shorter list is told as additions or removals at its end.
    """
    changes: list[Change] = []
    _compare(without_nan(model_output), without_nan(answer), "", changes)
    return changes


def changed(model_output: object, answer: object) -> bool:
    """Whether a person's answer differs from what the model said."""
    return bool(diff(model_output, answer))


def _compare(before: object, after: object, pointer: str, changes: list[Change]) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            below = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            _compare(before.get(name, ABSENT), after.get(name, ABSENT), below, changes)
    elif isinstance(before, list) and isinstance(after, list):
        for place in range(max(len(before), len(after))):
            old = before[place] if place < len(before) else ABSENT
            new = after[place] if place < len(after) else ABSENT
            _compare(old, new, f"{pointer}/{place}", changes)
    elif not _same(before, after):
        changes.append(_change(before, after, pointer))


def _same(before: object, after: object) -> bool:
    """Equal as JSON values; neither is a container of the same kind as the other."""
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, int | float) and isinstance(after, int | float):
        return before == after
    return type(before) is type(after) and before == after


def _change(before: object, after: object, pointer: str) -> Change:
    if before is ABSENT:
        return {"op": "add", "pointer": pointer, "from": None, "to": after}
    if after is ABSENT:
        return {"op": "remove", "pointer": pointer, "from": before, "to": None}
    return {"op": "replace", "pointer": pointer, "from": before, "to": after}
