"""The files of exports on disk: written aside, made durable, put in place in one step."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from django.conf import settings

BLOCK = 256 * 1024
PARTIAL = ".partial"


def root() -> Path:
    """Where exports lie; web and worker must see the same folder."""
    return Path(settings.MEDIA_ROOT) / "exports"


def folder_of(export_id: UUID) -> Path:
    return root() / str(export_id)


def partial_folder(export_id: UUID, token: int) -> Path:
    """Where one run writes, and no other: a worker that was thought dead may still be writing."""
    return root() / f"{export_id}.{token}{PARTIAL}"


class NewFile:
    """A file while it is written: counts and hashes what goes in; durable once closed."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.rows = 0
        self.bytes = 0
        self._digest = hashlib.sha256()
        self._file = path.open("xb", buffering=BLOCK)

    def write(self, line: bytes, *, rows: int = 1) -> None:
        self._file.write(line)
        self._digest.update(line)
        self.bytes += len(line)
        self.rows += rows

    def entry(self) -> dict[str, Any]:
        """As the manifest lists it."""
        return {
            "name": self.name,
            "sha256": self._digest.hexdigest(),
            "rows": self.rows,
            "bytes": self.bytes,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())


def publish(partial: Path, final: Path) -> None:
    """Put a finished folder in place. What an earlier run left there before it could say so is replaced."""
    _sync(partial)
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)
    _sync(final.parent)


def discard(folder: Path) -> None:
    """Remove a folder and what is in it; one that is not there is fine."""
    shutil.rmtree(folder, ignore_errors=True)


def blocks(path: Path, first: int, last: int) -> Iterator[bytes]:
    """The bytes from `first` to `last`, both inclusive."""
    left = last - first + 1
    with path.open("rb") as file:
        file.seek(first)
        while left > 0 and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block


def _sync(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
