"""What the signer leaves about itself, so that a page can say how it is doing."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from audit.log.models import SignerState

_NOTED_EVERY: Final = dt.timedelta(seconds=10)


def note_signer(*, refusal: str, now: dt.datetime) -> None:
    """Keep how the signer is doing, not more often than somebody could read it."""
    state = SignerState.objects.filter(id=1).first()
    if state is not None and state.refusal == refusal and now - state.seen_at < _NOTED_EVERY:
        return
    SignerState.objects.update_or_create(id=1, defaults={"refusal": refusal, "seen_at": now})


def note_witness(name: str, *, trouble: str, now: dt.datetime) -> None:
    """Keep why a witness did not cosign, or that it did (no trouble)."""
    state, _ = SignerState.objects.get_or_create(id=1, defaults={"seen_at": now})
    if state.witnesses.get(name, "") != trouble:
        state.witnesses[name] = trouble
        state.save(update_fields=["witnesses"])


def has_witness_trouble(names: Iterable[str]) -> bool:
    """Whether one of these witnesses did not cosign when it was asked last."""
    witnesses = SignerState.objects.values_list("witnesses", flat=True).first() or {}
    return any(witnesses.get(name) for name in names)
