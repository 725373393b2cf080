"""A local redis-server or valkey-server as broker and cache, where the machine has one."""

import shutil
from pathlib import Path

from config.embedded.postgres import socket_folder
from config.embedded.programs import Program


def redis_program(folder: Path) -> tuple[Program, str] | None:
    """The program and its address, as for `REDIS_URL`; None where there is no such server.

    Nothing is saved: PostgreSQL holds the state, messages only wake workers up.
    """
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    if server is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    sockets = socket_folder(folder)
    sockets.mkdir(mode=0o700, exist_ok=True)
    socket = sockets / "redis.sock"
    command: tuple[str, ...] = (server, "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700")
    command += ("--save", "", "--appendonly", "no", "--dir", str(folder), "--daemonize", "no")
    return Program("redis", "command", command), f"unix://{socket}"
