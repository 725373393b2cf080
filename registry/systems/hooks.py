"""What wings above tell the registry about systems; lists that they fill at start-up."""

from collections.abc import Callable

from registry.systems.models import AISystem

high_risk: list[Callable[[AISystem], bool]] = []
"""Whether a system is one for which three different owners are due; one yes is enough."""
