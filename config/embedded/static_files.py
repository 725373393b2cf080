"""Whether the collected static files are those of this checkout."""

import hashlib
from pathlib import Path

from django.contrib.staticfiles.finders import get_finders

from config import static


def are_current(var_dir: Path) -> bool:
    """Whether nothing has changed since they were collected."""
    try:
        return _mark(var_dir).read_text() == _fingerprint()
    except FileNotFoundError:
        return False


def remember(var_dir: Path) -> None:
    """Note that they have been collected from the files as they are now."""
    _mark(var_dir).write_text(_fingerprint())


def _mark(var_dir: Path) -> Path:
    return var_dir / "static.fingerprint"


def _fingerprint() -> str:
    digest = hashlib.sha256(Path(static.__file__).read_bytes())
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
