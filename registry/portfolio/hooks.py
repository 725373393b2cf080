"""What wings above add to the portfolio; filled at start-up."""

from collections.abc import Callable
from typing import Any

from registry.systems.panels import Column

columns: list[Column] = []
"""Such as the risk class and what is overdue. `cells` is asked once for all rows of a page."""

classes: list[tuple[str, str]] = []
"""Risk classes to filter by: name and words."""

narrow: Callable[[Any, str], Any] | None = None
"""Called as `narrow(systems, class)`: the query set of those systems that are of this class."""
