"""The database, the cache and the broker, in the words of Django and Celery."""

from pathlib import Path
from typing import Any

import dj_database_url

from audit.roles import roles_of
from config import environment
from config.services import Services

SEQUENCING = ("sequencer", "signer")
"""Processes with a login of their own."""


def databases(found: Services, *, process: str, var_dir: Path) -> dict[str, dict[str, Any]]:
    """The login of this process as `default`; the migrator's as `admin`, the auditor's as `auditor`.

    The last two only where this process was given them.
    """
    if not found.database:
        # Nothing listens there: what needs the database says how to start it (see manage.py).
        nothing = _database("postgres:///countersign", process)
        return {"default": nothing | {"HOST": str(var_dir / "run" / "nothing")}}
    own = found.sequencer if process in SEQUENCING else ""
    default = _database(own or found.database, process)
    if process == "web":
        # Threads that wait for outcomes hold no connection; a thread that finds none for 5 s answers 503.
        size = environment.DATABASE_POOL_SIZE.read()
        default["OPTIONS"]["pool"] = {
            "min_size": min(2, size),
            "max_size": size,
            "timeout": 5,
            "reconnect_timeout": 2,
        }
    else:
        # A pool that was opened before a fork is dead in the child.
        default["CONN_MAX_AGE"] = 600
        default["CONN_HEALTH_CHECKS"] = True
    made = {"default": default}
    if found.admin:
        made["admin"] = _database(found.admin, process)
        made["admin"]["OPTIONS"]["assume_role"] = roles_of(made["admin"]["NAME"]).owner
    if found.auditor:
        made["auditor"] = _database(found.auditor, process)
    return made


def _database(url: str, process: str) -> dict[str, Any]:
    parsed: dict[str, Any] = dict(dj_database_url.parse(url, engine="config.postgresql"))
    named = {"application_name": f"countersign {process}", "connect_timeout": 5}
    return parsed | {"OPTIONS": named | parsed.get("OPTIONS", {})}


def caches(found: Services, *, prefix: str) -> dict[str, dict[str, Any]]:
    """Redis, else the memory of each process."""
    if not found.cache:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    backend = "django.core.cache.backends.redis.RedisCache"
    return {"default": {"BACKEND": backend, "LOCATION": found.cache, "KEY_PREFIX": prefix}}


def broker(found: Services, *, prefix: str, var_dir: Path) -> dict[str, Any]:
    """Celery's `broker_url`, `broker_transport` and `broker_transport_options`."""
    if found.broker.startswith("redis"):
        options = {"global_keyprefix": f"{prefix}:", "socket_connect_timeout": 2}
        return {"url": found.broker, "transport": None, "options": options}
    if found.broker:
        return {"url": found.broker, "transport": None, "options": {}}
    folder = var_dir / "run" / "broker"
    return {
        # Named by its own setting: kombu takes no import path from an address.
        "url": "filesystem://localhost",
        "transport": "config.embedded.broker:Transport",
        "options": {
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "processed_folder": str(folder / "taken"),
            "control_folder": str(folder / "control"),
            "polling_interval": 0.1,
        },
    }
