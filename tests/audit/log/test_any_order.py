"""Sequencer and tree: whatever order things happen in, the feed is stable and the tree is its definition."""

from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from audit.ids import uuid7
from audit.log import growing
from audit.log.models import Log
from audit.trail import feeds, sequencer
from audit.trail.actors import OPERATOR
from audit.trail.models import Feed
from audit.trail.services import INSERT_EVENT, event_row
from tests import tree
from tests.servers import TestDatabase

WRITERS = st.integers(0, 2)


class Crash(BaseException):
    """The process ends here."""


class SequencerAndTree(RuleBasedStateMachine):
    """Three writers with connections of their own; one feed and its log, which all examples go on with."""

    database: TestDatabase

    def __init__(self) -> None:
        super().__init__()
        self.writers = [psycopg.connect(self.database.url("app")) for _ in range(3)]
        self.written: list[list[Any]] = [[], [], []]
        self.passes = sequencer.Passes()
        self.first = feeds.size(Feed.EVENTS)
        self.seen: list[tuple[int, int]] = []
        self.committed: set[Any] = set()
        connection.ensure_connection()
        self.heads = set(tree.heads(connection.connection))

    def feed(self) -> list[tuple[int, int]]:
        return feeds.read(Feed.EVENTS, after=self.first, limit=1_000_000)

    @rule(writer=WRITERS, count=st.sampled_from([1, 2, 5, 130]))
    def write(self, writer: int, count: int) -> None:
        rows = [self.row(n) for n in range(count)]
        self.writers[writer].cursor().executemany(INSERT_EVENT, rows)
        self.written[writer] += [row[0] for row in rows]

    def row(self, n: int) -> tuple[Any, ...]:
        return event_row(
            kind="test.noted",
            actor_ref=OPERATOR.audit_ref,
            entity_type="test",
            entity_id=uuid7(),
            entity_version=1,
            system_id=None,
            details={"n": n},
            now=timezone.now(),
        )

    @rule(writer=WRITERS)
    def commit(self, writer: int) -> None:
        self.writers[writer].commit()
        self.committed.update(self.written[writer])
        self.written[writer] = []

    @rule(writer=WRITERS)
    def roll_back(self, writer: int) -> None:
        self.writers[writer].rollback()
        self.written[writer] = []

    @rule(writer=WRITERS, other=WRITERS)
    def overtake(self, writer: int, other: int) -> None:
        """The one whose event is older commits after the other was integrated."""
        self.write(writer, 1)
        self.write(other, 1)
        self.commit(other)
        self.integrate(100)
        self.commit(writer)

    @rule(batch=st.sampled_from([1, 7, 100]))
    def integrate(self, batch: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sequencer, "BATCH", batch)
            self.passes.one()

    @rule(batch=st.sampled_from([1, 7, 300]))
    def grow(self, batch: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(growing, "BATCH", batch)
            growing.grow()
        self.heads.update(tree.heads(connection.connection))

    @rule()
    def crash_while_integrating(self) -> None:
        with transaction.atomic():
            sequencer.integrate(Feed.EVENTS)
            transaction.set_rollback(True)

    @precondition(lambda self: feeds.size(Feed.EVENTS) > Log.objects.get().size)
    @rule()
    def crash_while_growing(self) -> None:
        def crash(*_: Any, **__: Any) -> None:
            raise Crash

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Log, "save", crash)
            with pytest.raises(Crash):
                growing.grow()

    @invariant()
    def what_was_read_stays_where_it_was(self) -> None:
        feed = self.feed()
        assert feed[: len(self.seen)] == self.seen
        self.seen = feed

    def teardown(self) -> None:
        for writer in self.writers:
            writer.close()
        while sequencer.integrate_all() or growing.grow():
            pass
        self.what_was_read_stays_where_it_was()
        assert tree.findings(connection.connection, self.heads) == []
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM audit_event WHERE seq = ANY(%s)",
                [[ref for _, ref in self.seen]],
            )
            assert {id_ for (id_,) in cursor.fetchall()} == self.committed


def test_the_feed_is_stable_and_the_tree_is_its_definition(committed_db: TestDatabase) -> None:
    SequencerAndTree.database = committed_db

    run_state_machine_as_test(
        SequencerAndTree, settings=settings(max_examples=20, stateful_step_count=30, deadline=None)
    )

    assert Log.objects.get().size > 256, "no example filled a tile"
