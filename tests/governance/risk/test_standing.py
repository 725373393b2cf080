"""governance.risk.standing: the class that counts once people's overrides are counted in."""

import pytest

from governance.risk.packs import pack_at
from governance.risk.standing import Set, digest_of, rank, standing_class

PACK = pack_at("eu-ai-act", "2026.1")
assert PACK is not None


def _up(to: str) -> Set:
    return Set("1", "upward", to)


def _down(to: str) -> Set:
    return Set("2", "downward", to)


EXEMPTED = Set("3", "exemption", "exempt")


@pytest.mark.parametrize(
    ("class_", "overrides", "stands"),
    [
        ("high_risk", [], "high_risk"),
        ("exempt", [], "high_risk"),
        ("exempt", [EXEMPTED], "exempt"),
        ("high_risk", [EXEMPTED], "high_risk"),
        ("high_risk", [_down("not_high_risk")], "not_high_risk"),
        ("not_high_risk", [_down("high_risk")], "not_high_risk"),
        ("not_high_risk", [_up("high_risk")], "high_risk"),
        ("not_high_risk", [_up("high_risk"), _up("prohibited")], "prohibited"),
        ("high_risk", [_down("out_of_scope"), _up("exempt")], "exempt"),
        ("prohibited", [_up("high_risk")], "prohibited"),
        ("undetermined", [_up("prohibited")], "prohibited"),
        ("undetermined", [_up("high_risk")], "undetermined"),
        ("not_high_risk", [_up("a class of long ago")], "undetermined"),
        ("high_risk", [_down("a class of long ago")], "high_risk"),
    ],
)
def test_upward_wins_and_lighter_ones_only_while_in_force(
    class_: str, overrides: list[Set], stands: str
) -> None:
    assert PACK is not None
    assert standing_class(PACK, class_, overrides) == stands
    assert standing_class(PACK, class_, overrides[::-1]) == stands


def test_what_nobody_knows_ranks_behind_the_gravest_alone() -> None:
    assert PACK is not None
    order = sorted([*PACK.classes, "undetermined"], key=lambda class_: rank(PACK, class_))

    assert order[:3] == ["prohibited", "undetermined", "high_risk"]


def test_the_digest_does_not_depend_on_the_order_of_members() -> None:
    assert digest_of({"a": 1, "b": 2}, {}) == digest_of({"b": 2, "a": 1}, {})
    assert digest_of({"a": 1}, {}) != digest_of({}, {"a": 1})
