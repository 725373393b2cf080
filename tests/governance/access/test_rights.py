"""What a person's roles add up to: downwards, never sideways."""

from types import SimpleNamespace
from uuid import uuid4

import pytest

from governance.access.rights import Held, Rights
from governance.access.roles import (
    PERMISSIONS_BY_KEY_SCOPE,
    PERMISSIONS_BY_ROLE,
    ROLE_EXPLANATIONS,
    SCOPE_EXPLANATIONS,
    VIEW_QUEUE,
    WORK_QUEUE,
    Role,
    ScopeKind,
)

SYSTEM, OTHER, QUEUE, SECOND = uuid4(), uuid4(), uuid4(), uuid4()
IN_QUEUE = SimpleNamespace(access_system_id=SYSTEM, access_queue_id=QUEUE)
IN_SECOND = SimpleNamespace(access_system_id=SYSTEM, access_queue_id=SECOND)
IN_SYSTEM = SimpleNamespace(access_system_id=SYSTEM)
ELSEWHERE = SimpleNamespace(access_system_id=OTHER, access_queue_id=uuid4())
NOWHERE = SimpleNamespace()


def reviewer(kind: ScopeKind) -> Rights:
    system = None if kind is ScopeKind.EVERYWHERE else SYSTEM
    queue = QUEUE if kind is ScopeKind.QUEUE else None
    return Rights((Held(Role.REVIEWER, kind, system, queue),))


@pytest.mark.parametrize(
    ("kind", "reached"),
    [
        (ScopeKind.EVERYWHERE, [True, True, True, True, True]),
        (ScopeKind.SYSTEM, [True, True, True, False, False]),
        (ScopeKind.QUEUE, [True, False, False, False, False]),
    ],
)
def test_a_role_reaches_what_lies_below(kind: ScopeKind, reached: list[bool]) -> None:
    things = [IN_QUEUE, IN_SECOND, IN_SYSTEM, ELSEWHERE, NOWHERE]

    assert [reviewer(kind).reach(thing) for thing in things] == reached
    assert [reviewer(kind).allow(WORK_QUEUE, thing) for thing in things] == reached


def test_without_a_thing_only_everywhere_counts() -> None:
    assert reviewer(ScopeKind.EVERYWHERE).allow(WORK_QUEUE)
    assert not reviewer(ScopeKind.SYSTEM).allow(WORK_QUEUE)
    assert reviewer(ScopeKind.SYSTEM).allow_somewhere(WORK_QUEUE)


def test_says_where_a_permission_holds() -> None:
    assert reviewer(ScopeKind.EVERYWHERE).systems_with(VIEW_QUEUE) is None
    assert reviewer(ScopeKind.SYSTEM).systems_with(VIEW_QUEUE) == {SYSTEM}
    assert reviewer(ScopeKind.QUEUE).systems_with(VIEW_QUEUE) == frozenset()
    assert reviewer(ScopeKind.QUEUE).queues_with(VIEW_QUEUE) == {QUEUE}


def test_a_thing_that_lies_nowhere_is_reached_from_everywhere_only() -> None:
    """A system's scope without a system would match whatever has none."""
    assert not reviewer(ScopeKind.SYSTEM).reach(SimpleNamespace(access_system_id=None))


def test_the_tables_are_complete() -> None:
    assert set(PERMISSIONS_BY_ROLE) == set(ROLE_EXPLANATIONS) == set(Role)
    assert set(PERMISSIONS_BY_KEY_SCOPE) == set(SCOPE_EXPLANATIONS)
    assert all(granted for granted in PERMISSIONS_BY_ROLE.values())
