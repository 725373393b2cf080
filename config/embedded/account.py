"""Whom the embedded database runs as: PostgreSQL refuses to run as root.

For anybody else it is the same user. For root (a container, mostly) it is an account of its own, made when
missing; the folders above the data and the program are opened for passing through, nothing more.
"""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "countersign"


class NoAccount(Exception):
    """Root could not make the account. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """User and group ids, None when nothing changes hands."""

    uid: int | None
    gid: int | None

    @property
    def popen_options(self) -> dict[str, Any]:
        """What `subprocess` needs to run something as it."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Make `folder`, private to the account, and let the account reach it."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)
            self.reach(folder.parent)

    def reach(self, folder: Path) -> None:
        """Let the account pass through `folder` and all above it."""
        if self.uid is None:
            return
        for step in (folder, *folder.parents):
            mode = step.stat().st_mode
            if not mode & stat.S_IXOTH:
                step.chmod(mode | stat.S_IXOTH)


def account() -> Account:
    """The account for this process's user.

    Raises:
        NoAccount: this is root, and there is no way to make one.
    """
    if os.geteuid() != 0:
        return Account(None, None)
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _make()
    return Account(entry.pw_uid, entry.pw_gid)


def _make() -> pwd.struct_passwd:
    command = shutil.which("useradd") or "/usr/sbin/useradd"
    try:
        subprocess.run(
            [command, "--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin", NAME],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoAccount(
            f"PostgreSQL does not run as root, and the account {NAME!r} for it could not be made ({error}). "
            "Run this as an ordinary user, or set DATABASE_URL."
        ) from None
    return pwd.getpwnam(NAME)
