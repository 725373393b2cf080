"""Writes the archive of a bundle: a ZIP in the one form that the offline verifier takes."""

import struct
import zlib
from typing import BinaryIO

from audit.verifier import FIXED_DATE, LARGEST_MEMBER, directory_of


class MemberTooLarge(ValueError):
    """A member would be larger than any verifier reads."""


class ArchiveWriter:
    """Members one after another, uncompressed, without dates: the same members give the same bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._offset = 0
        self._members: list[tuple[bytes, int, int, int]] = []

    def add(self, name: str, content: bytes) -> None:
        """Append a member.

        Raises:
            MemberTooLarge: see there.
        """
        if len(content) > LARGEST_MEMBER:
            raise MemberTooLarge(name)
        encoded, crc, size = name.encode("ascii"), zlib.crc32(content), len(content)
        head = struct.pack(
            "<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, FIXED_DATE, crc, size, size, len(encoded), 0
        )
        self._members.append((encoded, crc, size, self._offset))
        self._file.write(head + encoded)
        self._file.write(content)
        self._offset += len(head) + len(encoded) + size

    def finish(self) -> None:
        """Append the directory."""
        self._file.write(directory_of(self._members, self._offset))
