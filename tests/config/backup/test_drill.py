"""Back up while services post, restore elsewhere: everything acknowledged before is there, and guarded."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection, connections
from django.utils import timezone

from audit.fingerprint import services as fingerprint
from audit.log import growing, signing
from audit.roles import roles_of
from audit.trail import sequencer
from audit.trail.actors import OPERATOR
from config import roles
from config.backup import making, restoring
from config.backup.errors import CannotBackUp, CannotRestore
from config.backup.reaching import Reach
from governance.evidence import services as evidence
from governance.evidence.reading import NewEvidence
from governance.gate import keys
from tests.audit.guards import scene
from tests.reviews.intake.making import Posting, a_posting
from tests.servers import Server, TestDatabase

pytestmark = pytest.mark.services
FILE = b"minutes of the committee"


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: LazySettings) -> None:
    settings.VAR_DIR = tmp_path / "var"
    settings.MEDIA_ROOT = tmp_path / "var" / "files"


@pytest.fixture
def filled(committed_db: TestDatabase) -> Posting:
    """Predictions in every state of the log, a file of evidence, and a key that signs."""
    keys.signer()
    posting = a_posting()
    for _ in range(3):
        assert posting.post().status_code == 201
    said = NewEvidence(item="minutes", title="Minutes", kind="file", filename="minutes.txt", content=FILE)
    evidence.add(system_id=posting.system.pk, said=said, actor=OPERATOR, now=timezone.now())
    integrate()
    assert posting.post().status_code == 201  # waits for its place
    return posting


@pytest.fixture
def elsewhere(database_server: Server) -> Iterator[TestDatabase]:
    """An empty database with its roles on the same server, as a database administrator would make it."""
    with database_server.fresh_database() as made:
        yield made


def integrate() -> None:
    while sequencer.integrate_all() or growing.grow():
        pass


def quiet(_: str) -> None:
    """Nobody watches."""


def reach_of(database: TestDatabase) -> Reach:
    return Reach(database.login, database.name, None)


def backed_up(database: TestDatabase, folder: Path) -> making.Outcome:
    return making.make(folder, reach_of(database), now=timezone.now(), say=quiet)


def restored(folder: Path, database: TestDatabase, **options: Any) -> restoring.Outcome:
    return restoring.restore(
        folder, reach_of(database), replace=options.get("replace", False), now=timezone.now(), say=quiet
    )


@contextlib.contextmanager
def running_on(database: TestDatabase) -> Iterator[None]:
    """The application, on that database for a while."""
    before = dict(connection.settings_dict)
    connection.close()
    connections["default"].settings_dict.update(database.settings("app"))
    try:
        yield
    finally:
        connection.close()
        connections["default"].settings_dict.update(before)


@contextlib.contextmanager
def posting_meanwhile(posting: Posting) -> Iterator[list[str]]:
    """External ids that were acknowledged while the block ran."""
    stop, taken = threading.Event(), list[str]()

    def post() -> None:
        while not stop.is_set():
            answer = posting.post()
            assert answer.status_code == 201
            taken.append(answer.json()["external_id"])
        connection.close()

    thread = threading.Thread(target=post)
    thread.start()
    try:
        yield taken
    finally:
        stop.set()
        thread.join()


def test_says_that_the_anchors_are_the_signers(
    committed_db: TestDatabase, filled: Posting, tmp_path: Path
) -> None:
    apart = backed_up(committed_db, tmp_path / "apart")
    signing.tick(timezone.now())
    together = backed_up(committed_db, tmp_path / "together")

    assert [what[:15] for what in apart.out_of_reach] == ["The anchor file"]
    assert together.out_of_reach == []
    assert (together.folder / "anchors" / "log.jsonl").is_file()


def test_brings_back_everything_that_was_acknowledged_before(
    filled: Posting,
    committed_db: TestDatabase,
    elsewhere: TestDatabase,
    tmp_path: Path,
    settings: LazySettings,
) -> None:
    acknowledged = set(_external_ids())
    kept = scene.anchor(committed_db)
    with posting_meanwhile(filled) as meanwhile:
        made = backed_up(committed_db, tmp_path / "backup")
    assert meanwhile
    assert (made.gone, made.damaged) == ([], [])
    filled.post()

    settings.VAR_DIR = tmp_path / "other"
    settings.MEDIA_ROOT = tmp_path / "other" / "files"
    done = restored(tmp_path / "backup", elsewhere)

    assert done.differences == [], "\n".join(done.differences)
    assert [path.read_bytes() for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == [FILE]
    with running_on(elsewhere):
        assert acknowledged <= set(_external_ids())
        answer = filled.post()
        assert answer.status_code == 201, answer.content
        integrate()
        assert scene.agrees_with_itself(elsewhere)
        assert scene.extends(elsewhere, kept)
    for role in ("app", "owner", "superuser"):
        with scene.login(elsewhere, role) as it, pytest.raises(psycopg.Error):
            it.execute("UPDATE audit_event SET body = 'other'")
    with scene.login(elsewhere, "app") as it, pytest.raises(psycopg.errors.InsufficientPrivilege):
        it.execute("DELETE FROM audit_pending")


def test_the_fingerprint_of_a_restored_database_is_unchanged_and_a_real_change_is_still_found(
    filled: Posting, committed_db: TestDatabase, elsewhere: TestDatabase, tmp_path: Path
) -> None:
    before = fingerprint.look(now=timezone.now())
    backed_up(committed_db, tmp_path / "backup")
    restored(tmp_path / "backup", elsewhere)

    with running_on(elsewhere):
        after = fingerprint.look(now=timezone.now())
        assert (after.digest, after.pk) == (before.digest, before.pk), after.changed
        for statement, named in CHANGES:
            with elsewhere.as_owner() as owner:
                owner.execute(statement.encode())
            assert f"altered: {named}" in fingerprint.look(now=timezone.now()).changed


CHANGES = (
    (
        "ALTER TABLE reviews_export DROP CONSTRAINT reviews_known_export_state, "
        "ADD CONSTRAINT reviews_known_export_state CHECK (state IN ('queued', 'running', 'done', 'failed', "
        "'cancelled', 'purged', 'hidden'))",
        "constraints reviews_export.reviews_known_export_state",
    ),
    (
        "DROP INDEX reviews_erasure_open; "
        "CREATE INDEX reviews_erasure_open ON reviews_erasure (state) WHERE state IN ('queued', 'running')",
        "indexes reviews_erasure_open",
    ),
    (
        "ALTER TABLE registry_environment DISABLE TRIGGER audit_complete",
        "triggers registry_environment.audit_complete",
    ),
)


def _external_ids() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT external_id FROM reviews_externalid")
        return [name for (name,) in cursor.fetchall()]


def test_holds_public_keys_and_no_private_one(
    filled: Posting, committed_db: TestDatabase, tmp_path: Path, settings: LazySettings
) -> None:
    (tmp_path / "var" / "secret_key").write_text("very secret")
    backed_up(committed_db, tmp_path / "backup")

    for path in (tmp_path / "backup").rglob("*"):
        if path.is_file():
            assert b"PRIVATE KEY" not in path.read_bytes()
            assert b"very secret" not in path.read_bytes()
    assert len(list((tmp_path / "backup" / "keys").glob("retired-*.pub"))) == 1


def test_the_key_of_before_is_listed_by_the_restored_copy(
    filled: Posting,
    committed_db: TestDatabase,
    elsewhere: TestDatabase,
    tmp_path: Path,
    settings: LazySettings,
) -> None:
    former = keys.signer().keyid
    backed_up(committed_db, tmp_path / "backup")
    settings.VAR_DIR = tmp_path / "other"
    restored(tmp_path / "backup", elsewhere)

    listed = {key["keyid"]: key["state"] for key in keys.published()["keys"]}
    assert listed[former] == "retired"
    assert len(listed) == 2


def test_refuses_a_database_that_is_not_empty_and_sets_it_aside_when_told(
    filled: Posting, committed_db: TestDatabase, elsewhere: TestDatabase, tmp_path: Path
) -> None:
    backed_up(committed_db, tmp_path / "backup")
    restored(tmp_path / "backup", elsewhere)

    with pytest.raises(CannotRestore, match="not empty"):
        restored(tmp_path / "backup", elsewhere)
    done = restored(tmp_path / "backup", elsewhere, replace=True)

    try:
        with psycopg.connect(**elsewhere.login, dbname=done.set_aside) as former:
            assert former.execute("SELECT count(*) > 0 FROM audit_event").fetchone() == (True,)
    finally:
        with psycopg.connect(**elsewhere.login, dbname="postgres", autocommit=True) as cluster:
            cluster.execute(f'DROP DATABASE "{done.set_aside}"'.encode())


def test_the_migrators_login_restores_into_a_database_that_was_made_for_it(
    filled: Posting, committed_db: TestDatabase, elsewhere: TestDatabase, tmp_path: Path
) -> None:
    reader = Reach(_login(committed_db, "migrator"), committed_db.name, roles_of(committed_db.name).owner)
    making.make(tmp_path / "backup", reader, now=timezone.now(), say=quiet)
    writer = Reach(_login(elsewhere, "migrator"), elsewhere.name, None)

    done = restoring.restore(tmp_path / "backup", writer, replace=False, now=timezone.now(), say=quiet)

    assert done.differences == [], "\n".join(done.differences)
    with running_on(elsewhere):
        assert filled.post().status_code == 201


def _login(database: TestDatabase, role: str) -> dict[str, Any]:
    return database.login | {"user": getattr(roles_of(database.name), role), "password": database.password}


def test_refuses_what_is_not_as_it_was(filled: Posting, committed_db: TestDatabase, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    backed_up(committed_db, folder)
    (file,) = [path for path in (folder / "files").rglob("*") if path.is_file()]

    file.write_bytes(FILE + b"!")
    with pytest.raises(CannotRestore, match="not what it was"):
        restoring.checked(folder, quiet)
    file.unlink()
    with pytest.raises(CannotRestore, match="does not hold"):
        restoring.checked(folder, quiet)
    file.write_bytes(FILE)
    (folder / "more").write_bytes(b"")
    with pytest.raises(CannotRestore, match="does not hold"):
        restoring.checked(folder, quiet)
    with pytest.raises(CannotRestore, match="no backup"):
        restoring.checked(tmp_path, quiet)
    with pytest.raises(CannotBackUp, match="not empty"):
        backed_up(committed_db, folder)


def test_says_which_files_are_gone_or_damaged(
    filled: Posting, committed_db: TestDatabase, tmp_path: Path, settings: LazySettings
) -> None:
    (file,) = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    file.write_bytes(b"other")
    assert len(backed_up(committed_db, tmp_path / "one").damaged) == 1
    file.unlink()
    assert len(backed_up(committed_db, tmp_path / "two").gone) == 1


def test_warns_when_more_was_anchored_than_the_backup_has(
    filled: Posting,
    committed_db: TestDatabase,
    elsewhere: TestDatabase,
    tmp_path: Path,
    settings: LazySettings,
) -> None:
    anchors = tmp_path / "var" / "anchors" / "log.jsonl"
    anchors.parent.mkdir(parents=True)
    anchors.write_text('{"log": 1, "note": "origin\\n2\\nroot\\n\\n- origin sig\\n"}\n')
    backed_up(committed_db, tmp_path / "backup")
    with anchors.open("a") as file:
        file.write('{"log": 1, "note": "origin\\n4000\\nroot\\n\\n- origin sig\\n"}\n{"cut o')

    done = restored(tmp_path / "backup", elsewhere)

    assert any("4000 leaves" in warning and "audit_log restart" in warning for warning in done.warnings)
    assert "4000" in anchors.read_text()


def test_roles_can_be_made_by_the_restore_itself(
    filled: Posting, committed_db: TestDatabase, database_server: Server, tmp_path: Path
) -> None:
    backed_up(committed_db, tmp_path / "backup")
    name = f"{database_server.prefix}_0123ab"
    try:
        done = restoring.restore(
            tmp_path / "backup",
            Reach(database_server.login, name, None),
            replace=False,
            now=timezone.now(),
            say=quiet,
        )
        assert done.differences == [], "\n".join(done.differences)
    finally:
        roles.drop(database_server.login, name)
