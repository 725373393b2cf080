"""What is posted about suspensions: pure."""

from dataclasses import dataclass
from typing import Final

from registry.systems.body import Body

LONGEST_REASON: Final = 2_000


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be suspended, by names: a system, or a model, or a version of a model."""

    system: str = ""
    model: str = ""
    version: str = ""


def read_suspension(value: object) -> tuple[Target, str]:
    """A body of `POST /suspensions`: the target and the reason.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    by_system = body.given("system")
    system = body.text("system")
    model = body.text("model", required=not by_system)
    version = body.text("version")
    if by_system and (body.given("model") or body.given("version")):
        body.refuse("system", "ONE_OF", "Name a system, or a model with or without its version; not both.")
    reason = _reason(body)
    body.finish()
    return Target(system, model, version), reason


def read_lifting(value: object) -> str:
    """A body of `POST /suspensions/{id}/lift`: the reason.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    reason = _reason(body)
    body.finish()
    return reason


def _reason(body: Body) -> str:
    return body.text("reason", required=True, longest=LONGEST_REASON)
