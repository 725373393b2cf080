"""audit.log.witnesses and standing: checkpoints are shown, cosignatures kept, and what is late is said."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from audit.log import keys, noting, selectors, signing, witnesses
from audit.log.errors import CannotSign
from audit.log.models import Anchor, SignerState
from audit.log.standing import standing
from audit.log.witnessing import Witness, serving
from audit.note import Verifier, open_note, sign_note
from tests.audit.log.test_signing import MINUTE, rewrite, tamper
from tests.sequencing import as_sequencer
from tests.servers import TestDatabase

pytestmark = pytest.mark.usefixtures("committed_db", "outside")

NOW = timezone.now()
Grow = Callable[[int], None]


@pytest.fixture
def witness(outside: Path, settings: Any) -> Iterator[Verifier]:
    """A witness that knows the log, and that the settings name."""
    origin = selectors.current().origin
    opened = Witness(outside / "witness", [keys.signer(origin).verifier], name="example.net/w")
    with serving(opened) as address:
        settings.AUDIT_WITNESSES = (f"{address} {opened.signer.verifier.vkey}",)
        yield opened.signer.verifier
    opened.close()


def test_a_cosignature_is_kept_and_served_with_the_checkpoint(witness: Verifier, grow: Grow) -> None:
    grow(3)
    signing.tick(NOW)
    first = witnesses.show_newest(NOW)
    grow(4)
    checkpoint = signing.tick(NOW + MINUTE)

    assert [first, witnesses.show_newest(NOW + MINUTE), witnesses.show_newest(NOW + MINUTE)] == [1, 1, 0]
    assert checkpoint is not None
    served = witnesses.cosigned_note(checkpoint)
    log_key = keys.signer(selectors.current().origin).verifier
    assert len(open_note(served, [log_key, witness]).signatures) == 2
    assert served.startswith(checkpoint.note)


def test_asks_again_from_the_size_that_the_witness_has_seen(
    witness: Verifier, grow: Grow, django_db_setup: TestDatabase
) -> None:
    grow(3)
    signing.tick(NOW)
    witnesses.show_newest(NOW)
    tamper(django_db_setup, "audit_anchor", "DELETE FROM audit_anchor")
    grow(2)
    signing.tick(NOW + MINUTE)

    assert witnesses.show_newest(NOW + MINUTE) == 1


def test_a_log_that_was_rewritten_and_signed_again_is_not_cosigned(
    witness: Verifier, grow: Grow, django_db_setup: TestDatabase
) -> None:
    grow(3)
    signing.tick(NOW)
    witnesses.show_newest(NOW)
    rewrite(django_db_setup, 5)
    resign(django_db_setup)

    assert witnesses.show_newest(NOW + MINUTE) == 0

    assert noting.has_trouble(["example.net/w"])
    assert "422" in SignerState.objects.get().witnesses["example.net/w"]


def test_a_log_that_was_cut_and_signed_again_is_not_cosigned(
    witness: Verifier, grow: Grow, django_db_setup: TestDatabase
) -> None:
    grow(3)
    signing.tick(NOW)
    witnesses.show_newest(NOW)
    rewrite(django_db_setup, 2)
    resign(django_db_setup)
    tamper(django_db_setup, "audit_anchor", "DELETE FROM audit_anchor")

    assert witnesses.show_newest(NOW + MINUTE) == 0

    assert "the log was longer before" in SignerState.objects.get().witnesses["example.net/w"]


def resign(database: TestDatabase) -> None:
    """Somebody with the key and the database, but without the anchors of others."""
    log = selectors.current()
    tamper(database, "audit_checkpoint", "DELETE FROM audit_checkpoint")
    note = sign_note(signing.head_of(log).text, keys.signer(log.origin))
    with transaction.atomic(), as_sequencer():
        signing._insert(log, note, now=NOW)


@pytest.mark.parametrize("named", ["nonsense", "ftp://x a+b+c", "http://127.0.0.1:1"])
def test_a_witness_that_is_named_wrongly_is_said_at_once(settings: Any, named: str) -> None:
    settings.AUDIT_WITNESSES = (named,)

    with pytest.raises(CannotSign, match="AUDIT_WITNESSES"):
        witnesses.configured()


def test_a_log_in_order_has_nothing_to_say(witness: Verifier, grow: Grow) -> None:
    grow(3)
    signing.tick(NOW)
    witnesses.show_newest(NOW)
    noting.note_signer(refusal="", now=NOW)
    assert not noting.has_trouble(["example.net/w"])

    found = standing(NOW + dt.timedelta(seconds=30))

    assert found.warnings == []
    assert (found.size, found.checkpoint and found.checkpoint.size) == (3, 3)
    assert [(place.kind, place.name, place.size) for place in found.places] == [
        (Anchor.FILE, "log.jsonl", 3),
        (Anchor.WITNESS, "example.net/w", 3),
    ]


def test_what_is_late_is_said_in_words(witness: Verifier, grow: Grow) -> None:
    grow(3)
    signing.tick(NOW)
    noting.note_signer(refusal="", now=NOW)
    noting.note_place("example.net/w", trouble="it cannot be reached: URLError", now=NOW)

    found = standing(NOW + 20 * MINUTE)

    assert found.warnings == [
        "the signer of the audit log does not run",
        "the last checkpoint of the audit log is older than ten minutes",
        "log.jsonl has not seen the audit log for long",
        "example.net/w has not seen the audit log for long: it cannot be reached: URLError",
    ]


def test_a_refusal_of_the_signer_is_said_in_its_own_words() -> None:
    noting.note_signer(refusal="The log was cut.", now=NOW)

    assert standing(NOW).warnings == ["the signer refuses: The log was cut."]


def test_a_witness_that_is_named_wrongly_is_said_on_the_page(settings: Any) -> None:
    settings.AUDIT_WITNESSES = ("nonsense",)

    assert any("AUDIT_WITNESSES" in warning for warning in standing(NOW).warnings)
