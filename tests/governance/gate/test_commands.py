"""manage.py gate and receipt_key: the exit status is the answer."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from audit.trail.models import Event
from governance.gate import keys
from tests.governance.gate.conftest import Said
from tests.registry.factories import make_model, make_version

pytestmark = pytest.mark.django_db


def gate(*arguments: str, model: str = "fraud-screen") -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    named = ["--model", model, "--version", "1.0", "--environment", "production"]
    with pytest.raises(SystemExit) as caught:
        call_command("gate", *named, *arguments, stdout=out, stderr=err, skip_checks=True)
    assert isinstance(caught.value.code, int)
    return caught.value.code, out.getvalue().strip(), err.getvalue().strip()


@pytest.fixture(autouse=True)
def version(said: Said) -> None:
    make_version(make_model(slug="fraud-screen"), "1.0")


def test_says_yes(said: Said) -> None:
    assert gate() == (0, "allow", "")
    status, out, _ = gate("--json", "--context", '{"tests": "green"}', "--nonce", "n")
    assert (status, json.loads(out)["decision"]) == (0, "allow")


def test_warns_on_standard_error(said: Said) -> None:
    assert said.approval is not None
    said.approval.revalidation = "overdue"

    status, out, err = gate()

    assert (status, out, err.partition(":")[0]) == (0, "warn", "REVALIDATION_OVERDUE")


def test_says_no(said: Said) -> None:
    said.approval = None

    assert gate() == (1, "deny", "NOT_APPROVED: Nobody has asked for an approval.")
    assert gate(model="no-such")[0] == 1


def test_cannot_tell(settings: Any) -> None:
    assert gate("--context", "{")[0] == 2
    assert gate("--artifact", "xy")[0] == 2
    settings.RECEIPT_KEY_FILE = "/nowhere/key.pem"
    assert gate()[0] == 2


def test_rotates_the_key_and_says_so() -> None:
    first = keys.signer().keyid
    out = io.StringIO()

    call_command("receipt_key", "rotate", stderr=io.StringIO(), skip_checks=True)
    call_command("receipt_key", "list", stdout=out, skip_checks=True)

    assert keys.signer().keyid != first
    assert first in out.getvalue()
    assert Event.objects.filter(kind="governance.receipt_key.rotated").count() == 1
