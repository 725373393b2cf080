"""Which database and broker this process uses: named by the environment, or started by `manage.py up`.

No Django import: `config.settings` asks before Django is set up.
"""

import fcntl
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config import environment

OTHER_LOGINS = ("admin", "sequencer", "auditor")
"""Further logins to the same database: they come from where its address comes from."""


@dataclass(frozen=True, slots=True)
class Services:
    """Addresses. An empty one is a service that is not there."""

    database: str = ""
    admin: str = ""
    broker: str = ""
    cache: str = ""
    sequencer: str = ""
    auditor: str = ""


def named(environ: Mapping[str, str] | None = None) -> Services:
    """What the environment says."""
    database = environment.DATABASE_URL.read(environ)
    broker, cache = of_redis(environment.REDIS_URL.read(environ))
    return Services(
        database=database,
        # Without the application's login it could be the address of anything.
        admin=environment.DATABASE_ADMIN_URL.read(environ) if database else "",
        broker=environment.BROKER_URL.read(environ) or broker,
        cache=cache,
        sequencer=environment.DATABASE_SEQUENCER_URL.read(environ) if database else "",
        auditor=environment.DATABASE_AUDITOR_URL.read(environ) if database else "",
    )


def of_redis(url: str) -> tuple[str, str]:
    """What Celery and what the cache call the Redis at `url`: for sockets they disagree."""
    return (f"redis+socket://{url.removeprefix('unix://')}" if url.startswith("unix://") else url), url


def started(environ: Mapping[str, str] | None = None) -> Services:
    """What a running `manage.py up` has started for `VAR_DIR`."""
    var_dir = environment.VAR_DIR.read(environ)
    if not is_up(var_dir):
        return Services()
    try:
        return Services(**json.loads(run_file(var_dir).read_text()))
    except FileNotFoundError:  # it has only begun to start, or is about to end
        return Services()


def find(environ: Mapping[str, str] | None = None) -> Services:
    """Service by service what the environment names, else what was started. No database: not running."""
    first, second = named(environ), started(environ)
    return Services(
        database=first.database or second.database,
        broker=first.broker or second.broker,
        cache=first.cache or second.cache,
        **{login: getattr(first if first.database else second, login) for login in OTHER_LOGINS},
    )


def why_unreachable(error: Exception) -> str:
    """What to tell somebody whose command found no database, and how to start it."""
    if environment.DATABASE_URL.read():
        return (
            f"The database of DATABASE_URL does not answer: {error}\n"
            "Start it, then Countersign with `manage.py up`."
        )
    var_dir = environment.VAR_DIR.read()
    return (
        f"Countersign is not running in {var_dir}. Start it with `make up` (or `manage.py up`) and try again."
    )


def run_file(var_dir: Path) -> Path:
    """Where `manage.py up` leaves the addresses of what it started."""
    return var_dir / "run" / "database.json"


def lock_file(var_dir: Path) -> Path:
    """Locked by `manage.py up` as long as it lives, however it dies."""
    return var_dir / "run" / "up.lock"


def is_up(var_dir: Path) -> bool:
    """Whether a `manage.py up` holds this folder."""
    try:
        with lock_file(var_dir).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
