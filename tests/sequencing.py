"""Taking the sequencer's role for a moment, as the processes `sequencer` and `signer` have it for good."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from audit.log import growing, noting, services, signing, stamping, witnesses
from audit.roles import roles_of
from audit.trail import sequencer

STEPS: tuple[tuple[Any, str], ...] = (
    (sequencer, "_integrate"),
    (growing, "grow"),
    (signing, "tick"),
    (services, "beat"),
    (services, "restart"),
    (services, "adopt"),
    (services, "rotate_key"),
    (noting, "note_signer"),
    (noting, "note_place"),
    (witnesses, "show_newest"),
    (stamping, "stamp_newest"),
)
"""What the sequencer's login does."""


@contextmanager
def as_sequencer() -> Iterator[None]:
    """Inside, statements are those of the sequencer's role.

    Not of its login: that would see nothing of a test's open transaction. The suite's login is a member of
    the role, but inherits nothing from it.
    """
    role = roles_of(str(connection.settings_dict["NAME"])).sequencer
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (before,) = cursor.fetchone()
        cursor.execute(f'SET ROLE "{role}"')
    try:
        yield
    finally:
        if not connection.needs_rollback and connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute(f'SET ROLE "{before}"')


def patch(monkeypatch: pytest.MonkeyPatch) -> None:
    """For this test, each of `STEPS` takes the role while it runs."""
    for module, name in STEPS:
        monkeypatch.setattr(module, name, _stepping(getattr(module, name)))


def _stepping(step: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(step)
    def stepping(*arguments: Any, **named: Any) -> Any:
        with as_sequencer():
            return step(*arguments, **named)

    return stepping
