"""Addresses of pages that a release may not have yet."""

from typing import Any

from django.urls import NoReverseMatch, reverse


def address(name: str, *arguments: Any) -> str:
    """The address of a page by its name; empty where this release has no such page."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
