"""The page of the log: an auditor sees whether anything is late, and who else has seen the log."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.fingerprint import services as fingerprint
from audit.log import growing, noting, selectors, signing
from audit.log.models import Anchor
from audit.overview.selectors import growth
from audit.trail import sequencer
from tests import factories
from tests.sequencing import as_sequencer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outside(tmp_path: Path, settings: Any) -> None:
    settings.VAR_DIR, settings.AUDIT_LOG_KEY_FILE, settings.AUDIT_ANCHOR_FILE = tmp_path, "", ""
    settings.AUDIT_WITNESSES, settings.AUDIT_TSA_URL, settings.AUDIT_TSA_CERTIFICATES = (), "", ""


@pytest.fixture
def auditor(db: Any) -> Client:
    client = Client()
    client.force_login(factories.person("auditor"), backend="governance.access.backend.RoleBackend")
    return client


def keep(now: dt.datetime) -> None:
    """What sequencer and signer do."""
    sequencer.integrate_all()
    growing.grow()
    signing.tick(now)
    noting.note_signer(refusal="", now=now)


def text_of(client: Client) -> str:
    response = client.get("/audit/log")
    assert response.status_code == 200
    return response.content.decode()


def test_says_that_all_is_well(auditor: Client) -> None:
    fingerprint.look(now=timezone.now())
    keep(timezone.now())

    page = text_of(auditor)

    assert "Every event has its place" in page
    assert selectors.current().origin in page
    assert "Same user: not independent" in page


def test_says_in_words_what_is_late(auditor: Client) -> None:
    keep(timezone.now() - dt.timedelta(minutes=20))

    page = text_of(auditor)

    assert "Something needs a look" in page
    assert "The signer of the audit log does not run" in page
    assert "The fingerprint of the schema is older than a day" in page


def test_says_when_an_authority_stamped_it(auditor: Client, settings: Any) -> None:
    settings.AUDIT_TSA_URL, settings.AUDIT_TSA_CERTIFICATES = "https://tsa.example.org/tsr", "roots.pem"
    now = timezone.now()
    keep(now)
    row = {"kind": Anchor.TIMESTAMP, "place": "tsa.example.org/tsr", "evidence": "MAA=", "at": now}
    with as_sequencer():
        Anchor.objects.create(log=1, size=selectors.current().size, **row)

    page = text_of(auditor)

    assert "tsa.example.org/tsr" in page
    assert "an authority that stamps the time on it" in page


def test_says_why_the_signer_refuses(auditor: Client) -> None:
    noting.note_signer(refusal="The log does not continue the tree of 9 leaves.", now=timezone.now())

    assert "The log does not continue the tree of 9 leaves" in text_of(auditor)


def test_counts_the_leaves_of_each_hour(auditor: Client) -> None:
    now = timezone.now()
    keep(now - dt.timedelta(hours=2))
    before = selectors.current().size
    factories.person("reviewer")
    keep(now)

    hours = growth(selectors.current(), now)

    assert len(hours) == 24
    assert hours[-1].leaves == selectors.current().size - before
    assert hours[-3].leaves == before
    assert sum(hour.leaves for hour in hours) == selectors.current().size
