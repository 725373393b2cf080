"""config.embedded: servers and children end when they should, and nothing that was committed is lost."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import children, folders
from config.embedded.children import end_group, spawn
from config.embedded.postgres import EmbeddedPostgres, Unavailable, socket_folder

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for a socket, which pytest's own folders are not everywhere."""
    with tempfile.TemporaryDirectory(prefix="cs-emb-") as made:
        yield Path(made)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(folder / "postgres", log=folder / "postgres.log")
    made.start()
    yield made
    made.stop()


def write(server: EmbeddedPostgres) -> None:
    with psycopg.connect(**server.login, dbname="postgres") as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (4711)")


def read(server: EmbeddedPostgres) -> object:
    with psycopg.connect(**server.login, dbname="postgres") as connection:
        return connection.execute("SELECT n FROM kept").fetchall()


def test_a_server_that_was_killed_starts_again_with_everything_it_had(server: EmbeddedPostgres):
    write(server)
    assert server.process is not None

    server.process.kill()
    server.process.wait()
    server.start()

    assert read(server) == [(4711,)]


def test_a_server_that_outlived_its_parent_is_ended_before_the_next_one_starts(server: EmbeddedPostgres):
    write(server)
    assert server.process is not None
    first, server.process = server.process, None  # nobody knows of it any more

    server.start()

    assert first.wait(10) is not None
    assert read(server) == [(4711,)]


def test_a_lock_file_that_names_a_stranger_is_cleared(server: EmbeddedPostgres):
    write(server)
    server.stop()
    lock = server.data / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{server.data}\n")  # we live, and are no PostgreSQL
    if server.account.uid is not None:
        os.chown(lock, server.account.uid, -1)

    server.start()

    assert read(server) == [(4711,)]


def test_an_interrupted_first_start_leaves_no_half_database(folder: Path):
    made = EmbeddedPostgres(folder / "postgres", log=folder / "postgres.log")
    (folder / "postgres" / "data.new" / "base").mkdir(parents=True)

    made.start()

    try:
        assert not (folder / "postgres" / "data.new").exists()
    finally:
        made.stop()


def test_data_of_another_major_version_is_refused_with_the_way_out(server: EmbeddedPostgres):
    server.stop()
    (server.data / "PG_VERSION").write_text("12\n")

    with pytest.raises(Unavailable, match=r"PostgreSQL 12.*Dump it"):
        server.start()


def test_sockets_move_to_a_private_folder_where_the_path_is_too_long():
    short = Path("/srv/x")
    long = Path("/srv") / ("x" * 120)

    assert socket_folder(short) == short / "socket"
    moved = socket_folder(long)
    try:
        assert moved.stat().st_mode & 0o077 == 0
        assert socket_folder(long) == moved
        assert socket_folder(long.with_name("y" * 120)) != moved
    finally:
        for made in (moved, socket_folder(long.with_name("y" * 120))):
            made.rmdir()


@pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel tells children of their parent's death on Linux only"
)
def test_children_end_when_their_parent_is_killed(folder: Path):
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from config.embedded.children import spawn; "
            "print(spawn([sys.executable, '-c', 'import time; time.sleep(600)'], log=None).pid, flush=True); "
            "time.sleep(600)",
        ],
        cwd=folders.services.environment.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))

        parent.kill()

        psutil.wait_procs([child], timeout=10)
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_processes_of_a_killed_run_are_found_by_their_folder(folder: Path):
    environment = {**os.environ, "COUNTERSIGN_UP": "1", "VAR_DIR": str(folder)}
    mine = spawn(SLEEP, log=None, env=environment)
    other = spawn(SLEEP, log=None, env={**environment, "VAR_DIR": f"{folder}-other"})
    try:
        wait_for_exec(mine, other)

        assert folders.end_leftovers(folder) == 1

        assert mine.poll() is not None
        assert other.poll() is None
    finally:
        for process in (mine, other):
            end_group(process)
            process.wait()


def wait_for_exec(*processes: "subprocess.Popen[bytes]") -> None:
    """Until each is the new program: only then its environment is its own."""
    deadline = time.monotonic() + 10
    while any("sleep" not in " ".join(psutil.Process(one.pid).cmdline()) for one in processes):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_long_log_is_emptied_and_its_content_kept_beside_it(folder: Path, monkeypatch):
    monkeypatch.setattr(children, "LONGEST_LOG", 10)
    log = folder / "web.log"
    with log.open("a") as writing:
        writing.write("a line that is long\n")
        writing.flush()

        children.keep_short(log)
        writing.write("next\n")

    assert log.read_text() == "next\n"
    assert (folder / "web.log.old").read_text() == "a line that is long\n"


def test_what_is_prepared_is_private(folder: Path):
    folders.prepare(folder)
    first = (folder / "secret_key").read_text()

    folders.prepare(folder)

    assert (folder / "secret_key").read_text() == first
    assert (folder / "secret_key").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o077 == 0
