"""audit.log.witnessing: a witness cosigns only what continues what it has seen."""

import socket
import threading
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import merkle
from audit.log.witnesses import Conflict, NotCosigned, ask
from audit.log.witnesses import Witness as Known
from audit.log.witnessing import SIZE_TYPE, Answer, Witness, serving
from audit.note import Checkpoint, Signer, open_note, sign_note
from audit.notekeys import encoded

LOG = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
LEAVES = [merkle.leaf_hash(bytes([n])) for n in range(20)]
FORGED = [merkle.leaf_hash(b"forged"), *LEAVES[1:]]


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    opened = Witness(tmp_path / "witness", [LOG.verifier], name="example.net/w")
    yield opened
    opened.close()


def note(size: int, leaves: Sequence[bytes] = LEAVES, signer: Signer = LOG) -> str:
    return sign_note(Checkpoint(LOG.name, size, merkle.root_hash(leaves[:size])).text, signer)


def proof(old: int, size: int, leaves: Sequence[bytes] = LEAVES) -> list[bytes]:
    return merkle.consistency_proof(old, size, lambda start, end: merkle.root_hash(leaves[start:end]))


def call(witness: Witness, old: int, hashes: Sequence[bytes], signed: str) -> Answer:
    head = "\n".join([f"old {old}", *map(encoded, hashes)])
    return witness.add_checkpoint(f"{head}\n\n{signed}".encode(), now=1_790_000_000)


def test_cosigns_a_log_as_it_grows(witness: Witness) -> None:
    first = call(witness, 0, [], note(5))
    second = call(witness, 5, proof(5, 9), note(9))

    assert (first.status, second.status) == (HTTPStatus.OK, HTTPStatus.OK)
    opened = open_note(note(9) + second.body, [LOG.verifier, witness.signer.verifier])
    assert opened.signatures[1].timestamp == 1_790_000_000


def test_cosigns_the_same_checkpoint_again(witness: Witness) -> None:
    call(witness, 0, [], note(5))

    assert call(witness, 5, [], note(5)).status == HTTPStatus.OK


@pytest.mark.parametrize(
    ("old", "hashes", "signed", "status"),
    [
        (5, proof(5, 9, FORGED), note(9, FORGED), HTTPStatus.UNPROCESSABLE_ENTITY),
        (5, proof(5, 9), note(9, FORGED), HTTPStatus.UNPROCESSABLE_ENTITY),
        (5, [], note(9), HTTPStatus.UNPROCESSABLE_ENTITY),
        (5, [], note(5, FORGED), HTTPStatus.CONFLICT),
        (0, [], note(9), HTTPStatus.CONFLICT),
        (3, proof(3, 9), note(9), HTTPStatus.CONFLICT),
        (5, [], note(4), HTTPStatus.BAD_REQUEST),
        (5, [b"short"], note(9), HTTPStatus.BAD_REQUEST),
        (5, [bytes(32)] * 64, note(9), HTTPStatus.BAD_REQUEST),
        (
            5,
            proof(5, 9),
            note(9, signer=Signer(LOG.name, Ed25519PrivateKey.generate())),
            HTTPStatus.FORBIDDEN,
        ),
        (5, proof(5, 9), note(9).replace("example.org", "example.com"), HTTPStatus.NOT_FOUND),
        (5, proof(5, 9), "nonsense", HTTPStatus.BAD_REQUEST),
    ],
)
def test_refuses_what_does_not_continue_what_it_saw(
    witness: Witness, old: int, hashes: list[bytes], signed: str, status: HTTPStatus
) -> None:
    call(witness, 0, [], note(5))

    answer = call(witness, old, hashes, signed)

    assert answer.status == status
    assert not answer.body.startswith("\u2014")
    newest = witness.newest(LOG.name)
    assert newest is not None
    assert newest.size == 5


def test_says_the_size_it_has_seen_where_it_differs(witness: Witness) -> None:
    call(witness, 0, [], note(5))

    assert call(witness, 0, [], note(9)) == Answer(HTTPStatus.CONFLICT, "5\n", SIZE_TYPE)


def test_remembers_over_a_restart(witness: Witness, tmp_path: Path) -> None:
    call(witness, 0, [], note(5))
    witness.close()

    again = Witness(tmp_path / "witness", [LOG.verifier])

    assert again.signer.verifier == witness.signer.verifier
    assert call(again, 0, [], note(4)).status == HTTPStatus.CONFLICT
    again.close()


def test_two_witnesses_do_not_share_a_folder(witness: Witness, tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError):
        Witness(tmp_path / "witness", [LOG.verifier])


def test_of_calls_at_once_for_one_size_the_smaller_never_comes_last(witness: Witness) -> None:
    call(witness, 0, [], note(5))
    threads = [
        threading.Thread(target=call, args=(witness, 5, proof(5, size), note(size))) for size in range(6, 16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    newest = witness.newest(LOG.name)
    assert newest is not None
    assert newest.size > 5
    assert newest.root == merkle.root_hash(LEAVES[: newest.size])


def test_answers_over_http_what_the_client_verifies(witness: Witness) -> None:
    with serving(witness) as address:
        known = Known(address, witness.signer.verifier)
        signature = ask(known, note(5), 0, [])

        assert witness.signer.verifier.verifies(Checkpoint(LOG.name, 5, merkle.root_hash(LEAVES[:5])).text,
                                                signature.signature)  # fmt: skip
        with pytest.raises(Conflict) as conflict:
            ask(known, note(9), 3, proof(3, 9))
        assert conflict.value.size == 5
        with pytest.raises(NotCosigned, match="422"):
            ask(known, note(9, FORGED), 5, proof(5, 9, FORGED))
        with pytest.raises(NotCosigned, match="404"):
            ask(Known(address + "/elsewhere", known.verifier), note(9), 5, proof(5, 9))


def test_a_witness_that_answers_with_another_key_has_not_cosigned(witness: Witness) -> None:
    other = Signer("example.net/w", Ed25519PrivateKey.generate(), 4).verifier
    with serving(witness) as address, pytest.raises(NotCosigned, match="another key"):
        ask(Known(address, other), note(5), 0, [])


def test_a_witness_that_is_away_has_not_cosigned() -> None:
    with pytest.raises(NotCosigned, match="cannot be reached"):
        ask(Known("http://127.0.0.1:9", LOG.verifier), note(5), 0, [])


@pytest.mark.parametrize(
    "said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\xff"]
)
def test_a_witness_that_answers_nonsense_has_not_cosigned(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as desk:

        def answer() -> None:
            caller, _ = desk.accept()
            with caller:
                caller.recv(65536)
                caller.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(NotCosigned, match="cannot be reached"):
            ask(Known(f"http://127.0.0.1:{desk.getsockname()[1]}", LOG.verifier), note(5), 0, [])
        thread.join()
