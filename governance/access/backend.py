"""Answers `has_perm` for Django's machinery, and ends the sessions of people who were deactivated."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from governance.access.models import Person


class RoleBackend(BaseBackend):
    """Roles are the only source of rights."""

    def get_user(self, user_id: Any) -> Person | None:
        return Person.objects.filter(pk=user_id, is_active=True).first()

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return isinstance(user_obj, Person) and user_obj.has_perm(perm, obj)
