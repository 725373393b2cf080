"""What the domain says no with. The message is shown to whoever was refused.

`config.problems` gives each refusal its status, code and title; a test asserts that none is missing.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong in a body: where (JSON pointer), which (code), and what to do (detail)."""

    pointer: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


class Refusal(Exception):
    """The base of every refusal."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip().split("\n", 1)[0])


class NotPermitted(Refusal):
    """You may not do this."""


class SessionRequired(Refusal):
    """This act needs a person who is signed in; keys and tokens cannot do it."""


class NotFound(Refusal):
    """There is no such thing, or it is not yours to know."""


class BadInput(Refusal):
    """Something in the body or the query has to be corrected."""

    def __init__(self, errors: Sequence[FieldError], message: str = "") -> None:
        self.errors = list(errors)
        super().__init__(message or " ".join(dict.fromkeys(error.detail for error in self.errors)))


class NotAvailableYet(BadInput):
    """This release cannot do what was asked, and does not do less silently."""


class TooManyRequests(Refusal):
    """Too many requests; wait a little."""

    def __init__(self, retry_after: int, message: str = "") -> None:
        self.retry_after = retry_after
        super().__init__(message or f"Too many requests. Try again in {retry_after} s.")


class Busy(Refusal):
    """The service cannot answer right now; nothing was changed."""

    retry_after = 1


class RangeNotSatisfiable(Refusal):
    """The file ends before the range begins."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"The file has {size} bytes; the range begins behind them.")
