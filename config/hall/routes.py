"""Every address of the product, from the URL resolver: what the documentation and the suite enumerate."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

METHODS = ("get", "post", "put", "patch", "delete")


class Route(NamedTuple):
    """One address."""

    path: str
    """As the resolver writes it, such as `api/v1/models/<str:slug>`."""
    name: str
    view: Any
    """The view class of REST and class-based views, else the function."""

    @property
    def is_rest(self) -> bool:
        """Whether it speaks to programs: with keys, in JSON where it refuses."""
        return bool(self.prefix) or (isinstance(self.view, type) and issubclass(self.view, APIView))

    @property
    def prefix(self) -> str:
        """What stands before every address of its kind."""
        return "/api/v1" if self.path.startswith("api/v1/") else ""

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that a view class has; of a function nobody can tell."""
        return tuple(method.upper() for method in METHODS if hasattr(self.view, method))


def routes() -> list[Route]:
    """All of them, in the order in which they are tried."""
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: Any, prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            callback: Any = pattern.callback
            view = getattr(callback, "view_class", None) or getattr(callback, "cls", None) or callback
            yield Route(path, pattern.name or "", view)
