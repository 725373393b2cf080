"""What tests of bundles share: a log that is signed by a key of theirs."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from audit.bundles import tasks
from audit.bundles.models import Bundle
from audit.log import growing, selectors
from audit.log.models import Anchor, Checkpoint
from audit.trail import sequencer
from tests.audit.verifier.builder import COSIGNER, Signer
from tests.sequencing import as_sequencer


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of one test is there for another, and no worker is called."""
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr("audit.bundles.notifications.wake_worker", lambda *_, **__: None)


def signer() -> Signer:
    return Signer(selectors.current().origin, b"s" * 32)


@pytest.fixture
def sign() -> Callable[[], None]:
    """Order the events, grow the tree, sign it and anchor it."""

    def signed() -> None:
        while sequencer.integrate_all():
            pass
        while growing.grow():
            pass
        log = selectors.current()
        root = base64.b64encode(bytes(log.root)).decode()
        text = f"{log.origin}\n{log.size}\n{root}\n"
        note, now = f"{text}\n{signer().line(text)}", timezone.now()
        shown = ((Anchor.FILE, note), (Anchor.WITNESS, COSIGNER.line(text)))
        with as_sequencer():
            Checkpoint.objects.bulk_create(
                [Checkpoint(log=log.number, size=log.size, root=log.root, note=note, signed_at=now)]
            )
            Anchor.objects.bulk_create(
                Anchor(log=log.number, size=log.size, kind=kind, place="p", evidence=evidence, at=now)
                for kind, evidence in shown
            )

    return signed


@pytest.fixture
def made(sign: Callable[[], None]) -> Callable[[Bundle], Bundle]:
    """Sign what there is and run the worker's task on a bundle."""

    def make(bundle: Bundle) -> Bundle:
        sign()
        tasks.run_bundle(bundle_id=str(bundle.pk))
        bundle.refresh_from_db()
        return bundle

    return make
