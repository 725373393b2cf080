"""audit/verifier.py: one file that checks receipts offline, alone in an empty folder."""

import base64
import datetime as dt
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope
from securesystemslib.signer._crypto_signer import CryptoSigner

from audit import verifier
from config.environment import BASE_DIR
from governance.gate import receipts

ASKED = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
PREDICATE = {
    "decision": "allow", "reasons": [], "model": "fraud-screen", "version": "3.2.0", "nonce": "n-1",
    "environment": "production", "asked_at": ASKED, "expires_at": ASKED + receipts.LIVES,
}  # fmt: skip

# RFC 8032, 7.1: secret is not needed, so public key, message, signature.
VECTORS = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
]  # fmt: skip


def receipt(key: Ed25519PrivateKey = KEY, **changes: Any) -> str:
    said = receipts.statement(artifacts=[("model.bin", "ab" * 32)], predicate=PREDICATE | changes)
    return json.dumps(receipts.seal(said, receipts.signer_of(key)))


def check(text: str, **given: Any) -> verifier.Report:
    keys = verifier.read_keys(PUBLIC.hex())
    return verifier.check_receipt(text, keys, **{"at": ASKED + dt.timedelta(minutes=1), **given})


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_agrees_with_the_vectors_of_the_rfc(public: str, message: str, signature: str) -> None:
    key, said, signed = (bytes.fromhex(each) for each in (public, message, signature))

    assert verifier.verify_ed25519(key, said, signed)
    assert not verifier.verify_ed25519(key, said + b"x", signed)
    assert not verifier.verify_ed25519(key, said, signed[:-1] + bytes([signed[-1] ^ 1]))
    assert not verifier.verify_ed25519(key, said, signed[:63])


@settings(max_examples=25)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 95 * 8 - 1))
def test_agrees_with_cryptography(secret: bytes, message: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(secret)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = key.sign(message)
    both = bytearray(signature + public)
    both[bit // 8] ^= 1 << bit % 8

    assert verifier.verify_ed25519(public, message, signature)
    assert not verifier.verify_ed25519(bytes(both[64:]), message, bytes(both[:64]))
    if bit < 512:
        with pytest.raises(InvalidSignature):
            key.public_key().verify(bytes(both[:64]), message)


def test_a_scalar_beyond_the_order_is_no_signature() -> None:
    key, message, signature = (bytes.fromhex(each) for each in VECTORS[1])
    s = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493

    assert not verifier.verify_ed25519(key, message, signature[:32] + s.to_bytes(32, "little"))


def test_another_implementation_reads_the_envelope() -> None:
    envelope = json.loads(receipt())

    theirs = CryptoSigner(KEY).public_key
    theirs.keyid = envelope["signatures"][0]["keyid"]

    opened = Envelope.from_dict(envelope)

    assert set(opened.verify([theirs], threshold=1)) == {theirs.keyid}


def test_says_what_it_proved_and_what_not() -> None:
    report = check(receipt(), nonce="n-1", artifacts=[("model.bin", "ab" * 32)])

    assert report.facts["decision"] == "allow"
    assert report.facts["subjects"] == [{"name": "model.bin", "sha256": "ab" * 32}]
    assert [each.split(" (")[0] for each in report.proved[2:]] == [
        "it answers the question with this nonce", "it is about model.bin", "the gate answered: allow",
    ]  # fmt: skip
    assert len(report.not_proved) == 2
    assert len(check(receipt()).not_proved) == 4


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("EXPIRED", {"at": ASKED + dt.timedelta(minutes=15)}),
        ("NOT_YET", {"at": ASKED - dt.timedelta(minutes=5)}),
        ("NONCE", {"nonce": "another"}),
        ("ARTIFACT", {"artifacts": [("other.bin", "ee" * 32)]}),
        ("DECISION", {"require": "deny"}),
    ],
)
def test_disproves(code: str, given: dict[str, Any]) -> None:
    with pytest.raises(verifier.Disproved) as caught:
        check(receipt(), **given)

    assert caught.value.code == code


def altered(**changes: Any) -> str:
    """The receipt with a statement that says something else, under the old signature."""
    envelope = json.loads(receipt())
    said = json.loads(base64.b64decode(envelope["payload"]))
    said["predicate"].update(changes)
    return json.dumps(envelope | {"payload": base64.b64encode(json.dumps(said).encode()).decode()})


@pytest.mark.parametrize(
    "text",
    [altered(decision="allow", version="3.2.1"), receipt(Ed25519PrivateKey.from_private_bytes(b"x" * 32))],
)
def test_a_changed_receipt_or_another_key_is_disproved(text: str) -> None:
    with pytest.raises(verifier.Disproved, match="No signature"):
        check(text)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"payload": 1, "signatures": []}', '{"payload": "", "payload": ""}', "[" * 99999],
)
def test_what_is_no_receipt_is_unreadable(text: str) -> None:
    with pytest.raises(verifier.Unreadable):
        check(text)


@pytest.mark.parametrize(
    "changes", [{"decision": "perhaps"}, {"expires_at": "soon"}, {"asked_at": "2026-11-20T10:00:00"}]
)
def test_what_the_key_signed_must_still_make_sense(changes: dict[str, Any]) -> None:
    with pytest.raises(verifier.Disproved) as caught:
        check(receipt(**changes))

    assert caught.value.code == "STATEMENT"


def test_takes_keys_as_they_come(tmp_path: Path) -> None:
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    listed = {"keys": [
        {"algorithm": "ml-dsa-44"},
        {"algorithm": "ed25519", "public_key": base64.b64encode(PUBLIC).decode(), "state": "retired"},
    ]}  # fmt: skip
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "keys.json").write_text(json.dumps(listed))

    for form in (PUBLIC.hex(), base64.b64encode(PUBLIC).decode(), str(tmp_path / "key.pem"), pem.decode()):
        assert verifier.read_keys(form) == [verifier.Key(PUBLIC)]
    (retired,) = verifier.read_keys(str(tmp_path / "keys.json"))
    said = verifier.check_receipt(receipt(), [retired], at=ASKED)
    assert any("retired" in each for each in said.not_proved)


@pytest.mark.parametrize(
    "given", ["", "no-such-file", "{}", '{"keys": [{}]}', "ab" * 31, "-----BEGIN X-----"]
)
def test_refuses_what_is_no_key(given: str) -> None:
    with pytest.raises(verifier.Unreadable):
        verifier.read_keys(given)


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The copied file alone: no site-packages, nothing on the path but its folder."""
    command = [sys.executable, "-I", "-S", str(folder / "verifier.py"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_runs_alone_in_an_empty_folder(tmp_path: Path) -> None:
    shutil.copy(BASE_DIR / "audit" / "verifier.py", tmp_path)
    (tmp_path / "answer.json").write_text(json.dumps({"decision": "allow", "receipt": json.loads(receipt())}))
    at = ["--at", "2026-11-20T10:05:00Z"]

    good = run(tmp_path, "receipt", "answer.json", "--key", PUBLIC.hex(), *at, "--nonce", "n-1")
    as_json = run(tmp_path, "receipt", "answer.json", "--key", PUBLIC.hex(), *at, "--json")
    late = run(tmp_path, "receipt", "answer.json", "--key", PUBLIC.hex())
    missing = run(tmp_path, "receipt", "no-such.json", "--key", PUBLIC.hex(), *at)
    when = run(tmp_path, "receipt", "answer.json", "--key", PUBLIC.hex(), "--at", "noon")

    assert (good.returncode, good.stderr) == (0, "")
    assert "allow: fraud-screen 3.2.0 in production" in good.stdout
    assert "Not proved:" in good.stdout
    assert json.loads(as_json.stdout)["facts"]["environment"] == "production"
    assert (late.returncode, late.stderr.partition(":")[0]) == (1, "EXPIRED")
    assert (missing.returncode, when.returncode) == (2, 2)
    assert run(tmp_path, "receipt").returncode == 2
