"""manage.py audit_verify: every kept time stamp is about its checkpoint, and a trusted authority gave it."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from audit.checking.findings import Findings
from audit.checking.stamps import check_stamps
from audit.log import authority, selectors
from audit.log.models import Anchor
from tests import factories
from tests.audit.bundles.conftest import sign  # noqa: F401  # a fixture
from tests.sequencing import as_sequencer
from tests.tsa import Tsa, needs_openssl

pytestmark = [pytest.mark.usefixtures("db"), needs_openssl]

Keep = Callable[[bytes], None]


@pytest.fixture
def tsa(tmp_path: Path, settings: Any) -> Tsa:
    found = Tsa(tmp_path / "tsa")
    settings.AUDIT_TSA_CERTIFICATES = str(found.roots)
    return found


@pytest.fixture
def note(sign: Callable[[], None]) -> bytes:  # noqa: F811
    """The newest checkpoint, signed."""
    factories.system()
    sign()
    checkpoint = selectors.newest_checkpoint()
    assert checkpoint is not None
    return checkpoint.note.encode()


def keep(token: bytes) -> None:
    """What the signer does with a token, and what somebody with the database could do with any."""
    size = selectors.current().size
    evidence = base64.b64encode(token).decode()
    with as_sequencer():
        Anchor.objects.create(
            log=1, size=size, kind=Anchor.TIMESTAMP, place="t", evidence=evidence, at=timezone.now()
        )


def checked(newest: int | None = None) -> Findings:
    findings = Findings()
    check_stamps(findings, newest=newest)
    return findings


def not_checked(findings: Findings) -> list[str]:
    return [each for each in findings.not_proved if "not checked" in each]


def test_stamps_that_hold_are_counted(tsa: Tsa, note: bytes) -> None:
    keep(tsa.token(note))

    findings = checked()

    assert (findings.listed, findings.counts["time stamps"], not_checked(findings)) == ([], 1, [])
    assert checked(newest=20).counts["time stamps"] == 1


def test_a_log_without_stamps_has_nothing_to_say() -> None:
    findings = checked()

    assert (findings.counts, not_checked(findings)) == ({}, [])


def test_a_stamp_of_something_else_is_found(tsa: Tsa, note: bytes) -> None:
    keep(tsa.token(note + b"\n"))

    assert "about something else" in checked().listed[0]["detail"]


def test_a_stamp_of_an_authority_that_nobody_trusts_is_found(tsa: Tsa, note: bytes, tmp_path: Path) -> None:
    keep(Tsa(tmp_path / "another").token(note))

    findings = checked()

    assert findings.codes == {"TIMESTAMP": 1}
    assert "does not hold" in findings.listed[0]["detail"]


def test_a_signature_that_was_changed_is_found(tsa: Tsa, note: bytes) -> None:
    token = tsa.token(note)
    keep(token[:-1] + bytes([token[-1] ^ 1]))

    assert checked().codes == {"TIMESTAMP": 1}


def test_what_is_no_stamp_is_found(tsa: Tsa, note: bytes) -> None:
    keep(b"nonsense")

    assert checked().codes == {"TIMESTAMP": 1}


def test_without_certificates_the_signatures_are_not_checked_and_that_is_said(
    tsa: Tsa, note: bytes, settings: Any
) -> None:
    keep(tsa.token(note))
    settings.AUDIT_TSA_CERTIFICATES = ""

    findings = checked()

    assert findings.ok
    assert "AUDIT_TSA_CERTIFICATES" in not_checked(findings)[0]


def test_without_the_optional_package_what_a_stamp_is_about_is_checked_still(
    tsa: Tsa, note: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tsa.token(note))
    keep(tsa.token(b"something else"))
    monkeypatch.setattr(authority, "is_installed", lambda: False)

    findings = checked()

    assert findings.codes == {"TIMESTAMP": 1}
    assert "rfc3161-client" in not_checked(findings)[0]
