"""reviews.labels.diff: what a person changed, as the server sees it."""

import copy
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.labels.diff import ABSENT, Change, changed, diff

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(width=16) | st.text("ab/~", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~", max_size=2), inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"label": "fraud"}, {"label": "fraud"}),
        ({"amount": 1}, {"amount": 1.0}),
        ({"amount": -0.0}, {"amount": 0}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"x": math.nan}, {"x": math.nan}),
        ({"x": math.nan}, {"x": "NaN"}),
        ({"x": -math.inf}, {"x": "-Infinity"}),
        (10**400, 10**400),
        (None, None),
        ([], []),
    ],
)
def test_sees_no_change(before: object, after: object) -> None:
    assert diff(before, after) == []
    assert not changed(before, after)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"label": "a"}, {"label": "b"}, [("replace", "/label", "a", "b")]),
        ({}, {"label": None}, [("add", "/label", None, None)]),
        ({"label": None}, {}, [("remove", "/label", None, None)]),
        ({"x": 1}, {"x": True}, [("replace", "/x", 1, True)]),
        ({"x": 0}, {"x": False}, [("replace", "/x", 0, False)]),
        ({"x": 1}, {"x": "1"}, [("replace", "/x", 1, "1")]),
        ({"x": None}, {"x": False}, [("replace", "/x", None, False)]),
        ({"x": {}}, {"x": []}, [("replace", "/x", {}, [])]),
        ({"x": math.nan}, {"x": 1}, [("replace", "/x", "NaN", 1)]),
        ({"a": {"b/c": {"d~e": 1}}}, {"a": {"b/c": {"d~e": 2}}}, [("replace", "/a/b~1c/d~0e", 1, 2)]),
        ([1, 2, 3], [1, 9], [("replace", "/1", 2, 9), ("remove", "/2", 3, None)]),
        ([1], [1, {"a": 2}], [("add", "/1", None, {"a": 2})]),
        (
            {"b": 1, "a": 1},
            {"c": 1, "a": 2},
            [("replace", "/a", 1, 2), ("remove", "/b", 1, None), ("add", "/c", None, 1)],
        ),
        ("fraud", "ok", [("replace", "", "fraud", "ok")]),
        (ABSENT, {"label": "a"}, [("add", "", None, {"label": "a"})]),
        (None, {"label": "a"}, [("replace", "", None, {"label": "a"})]),
    ],
)
def test_tells_every_change(before: object, after: object, expected: list[tuple[object, ...]]) -> None:
    assert [tuple(each.values()) for each in diff(before, after)] == expected
    assert changed(before, after)


@given(VALUES)
def test_sees_no_change_in_a_copy(value: object) -> None:
    assert diff(value, copy.deepcopy(value)) == []


@given(VALUES, VALUES)
def test_tells_enough_to_make_one_of_the_other(before: object, after: object) -> None:
    assert diff(apply(before, diff(before, after)), after) == []


@given(VALUES, VALUES)
def test_changes_neither_side(before: object, after: object) -> None:
    copies = repr((before, after))

    diff(before, after)

    assert repr((before, after)) == copies


def apply(value: Any, changes: list[Change]) -> Any:
    """Do what a diff says; removals from the end, so that places stay."""
    value = copy.deepcopy(value)
    for change in changes:
        if change["op"] != "remove":
            value = put(value, change)
    for change in reversed([each for each in changes if each["op"] == "remove"]):
        value = put(value, change)
    return value


def put(value: Any, change: Change) -> Any:
    *path, last = [name.replace("~1", "/").replace("~0", "~") for name in change["pointer"].split("/")]
    if not path:
        return change["to"]
    holder = value
    for name in path[1:]:
        holder = holder[int(name)] if isinstance(holder, list) else holder[name]
    place: Any = int(last) if isinstance(holder, list) else last
    if change["op"] == "remove":
        del holder[place]
    elif change["op"] == "add" and isinstance(holder, list):
        holder.append(change["to"])
    else:
        holder[place] = change["to"]
    return value
