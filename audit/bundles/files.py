"""The files of bundles on disk: written aside, made durable, put in place in one step."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from django.conf import settings

BLOCK: Final = 256 * 1024


def root() -> Path:
    """Where bundles lie; web and worker must see the same folder."""
    return Path(settings.MEDIA_ROOT) / "bundles"


def path_of(bundle_id: UUID) -> Path:
    return root() / f"{bundle_id}.zip"


def partial_path_of(bundle_id: UUID, token: int) -> Path:
    """Where one run writes, and no other: a worker that was thought dead may still be writing."""
    return root() / f"{bundle_id}.{token}.partial"


class Hashing:
    """A file that counts and hashes what goes in."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.bytes = 0

    def write(self, content: bytes) -> int:
        self._digest.update(content)
        self.bytes += len(content)
        return self._file.write(content)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def publish(partial: Path, final: Path) -> None:
    """Put a finished file in place, durably."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(final)
    folder = os.open(final.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def blocks(path: Path, first: int, last: int) -> Iterator[bytes]:
    """The bytes from `first` to `last`, both inclusive."""
    left = last - first + 1
    with path.open("rb") as file:
        file.seek(first)
        while left > 0 and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block
