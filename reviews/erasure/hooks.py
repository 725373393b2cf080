"""What wings above, and rooms that come later, hang in at start-up."""

from collections.abc import Callable, Sequence
from uuid import UUID

Forgetter = Callable[[Sequence[UUID], Sequence[UUID]], int]
"""Takes the ids of erased predictions and of their reviews, deletes what is kept of them elsewhere, and
answers how much that was. Must be safe to repeat."""

forgetters: dict[str, Forgetter] = {}
"""By what they forget, in the plural: it becomes a member of `counts`."""
