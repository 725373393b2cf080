"""audit/verifier.py bundle: a time stamp is proved to be about one checkpoint, and no more is claimed."""

import base64
import io
import random
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit import verifier
from config.environment import BASE_DIR
from tests.audit.verifier.builder import KEYS, LOG_SIGNERS, World, check
from tests.audit.verifier.test_mutations import flipped, members_of, packed, spliced
from tests.tsa import NAME, Tsa, needs_openssl

pytestmark = needs_openssl

ALL = [word for signer in LOG_SIGNERS.values() for word in ("--key", signer.vkey)]


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    return Tsa(tmp_path_factory.mktemp("authority") / "tsa")


@pytest.fixture(scope="module")
def bundle(tsa: Tsa) -> bytes:
    """Of two logs, each with a stamp of its first checkpoint and one of its last."""
    return World(1, leaves=60, restarted_at=30, stamp=tsa.token).build()


def with_anchors(bundle: bytes, change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    """The same with every time stamp changed, and the archive made anew around it."""
    members = [
        (name, b"".join(changed_line(line, change) for line in content.splitlines()))
        if "/anchors/" in name
        else (name, content)
        for name, content in members_of(bundle)
    ]
    return packed(members)


def changed_line(line: bytes, change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    found = verifier.read_canonical(line, "a line", "ANCHOR")
    return verifier.canonical(change(found) if found["kind"] == "rfc3161" else found) + b"\n"


def with_token(bundle: bytes, change: Callable[[bytes], bytes]) -> bytes:
    def do(anchor: dict[str, Any]) -> dict[str, Any]:
        token = change(base64.b64decode(anchor["evidence"]))
        return anchor | {"evidence": base64.b64encode(token).decode()}

    return with_anchors(bundle, do)


def test_says_what_a_stamp_is_about_and_that_its_signature_is_not_checked(bundle: bytes) -> None:
    report = check(bundle)

    (stamps,) = report.facts["timestamps"]
    assert (stamps["authority"], stamps["count"]) == (NAME, 4)
    assert (stamps["first"]["size"], stamps["newest"]["log"]) == (1, 2)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamps["newest"]["at"])
    assert "4 time stamps are each about exactly one of these checkpoints" in report.proved
    (said,) = (each for each in report.not_proved if "time stamps" in each)
    assert NAME in said
    assert stamps["newest"]["at"] in said
    assert not any(NAME in each or stamps["newest"]["at"] in each for each in report.proved)


def test_the_command_it_names_verifies_the_files_it_writes(bundle: bytes, tsa: Tsa, tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_bytes(bundle)
    program = BASE_DIR / "audit" / "verifier.py"
    words = [sys.executable, "-I", "-S", str(program), "bundle", "bundle.zip", *ALL, "--stamps", "FOLDER"]

    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "FOLDER").iterdir())) == 8
    found = re.search(r"openssl ts -verify .* -CAfile ROOTS", done.stdout)
    assert found
    (tmp_path / "ROOTS").write_bytes(tsa.roots.read_bytes())
    command = shlex.split(found[0])
    verified = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stdout.strip()) == (0, "Verification: OK"), verified.stderr
    note = tmp_path / command[command.index("-data") + 1]
    note.write_bytes(note.read_bytes() + b" ")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1
    again = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 2, "files that are there are not written over"


def test_every_stamp_it_writes_is_one_that_openssl_verifies(bundle: bytes, tsa: Tsa, tmp_path: Path) -> None:
    verifier.check_bundle(io.BytesIO(bundle), KEYS, stamps=tmp_path / "out")

    tokens = sorted((tmp_path / "out").glob("*.tst"))
    assert len(tokens) == 4
    for token in tokens:
        note = token.with_name(token.name.rpartition("-")[0] + ".note")
        words = ["openssl", "ts", "-verify", "-token_in", "-in", token, "-data", note, "-CAfile", tsa.roots]
        subprocess.run(words, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("code", "about"),
    [("IMPRINT", lambda note: note + b"\n"), ("IMPRINT", lambda note: b"another note")],
)
def test_a_stamp_of_something_else_is_refused(code: str, about: Any, tsa: Tsa) -> None:
    changed = World(4, leaves=20, stamp=lambda note: tsa.token(about(note))).build()

    with pytest.raises(verifier.Disproved) as refused:
        check(changed)

    assert refused.value.code == code


def test_a_stamp_of_another_checkpoint_is_refused(bundle: bytes) -> None:
    tokens = iter(["first", "second", "third", "fourth"])
    kept: dict[str, str] = {}

    def swap(anchor: dict[str, Any]) -> dict[str, Any]:
        kept[next(tokens)] = anchor["evidence"]
        return anchor | {"evidence": kept["first"]}

    with pytest.raises(verifier.Disproved) as refused:
        check(with_anchors(bundle, swap))

    assert refused.value.code == "IMPRINT"


def test_a_stamp_over_another_digest_is_refused(tsa: Tsa) -> None:
    with pytest.raises(verifier.Disproved, match="SHA-256") as refused:
        check(World(4, leaves=20, stamp=lambda note: tsa.token(note, "sha512")).build())

    assert refused.value.code == "TIMESTAMP"


def test_a_stamp_of_no_checkpoint_is_refused(bundle: bytes) -> None:
    with pytest.raises(verifier.Disproved, match="which no checkpoint has") as refused:
        check(with_anchors(bundle, lambda anchor: anchor | {"size": anchor["size"] + 7}))

    assert refused.value.code == "ANCHOR"


def test_an_older_kind_of_reference_to_the_signer_is_read(tsa: Tsa, tmp_path: Path) -> None:
    older = Tsa(tmp_path / "older", ess="sha1")

    assert verifier.read_stamp(older.token(b"x")).authority == NAME


@pytest.mark.parametrize("part", range(4))
def test_a_changed_stamp_is_found_or_changes_nothing_that_is_said(part: int, tsa: Tsa) -> None:
    """Only what nobody claims can be changed unseen: the signature, and what is beside the signed content."""
    chance = random.Random(31610 + part)
    token = tsa.token(b"what it is about")
    before = verifier.read_stamp(token)
    codes: Counter[str] = Counter()
    for _ in range(2000):
        changed = chance.choice([flipped, spliced])(token, chance)
        if changed == token:
            continue
        try:
            assert verifier.read_stamp(changed) == before
        except verifier.Disproved as refused:
            codes[refused.code] += 1
    assert codes.keys() == {"TIMESTAMP"}
    assert codes.total() > 1500


def test_a_bundle_with_a_changed_stamp_is_refused_or_says_the_same(bundle: bytes) -> None:
    chance = random.Random(31610)
    before = check(bundle)
    codes = set()
    for _ in range(60):
        changed = with_one_changed(bundle, chance)
        try:
            after = check(changed)
        except verifier.Disproved as refused:
            codes.add(refused.code)
        else:
            same = after.facts | {"sha256": before.facts["sha256"]}
            assert (after.proved, after.not_proved, same) == (before.proved, before.not_proved, before.facts)
    assert codes == {"TIMESTAMP"}


def with_one_changed(bundle: bytes, chance: random.Random) -> bytes:
    """One of its four time stamps is, at random."""
    turn = iter(chance.sample([True, False, False, False], 4))
    change = chance.choice([flipped, spliced])
    return with_token(bundle, lambda token: change(token, chance) if next(turn) else token)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\x30", b"\x30\x80\x00\x00", b"\x30\x81\x05hello", b"\x30\x82\x00\x05hello", b"\x1f\x20\x00",
        b"\x30\x02x", b"\x30\x85\x00\x00\x00\x00\x01x", b"\x30\x00" * 40_000,
    ],
)  # fmt: skip
def test_other_forms_are_no_time_stamp(raw: bytes) -> None:
    with pytest.raises(verifier.Disproved) as refused:
        verifier.read_stamp(raw)

    assert refused.value.code == "TIMESTAMP"
