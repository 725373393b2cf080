"""governance.gate.keys: one key in use, made once; those before it stay listed."""

import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from audit import verifier
from governance.gate import keys, receipts
from governance.gate.errors import CannotSign


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.VAR_DIR, settings.RECEIPT_KEY_FILE = tmp_path, ""
    return tmp_path / "keys"


def test_makes_a_key_that_only_its_owner_can_read(folder: Path) -> None:
    first = keys.signer()

    assert keys.signer().keyid == first.keyid
    assert [file.name for file in folder.iterdir()] == ["receipt.pem"]
    assert stat.S_IMODE((folder / "receipt.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_processes_that_start_at_once_make_one_key() -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(keys.signer().keyid)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_key_that_is_named_has_to_be_there(folder: Path, settings: Any) -> None:
    settings.RECEIPT_KEY_FILE = str(folder / "named.pem")

    with pytest.raises(CannotSign):
        keys.signer()
    folder.mkdir()
    (folder / "named.pem").write_text("nonsense")
    with pytest.raises(CannotSign):
        keys.signer()


def test_publishes_what_verifies_receipts_also_of_before_a_rotation() -> None:
    said = receipts.statement(artifacts=[(receipts.QUESTION, "ab" * 32)], predicate={"decision": "deny"})
    envelope = receipts.seal(said, keys.signer())

    former, present = keys.rotate()

    listed = keys.published()["keys"]
    assert [(each["keyid"], each["state"]) for each in listed] == [(present, "active"), (former, "retired")]
    assert {each["algorithm"] for each in listed} == {"ed25519"}
    known = [verifier.read_keys(each[form])[0] for each in listed for form in ("public_key", "pem")]
    _, key = verifier._opened(envelope, known)
    assert key.keyid == former == listed[1]["keyid"]
    assert said["subject"] == [{"name": "countersign:question", "digest": {"sha256": "ab" * 32}}]
