"""A stage for benches: databases of their own on one PostgreSQL, and web processes in front of them.

The server is that of DATABASE_ADMIN_URL (or DATABASE_URL), whose login must be able to make databases and
roles; without either an embedded one, with its durability left on.
"""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dj_database_url
import psutil
import psycopg

from audit.roles import roles_of
from config import roles
from config.embedded.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def server() -> Iterator[dict[str, Any]]:
    """psycopg's parameters of a login that may make databases."""
    url = os.environ.get("DATABASE_ADMIN_URL") or os.environ.get("DATABASE_URL")
    if url:
        yield roles.login_of(dj_database_url.parse(url))
        return
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder:
        embedded = EmbeddedPostgres(Path(folder), log=Path(folder) / "postgres.log")
        embedded.start()
        try:
            yield embedded.login
        finally:
            embedded.stop()


@contextlib.contextmanager
def database(login: dict[str, Any]) -> Iterator[dict[str, str]]:
    """A fresh, migrated database of ours; the environment that our processes need for it."""
    name, password = f"bench_{secrets.token_hex(3)}", secrets.token_urlsafe(24)
    roles.set_up(login, name, dict.fromkeys(roles.LOGINS, password))
    try:
        with tempfile.TemporaryDirectory(prefix="cs-bench-var-") as var_dir:
            environment = {
                "DATABASE_URL": _url(login, name, roles_of(name).app, password),
                "DATABASE_SEQUENCER_URL": _url(login, name, roles_of(name).sequencer, password),
                "SECRET_KEY": secrets.token_urlsafe(48),
                "ALLOWED_HOSTS": "127.0.0.1",
                "TLS": "off",
                "VAR_DIR": var_dir,
                "CALLS_PER_SECOND": "0",
                "DJANGO_SETTINGS_MODULE": "config.settings",
            }
            admin = {"DATABASE_ADMIN_URL": _url(login, name, roles_of(name).migrator, password)}
            manage(["migrate", "--database", "admin", "--verbosity", "0"], environment | admin)
            yield environment
    finally:
        roles.drop(login, name)


@contextlib.contextmanager
def floor_database(login: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The same for the floor, with a token in FLOOR_TOKEN."""
    name = f"floor_{secrets.token_hex(3)}"
    with psycopg.connect(**login, dbname="postgres", autocommit=True) as cluster:
        cluster.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        url = _url(login, name, str(login.get("user", "")), str(login.get("password", "")))
        environment = {"FLOOR_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "bench.floor.settings"}
        run(["-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"], environment)
        made = run(["-c", _MAKE_POSTER], environment)
        yield environment | {"FLOOR_TOKEN": made.strip()}
    finally:
        with psycopg.connect(**login, dbname="postgres", autocommit=True) as cluster:
            cluster.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


_MAKE_POSTER = """
import django; django.setup()
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
print(Token.objects.create(user=User.objects.create_user("poster")).key)
"""


@contextlib.contextmanager
def web(application: str, environment: Mapping[str, str], *, workers: int = 2) -> Iterator[int]:
    """granian as `manage.py up` starts it; answers the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(workers), "--blocking-threads", "48", "--http", "1", "--no-ws",
        "--log-level", "warning", application,
    ]  # fmt: skip
    with started(command, environment):
        _wait_for(port)
        yield port


@contextlib.contextmanager
def started(command: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    """A process that ends with the block. What it says goes to a file, as in production."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**_plain(), **environment}, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)
            if process.returncode not in (0, -15):
                log.seek(0)
                print(log.read().decode()[-2000:])


def processor_seconds(port: int, environment: Mapping[str, str]) -> tuple[float, float]:
    """What the web processes on `port` and those of the database have used so far."""
    name = environment["DATABASE_URL"].rsplit("/", 1)[1]
    web = database = 0.0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command, times = " ".join(process.cmdline()), process.cpu_times()
            if f"--port {port}" in command:
                web += times.user + times.system
            elif command.startswith("postgres:") and f" {name} " in command:
                database += times.user + times.system
    return web, database


def manage(arguments: list[str], environment: Mapping[str, str]) -> str:
    return run([str(ROOT / "manage.py"), *arguments], environment)


def run(arguments: list[str], environment: Mapping[str, str]) -> str:
    """Run Python; what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**_plain(), **environment},
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout.decode()


def _plain() -> dict[str, str]:
    """Our own environment without what would lead children to other services."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "DATABASE_ADMIN_URL", "REDIS_URL", "COUNTERSIGN_PROCESS")
    }


def _url(login: Mapping[str, Any], name: str, user: str, password: str) -> str:
    host = urllib.parse.quote(str(login.get("host", "")), safe="")
    port = f":{login['port']}" if login.get("port") else ""
    secret = f":{urllib.parse.quote(password, safe='')}" if password else ""
    return f"postgres://{user}{secret}@{host}{port}/{name}"


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on {port}")
