"""audit.proof: the file with one leaf's proof."""

import base64

import pytest

from audit.note import InvalidNote
from audit.proof import HEADER, Proof
from tests.vectors import tlog_vectors

HASH = base64.b64encode(bytes(32)).decode()


def test_is_written_and_read() -> None:
    proof = Proof(7, (bytes(32),), "note\n", b"more")

    assert proof.text == f"{HEADER}\nextra bW9yZQ==\nindex 7\n{HASH}\n\nnote\n"
    assert Proof.parse(proof.text) == proof


@pytest.mark.parametrize(
    "text",
    [
        "", HEADER,
        f"{HEADER}\n\nnote\n", f"{HEADER}\nindex 07\n\nnote\n", f"{HEADER}\nindex 0\nAAAA\n\nnote\n",
        f"{HEADER}\nindex 0\n\n", f"{HEADER}\nindex 0\n" + f"{HASH}\n" * 64 + "\nnote\n",
    ],
)  # fmt: skip
def test_refuses_what_is_no_proof(text: str) -> None:
    with pytest.raises(InvalidNote):
        Proof.parse(text)


def test_agrees_with_the_vectors_of_others() -> None:
    vectors = tlog_vectors().get("tlog_proof_format", {})
    for vector in vectors.get("marshal", []):
        proof = Proof(vector["index"], tuple(map(base64.b64decode, vector["hashes"])), vector["checkpoint"])
        assert proof.text == vector["want"]
        assert Proof.parse(vector["want"]) == proof
    for text in vectors.get("must_fail", []):
        with pytest.raises(InvalidNote):
            Proof.parse(text)
