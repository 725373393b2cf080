"""Why something may not happen now, each reason with a code for programs and a sentence. Pure."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason."""

    code: str
    """SCREAMING_SNAKE, stable."""
    detail: str
    """A sentence that says what is missing or what to do."""

    def as_json(self) -> dict[str, str]:
        return asdict(self)
