"""Guardian's rows say exactly what role assignments say, whatever happened before."""

import pytest
from django.utils import timezone
from guardian.shortcuts import get_objects_for_user

from audit.trail.actors import OPERATOR
from governance.access import services
from governance.access.models import AISystemPermission, Person
from governance.access.roles import PERMISSIONS_BY_ROLE, SYSTEM_PERMISSIONS_IN_GUARDIAN, Role, ScopeKind
from registry.systems.models import AISystem
from tests import factories

pytestmark = pytest.mark.django_db


def rows(person: Person) -> set[tuple[object, str]]:
    return {
        (row.content_object_id, f"registry.{row.permission.codename}")
        for row in AISystemPermission.objects.filter(user=person).select_related("permission")
    }


def wanted(person: Person) -> set[tuple[object, str]]:
    return {
        (held.scope.system_id, name)
        for held in person.assignments.in_force().filter(scope__kind=ScopeKind.SYSTEM)
        for name in SYSTEM_PERMISSIONS_IN_GUARDIAN
        if name in PERMISSIONS_BY_ROLE[Role(held.role)]
    }


def test_rows_follow_every_change() -> None:
    fraud, credit = factories.system(), factories.system()
    ada = factories.person("model_owner", "queue_manager", at=fraud)
    factories.grant(ada, "risk_officer", at=credit)
    factories.grant(ada, "auditor")
    assert rows(ada) == wanted(ada)
    assert (fraud.pk, "registry.change_aisystem") in rows(ada)

    services.revoke(
        person_id=ada.pk,
        role=Role.MODEL_OWNER,
        scope_id=factories.scope_of(fraud).pk,
        actor=OPERATOR,
        now=timezone.now(),
    )
    assert rows(ada) == wanted(ada)
    assert (fraud.pk, "registry.change_aisystem") not in rows(ada)

    services.deactivate(person_id=ada.pk, actor=OPERATOR, now=timezone.now())
    assert rows(ada) == set()


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.AUDITOR, Role.ADMINISTRATOR)])
def test_lists_and_questions_agree(role: Role) -> None:
    fraud, _ = factories.system(), factories.system()
    ada = factories.person(role, at=fraud)

    for permission in SYSTEM_PERMISSIONS_IN_GUARDIAN:
        listed = set(
            get_objects_for_user(
                ada, permission, klass=AISystem, with_superuser=False, accept_global_perms=False
            )
        )
        asked = {system for system in AISystem.objects.all() if ada.has_perm(permission, system)}
        assert listed == asked
