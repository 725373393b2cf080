"""What a person's roles add up to. Pure: assignments in, answers out."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.access.roles import PERMISSIONS_BY_ROLE, Role, ScopeKind


@dataclass(frozen=True, slots=True)
class Held:
    """One role at one scope."""

    role: Role
    kind: ScopeKind
    system_id: UUID | None
    queue_id: UUID | None

    def covers(self, thing: Any) -> bool:
        """Whether the thing lies at or below the scope.

        A thing says where it lies by `access_system_id` and, if it belongs to a queue, `access_queue_id`.
        """
        match self.kind:
            case ScopeKind.EVERYWHERE:
                return True
            case ScopeKind.SYSTEM:
                return getattr(thing, "access_system_id", None) == self.system_id
            case ScopeKind.QUEUE:
                return getattr(thing, "access_queue_id", None) == self.queue_id


@dataclass(frozen=True, slots=True)
class Rights:
    """Everything a person holds."""

    held: tuple[Held, ...]

    def allow(self, permission: str, thing: Any = None) -> bool:
        """Whether some role gives the permission on the thing; without a thing: everywhere."""
        return any(
            permission in PERMISSIONS_BY_ROLE[held.role]
            and (held.kind is ScopeKind.EVERYWHERE or (thing is not None and held.covers(thing)))
            for held in self.held
        )

    def reach(self, thing: Any) -> bool:
        """Whether any role at all holds on the thing. If not, it is not theirs to know."""
        return any(held.covers(thing) for held in self.held)

    def allow_somewhere(self, permission: str) -> bool:
        """Whether there is any thing on which a role gives the permission: for navigation."""
        return any(permission in PERMISSIONS_BY_ROLE[held.role] for held in self.held)

    def systems_with(self, permission: str) -> frozenset[UUID] | None:
        """The systems on which a role at a system gives the permission; None means all."""
        if self.allow(permission):
            return None
        return frozenset(
            held.system_id
            for held in self.held
            if held.kind is ScopeKind.SYSTEM
            and held.system_id is not None
            and permission in PERMISSIONS_BY_ROLE[held.role]
        )

    def queues_with(self, permission: str) -> frozenset[UUID]:
        """The queues on which a role at a queue (not above it) gives the permission."""
        return frozenset(
            held.queue_id
            for held in self.held
            if held.kind is ScopeKind.QUEUE
            and held.queue_id is not None
            and permission in PERMISSIONS_BY_ROLE[held.role]
        )

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(held.role for held in self.held)
