"""Files of evidence on disk, by their digest: written once, found again, never changed."""

import hashlib
import os
from pathlib import Path
from uuid import uuid4

from django.conf import settings


def keep(content: bytes) -> str:
    """Keep a file, durably; answer its sha256 as hex. One that is there already is kept once."""
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(digest)
    if path.exists():
        return digest
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{digest}.{uuid4().hex}.partial")
    with aside.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    return digest


def path_of(digest: str) -> Path:
    """Where the file with that digest lies; web and worker see the same folder."""
    return Path(settings.MEDIA_ROOT) / "evidence" / digest[:2] / digest


def read(digest: str) -> bytes | None:
    """The file, if it is there and still what its digest says; else None."""
    try:
        content = path_of(digest).read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == digest else None
