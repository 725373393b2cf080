"""Refusals of the intake."""

from audit.refusals import BadInput, Refusal


class MalformedJson(Refusal):
    """The body is not JSON that every reader understands in the same way."""


class UnknownField(BadInput):
    """The body has a member that the contract does not know; nothing is ignored silently."""


class UnknownModel(Refusal):
    """There is no such model, or it is not yours to post for."""


class ExternalIdConflict(Refusal):
    """This model has another prediction with this external_id already; its content differs."""


class AlreadyFinal(Refusal):
    """This prediction is final already."""


class NotFinal(Refusal):
    """People are deciding this prediction already; there is no outcome to dispute yet."""


class TooMuch(BadInput):
    """The body is larger than this address takes; nothing of it was kept."""


class BrokenEncoding(Refusal):
    """The body is not what its Content-Encoding says."""


class KeyEnded(Refusal):
    """This key is unknown, expired or revoked."""


class PredictionErased(Refusal):
    """The content of this prediction was erased; there is nothing left to decide about."""
