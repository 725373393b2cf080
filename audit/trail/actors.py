"""Who an event says did something."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Actor(Protocol):
    """A person, a service key, the clock or the operator at the command line."""

    @property
    def audit_ref(self) -> str: ...

    def has_perm(self, perm: str, obj: Any = None) -> bool: ...


@dataclass(frozen=True, slots=True)
class Office:
    """An actor without an account: what it does is permitted by where it runs."""

    name: str

    @property
    def audit_ref(self) -> str:
        return self.name

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return True


CLOCK = Office("clock")
"""What falls due by itself."""
OPERATOR = Office("operator")
"""Whoever holds the command line of this machine."""
