from governance.access.models import (
    AISystemPermission,
    Person,
    PersonalToken,
    RoleAssignment,
    Scope,
    ServiceKey,
)

__all__ = ["AISystemPermission", "Person", "PersonalToken", "RoleAssignment", "Scope", "ServiceKey"]
