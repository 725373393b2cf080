"""Refusals about approvals and their policies."""

from collections.abc import Sequence

from audit.refusals import FieldError, Refusal


class AlreadyRequested(Refusal):
    """An approval of this version for this environment is being decided already."""


class NotReady(Refusal):
    """Something is missing before this can be submitted."""

    def __init__(self, errors: Sequence[FieldError], message: str = "") -> None:
        self.errors = list(errors)
        super().__init__(message or " ".join(error.detail for error in self.errors))


class AlreadyDecided(Refusal):
    """This request is decided, and what is decided does not change."""


class AlreadySigned(Refusal):
    """You have signed here already."""


class Stale(Refusal):
    """What the request is about has changed since it was submitted; it has to be submitted again."""


class WrongStage(Refusal):
    """This stage is not the one that is waiting for signatures."""


class IllegalTransition(Refusal):
    """This cannot be done in the state the request is in."""


class PolicyFixed(Refusal):
    """This approval policy is not a draft any more, so it does not change. Make a new draft."""


class Reauthenticate(Refusal):
    """Prove that it is you who signs."""

    def __init__(self, methods: Sequence[str], message: str = "") -> None:
        self.methods = list(methods)
        super().__init__(message)
