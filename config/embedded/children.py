"""Processes that end with their parent, whatever way it ends."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
LONGEST_LOG = 10 * 1024 * 1024

# Loaded here, because nothing may be loaded between fork and exec.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def spawn(
    command: list[str],
    *,
    log: Path | None,
    on_parents_death: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> "subprocess.Popen[bytes]":
    """Start `command` in a group of its own, so that Ctrl-C reaches only the parent, which ends it in order.

    Its output is added to `log`. On Linux the kernel sends it `on_parents_death` when the thread that
    called this dies: call it from the main thread.
    """
    output: Any = None
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        keep_short(log)
        output = log.open("ab")
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=None if env is None else dict(env),
            start_new_session=True,
            preexec_fn=_die_with(os.getpid(), on_parents_death),
            **options,
        )
    finally:
        if output is not None:
            output.close()


def keep_short(log: Path) -> None:
    """Empty a log that has grown long; its last content is kept beside it.

    In place, because whoever writes it has it open for appending.
    """
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        shutil.copyfile(log, log.with_suffix(".log.old"))
        os.truncate(log, 0)


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """Kill whatever is left of a child's group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # macOS answers EPERM for a group of zombies.
        return


def _die_with(parent: int, number: signal.Signals) -> Callable[[], None]:
    def ask_kernel() -> None:
        if _prctl is not None:
            _prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
            if os.getppid() != parent:  # it died before we could ask
                os.kill(os.getpid(), number)

    return ask_kernel
