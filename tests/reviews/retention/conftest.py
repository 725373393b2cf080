"""A place with predictions, and a folder for files."""

from tests.reviews.erasure.conftest import media_root, place

__all__ = ["media_root", "place"]
