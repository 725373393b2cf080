"""How many answers the gate gave, for `/metrics`: by decision and kind of environment, never by name."""

from typing import Final

from prometheus_client import Counter

NOWHERE: Final = "unknown"
"""The kind of an environment that there is not; its name was the caller's to choose."""

ANSWERS = Counter(
    "countersign_gate_answers",
    "Answers of the gate with a receipt, by decision and kind of environment.",
    ["decision", "environment"],
)


def count(decision: str, kind: str) -> None:
    """Count one answer that was kept."""
    ANSWERS.labels(decision, kind or NOWHERE).inc()
