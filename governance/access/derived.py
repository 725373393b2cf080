"""Guardian's rows, derived from role assignments in the transaction that changes them.

They are what lists filter by (`get_objects_for_user`). A role held everywhere makes no rows: lists
ask for it first. `tests/governance/access/test_derived.py` compares rows and assignments.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission

from governance.access.models import AISystemPermission, Person
from governance.access.roles import PERMISSIONS_BY_ROLE, SYSTEM_PERMISSIONS_IN_GUARDIAN, Role, ScopeKind


def derive_system_rows(person: Person) -> None:
    """Make the person's rows on AI systems say what their roles on systems say."""
    wanted: set[tuple[UUID, str]] = set()
    for role, system_id in (
        person.assignments.in_force()
        .filter(scope__kind=ScopeKind.SYSTEM)
        .values_list("role", "scope__system_id")
    ):
        granted = PERMISSIONS_BY_ROLE[Role(role)]
        wanted |= {(system_id, name) for name in SYSTEM_PERMISSIONS_IN_GUARDIAN if name in granted}
    replace_rows(AISystemPermission, person, wanted)


def replace_rows(rows: Any, person: Person, wanted: Iterable[tuple[UUID, str]]) -> None:
    """Leave in `rows` (a guardian permission table) for this person exactly `wanted`: (thing, permission)."""
    wanted = set(wanted)
    permissions = _permissions({name for _, name in wanted})
    expected = {(thing_id, permissions[name]) for thing_id, name in wanted}
    standing = {
        (row.content_object_id, row.permission_id): row.pk for row in rows.objects.filter(user=person)
    }
    stale = [pk for key, pk in standing.items() if key not in expected]
    if stale:
        rows.objects.filter(pk__in=stale).delete()
    rows.objects.bulk_create(
        rows(user=person, content_object_id=thing_id, permission_id=permission_id)
        for thing_id, permission_id in expected
        if (thing_id, permission_id) not in standing
    )


def _permissions(names: set[str]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for permission in Permission.objects.filter(
        codename__in=[name.split(".", 1)[1] for name in names]
    ).select_related("content_type"):
        found[f"{permission.content_type.app_label}.{permission.codename}"] = permission.pk
    return found
