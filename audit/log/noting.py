"""What the signer leaves about itself, so that a page can say how it is doing."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from django.db import transaction

from audit.log.models import SignerState

_NOTED_EVERY: Final = dt.timedelta(seconds=10)


def note_signer(*, refusal: str, now: dt.datetime) -> None:
    """Keep how the signer is doing, not more often than somebody could read it."""
    state = SignerState.objects.filter(id=1).first()
    if state is not None and state.refusal == refusal and now - state.seen_at < _NOTED_EVERY:
        return
    SignerState.objects.update_or_create(id=1, defaults={"refusal": refusal, "seen_at": now})


@transaction.atomic
def note_place(name: str, *, trouble: str, now: dt.datetime) -> None:
    """Keep why a witness or an authority did not do what it was asked for, or that it did (no trouble)."""
    SignerState.objects.get_or_create(id=1, defaults={"seen_at": now})
    # Locked, because another thread notes another place in the same row.
    state = SignerState.objects.select_for_update().get(id=1)
    if state.witnesses.get(name, "") != trouble:
        state.witnesses[name] = trouble
        state.save(update_fields=["witnesses"])


def has_trouble(names: Iterable[str]) -> bool:
    """Whether one of these places did not do what it was asked for last."""
    places = SignerState.objects.values_list("witnesses", flat=True).first() or {}
    return any(places.get(name) for name in names)
