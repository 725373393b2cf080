"""`VAR_DIR`: who may use it, what is left in it, what has to be in it."""

import contextlib
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from config import services


class Occupied(Exception):
    """Another `manage.py up` works in this folder. The message says where."""


@contextlib.contextmanager
def hold(var_dir: Path, url: str) -> Iterator[None]:
    """Keep the folder for this process as long as it lives.

    Raises:
        Occupied: somebody else does.
    """
    path = services.lock_file(var_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as lock:
        if not _take(lock.fileno()):
            lock.seek(0)
            raise Occupied(
                f"Countersign already runs in {var_dir}: {lock.read().strip()}. "
                "A second copy needs a folder and a port of its own: VAR_DIR=other PORT=8001 make up"
            )
        lock.truncate(0)
        lock.write(url)
        lock.flush()
        yield


def _take(lock: int) -> bool:
    for _ in range(5):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.1)  # a command may only be looking whether somebody holds it
    return False


def prepare(var_dir: Path) -> None:
    """Folders for this run, empty where the last one's content would be wrong."""
    var_dir.chmod(0o700)
    for name in ("metrics", "broker"):
        shutil.rmtree(var_dir / "run" / name, ignore_errors=True)
    for name in ("run/metrics", "log"):
        (var_dir / name).mkdir(parents=True, exist_ok=True)
    secret = var_dir / "secret_key"
    if not secret.exists():
        write_private(secret, secrets.token_urlsafe(64))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def end_leftovers(var_dir: Path) -> int:
    """End processes of an earlier `up` of this folder that was killed; answer how many there were.

    The kernel does so on Linux; elsewhere, and for processes of killed processes, this does.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            told = process.environ() if process.pid != os.getpid() else {}
            if told.get("COUNTERSIGN_UP") == "1" and told.get("VAR_DIR") == str(var_dir):
                process.terminate()
                found.append(process)
    _, alive = psutil.wait_procs(found, timeout=8)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
    return len(found)
