"""config.checks: an insecure production set-up does not start, and says which variable is missing."""

import os
import secrets
import subprocess
import sys

import pytest

from config.environment import BASE_DIR

SOUND = {
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "countersign.example.org",
    "TLS": "proxy",
    "DATABASE_URL": "postgres://countersign_app:secret@127.0.0.1:1/countersign",
}


def start(tmp_path, **changes: str) -> "subprocess.CompletedProcess[str]":
    """Import what granian imports, in a process of its own."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSIGN_", "DJANGO_"))
    }
    return subprocess.run(
        [sys.executable, "-c", "import config.wsgi"],
        cwd=BASE_DIR,
        env={
            **inherited,
            **SOUND,
            "DATABASE_ADMIN_URL": "",
            "REDIS_URL": "",
            "VAR_DIR": str(tmp_path),
            **changes,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_sound_set_up_starts(tmp_path):
    done = start(tmp_path)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"SECRET_KEY": ""},
        {"SECRET_KEY": "short"},
        {"SECRET_KEY": "a" * 60},
        {"ALLOWED_HOSTS": ""},
        {"ALLOWED_HOSTS": "*"},
        {"TLS": ""},
        {"TLS": "off"},
        {"TLS": "perhaps"},
        {"DATABASE_URL": ""},
        {"EMAIL_URL": "mail.example.org"},
    ],
    ids=str,
)
def test_refuses_by_the_name_of_the_variable(tmp_path, changes: dict[str, str]):
    done = start(tmp_path, **changes)

    assert done.returncode != 0
    assert next(iter(changes)) in done.stderr.strip().splitlines()[-1]
