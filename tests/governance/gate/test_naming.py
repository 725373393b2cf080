"""governance.gate.naming: the log names every key of receipts before it signs one."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import connection, transaction
from django.utils import timezone

from audit import verifier
from audit.bundles.models import Bundle
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.gate import keys, naming, receipts
from tests import factories
from tests.audit.bundles.conftest import made, own_folder, sign  # noqa: F401  # fixtures
from tests.audit.bundles.test_life import ask, checked

NOW = timezone.now()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.VAR_DIR, settings.RECEIPT_KEY_FILE = tmp_path, ""
    monkeypatch.setattr(naming, "_named", set())
    return tmp_path / "keys"


def named() -> list[str]:
    bodies = Event.objects.filter(kind=verifier.RECEIPT_KEY).order_by("seq").values_list("body", flat=True)
    return [orjson.loads(bytes(body))["details"]["keyid"] for body in bodies]


def crash(change: Callable[[], object]) -> None:
    """Do it, and die before the commit."""
    with pytest.raises(KeyboardInterrupt):
        _crash(change)


@transaction.atomic
def _crash(change: Callable[[], object]) -> None:
    change()
    raise KeyboardInterrupt


def test_names_a_key_once_however_many_sign_with_it(committed_db: Any) -> None:
    signer = keys.signer()

    def run() -> None:
        naming._named.clear()  # as a process of its own
        naming.name(signer, now=NOW)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert named() == [signer.keyid]


def test_what_was_not_committed_is_named_again(committed_db: Any) -> None:
    crash(lambda: naming.name(keys.signer(), now=NOW))
    assert named() == []

    naming.name(keys.signer(), now=NOW)

    assert named() == [keys.signer().keyid]


def test_a_change_that_crashed_before_its_commit_is_named_by_the_first_answer(committed_db: Any) -> None:
    former = keys.signer().keyid
    crash(lambda: naming.rotate(now=NOW))
    present = keys.signer()
    assert present.keyid != former

    naming.name(present, now=NOW)

    assert named() == [present.keyid]
    assert [each["keyid"] for each in keys.published()["keys"]] == [present.keyid, former]


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{}, {"system": "payments"}])
def test_a_receipt_is_checked_by_the_keys_that_a_bundle_names(
    made: Callable[[Bundle], Bundle],  # noqa: F811
    tmp_path: Path,
    body: Any,
) -> None:
    factories.system("payments")
    said = receipts.statement(
        artifacts=[(receipts.QUESTION, "ab" * 32)],
        predicate={"decision": "deny", "asked_at": NOW, "expires_at": NOW + receipts.LIVES},
    )
    envelope = receipts.seal(said, keys.signer())
    former, present = naming.rotate(now=NOW)

    report = checked(made(ask(body)))

    listed = report.facts["receipt_keys"]
    assert [(each["keyid"], each["state"]) for each in listed] == [(former, "retired"), (present, "active")]
    assert listed[0]["retired_by"] == listed[0]["named_by"] + 1
    assert any(f"the key {present}, named by event {listed[1]['named_by']}" in each for each in report.proved)
    (tmp_path / "report.json").write_text(json.dumps({"ok": True, **report._asdict()}))
    found = verifier.check_receipt(
        json.dumps(envelope), verifier.read_keys(str(tmp_path / "report.json")), at=NOW
    )
    assert found.facts["keyid"] == former


@pytest.mark.django_db
@pytest.mark.usefixtures("forging")
def test_a_key_that_is_not_what_the_log_calls_it_is_disproved(
    made: Callable[[Bundle], Bundle],  # noqa: F811
) -> None:
    naming.name(receipts.Signer(keys.signer().key, "ab" * 32), now=NOW)

    with pytest.raises(verifier.Disproved, match="calls a key of receipts"):
        checked(made(ask({})))


@pytest.mark.django_db
@pytest.mark.usefixtures("forging")
@pytest.mark.parametrize("former", [["x"], {"x": 1}, None, 7])
def test_an_event_of_another_shape_breaks_nothing(
    made: Callable[[Bundle], Bundle],  # noqa: F811
    former: Any,
) -> None:
    details = {"former": former, "present": 1}
    trail.remark(
        kind=verifier.RECEIPT_KEY_CHANGED, actor=OPERATOR, entity_type="receipt_key", details=details, now=NOW
    )

    assert checked(made(ask({}))).facts["receipt_keys"] == []
