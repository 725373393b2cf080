"""audit.note: signed notes, keys, cosignatures and checkpoints, by examples of others and ours."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.merkle import EMPTY_ROOT
from audit.note import (
    COSIGNATURE,
    Checkpoint,
    InvalidNote,
    Signer,
    Verifier,
    open_note,
    sign_note,
    split_note,
)
from tests.vectors import tlog_vectors

SIGNER = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
WITNESS = Signer("example.net/witness", Ed25519PrivateKey.from_private_bytes(b"w" * 32), COSIGNATURE)
TEXT = f"example.org/log\n0\n{base64.b64encode(EMPTY_ROOT).decode()}\n"
NOTE = sign_note(TEXT, SIGNER)
VKEY = SIGNER.verifier.vkey


def test_opens_what_it_signed() -> None:
    note = open_note(NOTE, [VKEY])

    assert note.text == TEXT
    assert [each.name for each in note.signatures] == ["example.org/log"]
    assert open_note(NOTE.encode(), [SIGNER.verifier]) == note


def test_signs_the_same_bytes_every_time() -> None:
    assert sign_note(TEXT, SIGNER) == NOTE
    assert sign_note(TEXT.encode(), SIGNER) == NOTE


def test_ignores_keys_it_does_not_know_and_keeps_their_lines() -> None:
    other = Signer("example.org/other", Ed25519PrivateKey.generate())
    both = NOTE + other.sign("something else").line

    note = open_note(both, [VKEY])

    assert [each.name for each in note.unknown] == ["example.org/other"]
    with pytest.raises(InvalidNote, match="wrong"):
        open_note(both, [VKEY, other.verifier])


def test_refuses_a_note_that_no_known_key_has_signed() -> None:
    with pytest.raises(InvalidNote, match="no known key"):
        open_note(NOTE, [WITNESS.verifier])
    with pytest.raises(InvalidNote, match="no known key"):
        open_note(NOTE, [])


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (NOTE.replace("\n0\n", "\n1\n"), "wrong"),
        (NOTE.replace("\n\n", "\n"), "blank line"),
        (NOTE.replace("\u2014", "-"), "em dash"),
        (NOTE[:-1], "blank line"),
        (NOTE.replace("example.org/log\n", "example.org/\tlog\n", 1), "control"),
        (NOTE + "\n", "blank line"),
        (NOTE + "\u2014 example.org/log AAAA\n", "too short"),
        (NOTE + "\u2014 example.org/log !!!!\n", "base64"),
        (NOTE + "\u2014  AAAAAAAAAAA=\n", "name"),
        (NOTE + "\u2014 a+b AAAAAAAAAAA=\n", "name"),
        ("", "blank line"),
        ("x" * 1_000_001 + NOTE, "at most"),
        (NOTE + "\u2014 x AAAAAAAAAAA=\n" * 100, "at most"),
        (b"\xff" + NOTE.encode(), "UTF-8"),
        ("\ud800" + NOTE, "UTF-8"),
    ],
)
def test_refuses_what_is_malformed_or_wrongly_signed(broken: str, reason: str) -> None:
    with pytest.raises(InvalidNote, match=reason):
        open_note(broken, [VKEY])


@pytest.mark.parametrize("text", ["", "no new line", "tab\t\n", "bell\a\n"])
def test_refuses_to_sign_what_is_no_text_of_a_note(text: str) -> None:
    with pytest.raises(InvalidNote):
        sign_note(text, SIGNER)


@pytest.mark.parametrize(
    "vkey",
    [
        "", "example.org/log", VKEY.replace("+", "-"), VKEY[:-4], VKEY[:-4] + "AAAA", "with space" + VKEY,
        VKEY.replace("example.org/log+", "example.org/log+A"), VKEY.upper(),
    ],
)  # fmt: skip
def test_refuses_a_key_that_is_none(vkey: str) -> None:
    with pytest.raises(InvalidNote):
        Verifier.parse(vkey)


def test_a_key_of_an_algorithm_that_nobody_knows_here_is_refused_by_that_name() -> None:
    with pytest.raises(InvalidNote, match="algorithm 6"):
        Verifier.parse(Verifier("example.org/log", 6, bytes(1312)).vkey)


def test_a_witness_says_when_and_its_line_verifies_beside_the_log_s() -> None:
    cosigned = NOTE + WITNESS.sign(TEXT, timestamp=1_790_000_000).line

    note = open_note(cosigned, [VKEY, WITNESS.verifier.vkey])

    assert note.signatures[1].timestamp == 1_790_000_000
    with pytest.raises(InvalidNote, match="no timestamped"):
        _ = note.signatures[0].timestamp


def test_the_time_of_a_cosignature_cannot_be_changed() -> None:
    signature = WITNESS.sign(TEXT, timestamp=1_790_000_000).signature
    moved = (1_790_000_001).to_bytes(8, "big") + signature[8:]

    assert WITNESS.verifier.verifies(TEXT, signature)
    assert not WITNESS.verifier.verifies(TEXT, moved)
    assert not WITNESS.verifier.verifies(TEXT, signature[8:])


def test_a_signature_with_a_time_it_should_not_have_is_a_bug() -> None:
    with pytest.raises(ValueError, match="timestamp"):
        SIGNER.sign(TEXT, timestamp=1)
    with pytest.raises(ValueError, match="timestamp"):
        WITNESS.sign(TEXT)


def test_a_checkpoint_is_read_and_written() -> None:
    checkpoint = Checkpoint.parse(TEXT + "more\n")

    assert checkpoint == Checkpoint("example.org/log", 0, EMPTY_ROOT, ("more",))
    assert checkpoint.text == TEXT + "more\n"


@pytest.mark.parametrize(
    "text",
    [
        TEXT[:-1], TEXT.replace("\n0\n", "\n00\n"), TEXT.replace("\n0\n", "\n-1\n"), TEXT + "\n",
        TEXT.replace("\n0\n", "\n+1\n"), TEXT.replace("\n0\n", f"\n{1 << 63}\n"), "\n" + TEXT,
        TEXT.replace("\n0\n", "\n\u0661\n"), "a\n0\nAAAA\n", "a\n0\n", "", TEXT.replace("=", ""),
    ],
)  # fmt: skip
def test_refuses_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(InvalidNote):
        Checkpoint.parse(text)


def test_the_notes_of_others_open() -> None:
    for vector in tlog_vectors().get("signed_notes", []):
        note = open_note(vector["note"], [vector["vkey"]])

        assert note.text + "\n" == vector["note"].partition("\u2014")[0]
        if skey := vector.get("skey"):
            assert vector["note"].startswith(sign_note(note.text, skey))


def test_the_notes_of_others_do_not_open_when_they_are_broken() -> None:
    if not (vectors := tlog_vectors()):
        return
    notes, breaks = vectors["signed_notes"], {
        "flip one text byte": lambda note: note.replace("This", "Thus"),
        "no blank line before signatures": lambda note: note.replace("\n\n", "\n"),
        "control char in text": lambda note: note.replace("an ", "an\a"),
        "hyphen instead of em dash": lambda note: note.replace("\u2014", "-"),
        "known name+id, bad signature => whole note rejected": lambda note: note.replace("go/ZJ", "go/ZK"),
    }  # fmt: skip
    for vector in vectors["signed_note_negative"]["vectors"]:
        if "vkey" in vector:
            with pytest.raises(InvalidNote):
                Verifier.parse(vector["vkey"])
        elif vector["desc"].startswith("checkpoint"):
            text = split_note(notes[vector["base"]]["note"])[0]
            broken = text.replace("\n6476701", "\n06476701") if "zero" in vector["desc"] else text[:-1]
            with pytest.raises(InvalidNote):
                Checkpoint.parse(broken)
        else:
            base = notes[vector["base"]]
            with pytest.raises(InvalidNote):
                open_note(breaks[vector["desc"]](base["note"]), [base["vkey"]])


def test_the_checkpoints_of_a_log_of_others_verify_and_are_signed_again_to_the_byte() -> None:
    if not (vectors := tlog_vectors()):
        return
    sample = vectors["tlog_tiles_sample_log"]
    for name, note in sample["checkpoints"].items():
        text = open_note(note, [sample["vkey"]]).text
        checkpoint = Checkpoint.parse(text)

        assert checkpoint.text == text
        assert name in ("checkpoint", f"checkpoint.{checkpoint.size}")
        assert sign_note(text, sample["skey_test_only"]) == note


def test_the_cosignatures_of_others_are_told_from_other_signatures() -> None:
    for vector in tlog_vectors().get("cosignature_v1", {}).get("vectors", []):
        if "vkey_ok" in vector:
            assert Verifier.parse(vector["vkey_ok"]).algorithm == COSIGNATURE
            continue
        signature = split_note(f"{TEXT}\n\u2014 a {vector['sig_b64']}\n")[1][0]
        if vector.get("not_a_cosignature"):
            with pytest.raises(InvalidNote):
                _ = signature.timestamp
        else:
            assert signature.timestamp == vector["timestamp"]
