"""The log: whoever is killed, and whenever, each event is a leaf once and no tree once seen is taken back.

Bounded: LOG_FAULT_ROUNDS kills (default 4, by hand 20), a second or two each.
"""

import base64
import contextlib
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config import services
from tests import tree
from tests.faults.copy import PARTS, Copy, temporary_folder
from tests.faults.history import History
from tests.faults.test_kill import await_ready, kill, make_history

pytestmark = pytest.mark.journey

ROUNDS = int(os.environ.get("LOG_FAULT_ROUNDS", "4"))
KILLED = [part for part in ("sequencer", "signer", "postgres") if part in PARTS]


class Onlooker:
    """Remembers, outside the database, every tree and every checkpoint that it was ever shown."""

    def __init__(self, copy: Copy) -> None:
        self.copy = copy
        self.heads: set[tree.Head] = set()
        self.checkpoints: dict[tuple[int, int], str] = {}
        self.stop = threading.Event()

    def connect(self) -> "psycopg.Connection[Any]":
        found = json.loads(services.run_file(self.copy.var_dir).read_text())
        return psycopg.connect(found["database"], autocommit=True)

    def watch(self) -> None:
        """Until `stop`, also through the times in which there is no database."""
        while not self.stop.is_set():
            with contextlib.suppress(psycopg.Error, OSError), self.connect() as connection:
                while not self.stop.wait(0.05):
                    self.look(connection)
            self.stop.wait(0.1)

    def look(self, connection: "psycopg.Connection[Any]") -> None:
        self.heads.update(tree.heads(connection))
        rows = connection.execute("SELECT log, size, note FROM audit_checkpoint").fetchall()
        for log, size, note in rows:
            assert self.checkpoints.setdefault((log, size), note) == note

    def await_growth(self) -> None:
        """Until a tree is seen that is larger than all before: whoever was killed is back at work."""
        before, deadline = len(self.heads), time.monotonic() + 60
        while len(self.heads) <= before:
            assert time.monotonic() < deadline, "the log does not grow any more"
            time.sleep(0.02)

    def signed(self) -> set[tree.Head]:
        """The trees that the checkpoints are about: a note's lines are origin, size and root."""
        return {
            tree.Head(log, int(note.splitlines()[1]), base64.b64decode(note.splitlines()[2]))
            for (log, _), note in self.checkpoints.items()
        }

    def findings(self) -> list[str]:
        """Once everything is in the tree: what does not fit together, or not with what was seen."""
        with self.connect() as connection:
            _settle(connection)
            found = tree.findings(connection, self.heads | self.signed())
            rows = connection.execute("SELECT log, size, note FROM audit_checkpoint").fetchall()
            there = {(log, size): note for log, size, note in rows}
            found += [f"checkpoint {key} is gone" for key in self.checkpoints if key not in there]
            return found


@pytest.fixture
def copy() -> Iterator[Copy]:
    with temporary_folder() as folder:
        copy = Copy(Path(folder) / "v")
        try:
            copy.start()
            yield copy
        finally:
            if copy.up is not None:
                copy.stop()


@pytest.fixture
def history(copy: Copy) -> History:
    return make_history(copy)


def test_every_event_is_a_leaf_once_and_no_tree_is_taken_back(copy: Copy, history: History) -> None:
    onlooker = Onlooker(copy)
    watching = threading.Thread(target=onlooker.watch)
    watching.start()
    threads = history.run_load()
    try:
        for n in range(ROUNDS):
            onlooker.await_growth()
            time.sleep(random.uniform(0, 1))
            kill(copy, KILLED[n % len(KILLED)])
            await_ready(copy)
        time.sleep(1)
    finally:
        history.stop.set()
        for thread in threads:
            thread.join(120)
        onlooker.stop.set()
        watching.join(30)
    assert not history.troubles, history.troubles
    history.check()
    assert onlooker.findings() == []

    copy.kill_everything()
    copy.start()

    history.check()
    assert onlooker.findings() == []
    assert len(onlooker.heads) > ROUNDS
    print(
        f"{ROUNDS} kills of {', '.join(KILLED)}; {len(history.predictions)} predictions and "
        f"{len(history.judgements)} judgements acknowledged, {history.retries} requests repeated; "
        f"{len(onlooker.heads)} trees and {len(onlooker.checkpoints)} checkpoints seen, none taken back"
    )


def _settle(connection: "psycopg.Connection[Any]") -> None:
    """Wait until every event is a leaf."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM audit_event) = (SELECT sum(size) FROM audit_log)"
        ).fetchone()
        if row and row[0]:
            return
        time.sleep(0.1)
    raise AssertionError("some events did not become leaves within a minute")
