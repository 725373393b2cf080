"""A place with predictions, and a folder for files."""

from pathlib import Path
from typing import Any

import pytest

from tests.reviews.erasure import erasing


@pytest.fixture(autouse=True)
def media_root(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def place(db: None) -> erasing.Place:
    return erasing.a_place()
