"""The processes of one copy, as commands. `docs/how-to/operate.md` runs the same ones as services."""

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config import environment

CELERY = (sys.executable, "-m", "celery", "--app", "config", "--quiet")
WORKER = ("worker", "--pool", "threads", "--without-gossip", "--without-mingle", "--without-heartbeat")


@dataclass(frozen=True, slots=True)
class Program:
    """Something that runs as long as the copy does."""

    name: str
    process: str
    """What `COUNTERSIGN_PROCESS` says."""
    command: tuple[str, ...]


def programs(*, port: int, environ: Mapping[str, str] | None = None) -> tuple[list[Program], list[Program]]:
    """First web and the sequencer, which somebody waits for, then the signer, two workers and the clock."""
    level = environment.LOG_LEVEL.read(environ)
    web = (
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(environment.WEB_PROCESSES.read(environ)),
        "--blocking-threads", str(environment.WEB_THREADS.read(environ)),
        "--http", "1", "--no-ws", "--respawn-failed-workers", "--workers-kill-timeout", "5s",
        "--log-level", "warning", "config.wsgi:application",
    )  # fmt: skip
    threads = str(environment.WORKER_THREADS.read(environ))
    schedule = str(environment.VAR_DIR.read(environ) / "run" / "beat")
    first = [
        Program("web", "web", web),
        Program("sequencer", "sequencer", (sys.executable, "manage.py", "sequencer")),
    ]
    later = [
        Program("signer", "signer", (sys.executable, "manage.py", "signer")),
        Program("worker", "worker", (*CELERY, *WORKER, "-c", threads, "-Q", "countersign", "-l", level)),
        # Long work has a worker of its own, or the clock would wait for it.
        Program("exporter", "worker", (*CELERY, *WORKER, "-c", "1", "-Q", "export", "-l", level)),
        Program("clock", "beat", (*CELERY, "beat", "--schedule", schedule, "-l", level)),
    ]
    return first, later


def child_environment(*, var_dir: Path, port: int, process: str) -> dict[str, str]:
    """What every child is told beside what this process was told itself."""
    found = {
        # Threads of numerical libraries spin while they wait for each other on a busy machine.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "COUNTERSIGN_UP": "1",
        "COUNTERSIGN_PROCESS": process,
        "VAR_DIR": str(var_dir),
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    # Its mere presence decides, so it is there for web processes only.
    found.pop("PROMETHEUS_MULTIPROC_DIR", None)
    if process == "web":
        found["PROMETHEUS_MULTIPROC_DIR"] = str(var_dir / "run" / "metrics")
    return found


def port_is_free(port: int) -> bool:
    """Whether this machine lets us listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
