"""audit/verifier.py bundle: what a whole and a filtered bundle prove, and what is refused."""

import io
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from audit import verifier
from audit.bundles.readme import README
from config.environment import BASE_DIR
from tests.audit.verifier.builder import COSIGNER, KEYS, LOG_SIGNERS, World, check, checkpoint


def test_proves_a_whole_bundle() -> None:
    world = World(1)

    report = check(world.build())

    assert report.facts["whole"]
    assert report.facts["entries"] == report.facts["leaves"] == world.leaves
    assert report.facts["openings"] == sum(map(len, world.opened))
    assert report.facts["erased"][0]["event"] == 50
    assert any("versions" in each for each in report.proved)
    assert any("as the log has it" in each for each in report.proved)


@pytest.mark.parametrize("leaves", [1, 2, 255, 256, 257, 512, 1000])
def test_proves_trees_of_every_shape(leaves: int) -> None:
    assert check(World(2, leaves=leaves).build()).facts["leaves"] == leaves


def test_proves_a_level_of_more_than_one_tile() -> None:
    world = World(3, leaves=66_000, openings=False)

    assert check(world.build()).facts["logs"][0]["size"] == 66_000


def test_proves_a_part_against_the_whole_tree() -> None:
    report = check(World(4, whole=False).build())

    assert not report.facts["whole"]
    assert report.facts["leaves"] == 700
    assert 140 <= report.facts["entries"] < 200
    assert any("was left out" in each for each in report.not_proved)


def test_proves_a_log_that_goes_on_after_a_restore() -> None:
    report = check(World(5, restarted_at=300).build())

    assert [(log["base"], log["size"]) for log in report.facts["logs"]] == [(0, 300), (300, 400)]


def test_is_the_same_bytes_twice_and_a_zip_for_everybody_else() -> None:
    bundle = World(6).build()

    assert bundle == World(6).build()
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        assert archive.testzip() is None
        assert archive.read("README.txt") == README
        assert len(set(archive.namelist())) == len(archive.namelist())


def test_a_checkpoint_kept_outside_must_be_a_state_of_the_tree() -> None:
    world = World(7)
    bundle = world.build()
    kept = verifier.read_note(checkpoint(1, world.hashes(0, 321)))
    of_another = verifier.read_note(checkpoint(1, World(8).hashes(0, 321)))
    beyond = verifier.read_note(checkpoint(1, [*world.hashes(0, 700), b"x" * 32]))

    report = check(bundle, against=[kept])

    assert any("your checkpoint of 321" in each for each in report.proved)
    assert code_of(bundle, against=[of_another]) == "ROOT"
    assert code_of(bundle, against=[beyond]) == "BEHIND"


def test_needs_the_key_of_every_log() -> None:
    bundle = World(9, restarted_at=300).build()

    with pytest.raises(verifier.Unreadable, match=r"log/2"):
        check(bundle, keys=KEYS[:1])


def test_another_key_of_the_same_name_does_not_do() -> None:
    signer = type(LOG_SIGNERS[1])(LOG_SIGNERS[1].name, b"?" * 32)

    assert code_of(World(10).build(), keys=verifier.read_vkeys(signer.vkey)) == "SIGNATURE"


def test_says_whose_cosignatures_it_could_not_check() -> None:
    report = check(World(11).build(), witnesses=[])

    assert any(COSIGNER.name in each for each in report.not_proved)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"PK\x05\x06" + bytes(18), b"\x00" * 1000, b"not a bundle", b"PK\x03\x04"],
)
def test_what_is_no_bundle_ends_with_a_sentence(content: bytes) -> None:
    with pytest.raises((verifier.Unreadable, verifier.Disproved)):
        check(content)


def test_a_compressed_archive_is_refused_before_it_is_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * 50_000_000)

    assert code_of(file.getvalue()) == "ARCHIVE"


def test_every_cut_of_a_bundle_is_found() -> None:
    bundle = World(12, leaves=20).build()

    for end in range(0, len(bundle), 97):
        with pytest.raises((verifier.Unreadable, verifier.Disproved)):
            check(bundle[:end])


def test_runs_alone_in_an_empty_folder(tmp_path: Path) -> None:
    world = World(13)
    shutil.copy(BASE_DIR / "audit" / "verifier.py", tmp_path)
    (tmp_path / "log.zip").write_bytes(world.build())
    (tmp_path / "kept.txt").write_text(checkpoint(1, world.hashes(0, 100)))
    (tmp_path / "bad.zip").write_bytes(world.build()[:-1])
    key = ["--key", LOG_SIGNERS[1].vkey]

    good = run(tmp_path, "log.zip", *key, "--against", "kept.txt", "--witness", COSIGNER.vkey)
    bad = run(tmp_path, "bad.zip", *key, "--json")
    other = run(tmp_path, "log.zip", "--key", LOG_SIGNERS[2].vkey)

    assert (good.returncode, good.stderr) == (0, "")
    assert "Not proved:" in good.stdout
    assert (bad.returncode, '"code": "ARCHIVE"' in bad.stdout) == (1, True)
    assert other.returncode == run(tmp_path, "no-such.zip", *key).returncode == 2


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-I", "-S", "verifier.py", "bundle", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def code_of(bundle: bytes, **given: Any) -> str:
    with pytest.raises(verifier.Disproved) as caught:
        check(bundle, **given)
    return caught.value.code
