"""Gates for tests of what asks them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from registry.deployments import hooks
from registry.deployments.hooks import GateAnswer, Reason


@contextmanager
def gate(says: Mapping[str, str] | None = None, *, otherwise: str = "allow") -> Iterator[list[str]]:
    """A gate that says `allow`, `warn` or `deny` by version, or crashes; the versions it was asked about."""
    asked: list[str] = []

    def answer(*, version: Any, environment: Any, actor: Any, now: Any) -> GateAnswer:
        asked.append(version.version)
        said = (says or {}).get(version.version, otherwise)
        if said == "crash":
            raise RuntimeError("the gate fell over")
        reasons = [] if said == "allow" else [Reason("NOT_SIGNED", f"{version} lacks a signature.")]
        return GateAnswer(said, reasons)  # type: ignore[arg-type]  # also what no gate may say

    before, hooks.gate = hooks.gate, answer
    try:
        yield asked
    finally:
        hooks.gate = before


@contextmanager
def no_gate() -> Iterator[None]:
    """As before the wing above has filled one in."""
    before, hooks.gate = hooks.gate, None
    try:
        yield
    finally:
        hooks.gate = before
