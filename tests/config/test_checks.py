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


def run(tmp_path, *words: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    """Python with these arguments, in a process of its own."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSIGN_", "DJANGO_"))
    }
    return subprocess.run(
        [sys.executable, *words],
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


def start(tmp_path, **changes: str) -> "subprocess.CompletedProcess[str]":
    """Import what granian imports."""
    return run(tmp_path, "-c", "import config.wsgi", **changes)


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


@pytest.mark.parametrize(
    ("changes", "words", "said"),
    [
        ({"AUDIT_TSA_URL": "https://tsa.example.org"}, ["check"], "AUDIT_TSA_CERTIFICATES"),
        ({"TLS": ""}, ["check", "--deploy"], "TLS does not say who ends TLS"),
    ],
    ids=["time stamps", "deployment"],
)
def test_the_command_for_checks_says_so_too(tmp_path, changes: dict[str, str], words: list[str], said: str):
    done = run(tmp_path, "manage.py", *words, **changes)

    assert done.returncode == 1
    assert said in done.stderr
