"""Whatever people do in whatever order: no approval is in force without its quorum of eligible signers.

`INTERLEAVINGS=10000` runs the long form; the suite runs a short one.
"""

import contextlib
import os
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from audit.ids import uuid7
from audit.refusals import Refusal
from audit.trail.actors import OPERATOR
from governance.access import services as access
from governance.access.models import Person
from governance.approvals import binding, facts, services
from governance.approvals.facts import Card
from governance.approvals.models import ApprovalRequest
from governance.approvals.selectors import approval_in_force
from tests import factories
from tests.governance.approvals.making import Scene, said, scene

EXAMPLES = int(os.environ.get("INTERLEAVINGS", "30"))
ROUNDS = 4
"""Whether approvals come about is chance: too few in one round are followed by another."""
NAMES = ("owner", "author", "risk", "compliance", "risk2", "compliance2", "both")
ROLES = {
    "risk": {"risk_officer"},
    "risk2": {"risk_officer"},
    "compliance": {"compliance_officer"},
    "compliance2": {"compliance_officer"},
    "both": {"risk_officer", "compliance_officer"},
    "author": {"risk_officer", "compliance_officer"},
    "owner": {"risk_officer", "compliance_officer"},
}
STAGES = {1: "risk_officer", 2: "compliance_officer"}
people = st.sampled_from(NAMES)


class Request(NamedTuple):
    """What the tables say about one request, newest first in `Interleaving.seen`."""

    id: UUID
    state: str
    stage: int
    round: int
    digest: str
    valid_from: int
    approvals: list[tuple[str, str, int, str, int]]
    """Signature, person, stage, digest and round of every approval in the table."""


SEEN = """
    SELECT r.id, r.state, r.stage, r.round, r.digest, r.valid_from, coalesce(
        (SELECT json_agg(json_build_array(s.id, s.person_id, s.stage, s.digest, s.round))
         FROM governance_signature s WHERE s.request_id = r.id AND s.verdict = 'approve'), '[]')
    FROM governance_approvalrequest r WHERE r.version_id = %s ORDER BY r.id DESC
"""


class Interleaving(RuleBasedStateMachine):
    """A model of who may sign what, kept beside the product and much simpler than it.

    Every example is one transaction that begins at the same submitted version and is rolled back. What it
    looks at it reads from the tables in one statement after each step that could have changed them.
    """

    made: Scene
    cast: dict[str, Person]
    digests: dict[int, str]
    """What a request binds with each revision of the card."""
    card = 1
    reached = 0
    """How often an approval was in force when it was looked at."""

    @initialize()
    def begin(self) -> None:
        self.example = transaction.atomic()
        self.example.__enter__()
        Interleaving.card = 1
        self.gone: set[str] = set()
        self.groups: dict[str, str] = dict.fromkeys(NAMES, "")
        self.signed: dict[str, tuple[str, str, int, str]] = {}
        """Request, name, stage and digest of every approval that was taken, by signature."""
        self.changed = True

    def teardown(self) -> None:
        if hasattr(self, "example"):
            transaction.set_rollback(True)
            self.example.__exit__(None, None, None)

    def look(self) -> list[Request]:
        if self.changed:
            self.seen = [Request(*row) for row in rows(SEEN, [self.made.version.pk])]
            self.changed = False
        return self.seen

    def eligible(self, name: str, stage: int) -> bool:
        makers = ("owner", "author")
        group = self.groups[name]
        return (
            name not in makers
            and name not in self.gone
            and STAGES[stage] in ROLES[name]
            and not (group and group in {self.groups[maker] for maker in makers})
        )

    @rule()
    def submit(self) -> None:
        self._try(lambda: self.made.request(actor=OPERATOR, requester=self.cast["owner"]))

    @rule(which=st.integers(0, 6), change=st.booleans())
    def sign_in_turn(self, which: int, change: bool) -> None:
        """Somebody whose role is asked for, so that approvals come about often enough to be looked at."""
        if self.look()[0].state not in ("open", "changes_requested"):
            self.submit()
        request = self.look()[0]
        if request.stage in STAGES:
            holders = [name for name in NAMES[2:] if STAGES[request.stage] in ROLES[name]]
            self.sign(
                request,
                holders[which % len(holders)],
                "request_changes" if change and which == 6 else "approve",
            )

    @rule(name=people, verdict=st.sampled_from(["approve"] * 6 + ["reject", "request_changes"]))
    def sign_as_anybody(self, name: str, verdict: str) -> None:
        self.sign(self.look()[0], name, verdict)

    @rule(name=people, back=st.integers(0, 3))
    def sign_an_earlier_request(self, name: str, back: int) -> None:
        if back < len(self.look()):
            self.sign(self.look()[back], name, "approve")

    def sign(self, request: Request, name: str, verdict: str) -> None:
        self._try(
            lambda: services.sign(
                request_id=request.id,
                actor=factories.fresh(self.cast[name]),
                said=said(verdict),
                proof="password",
                now=timezone.now(),
            )
        )
        self.note_signatures(name, "")

    @rule(name=people, stage=st.sampled_from([1, 2]), role=st.sampled_from(sorted(STAGES.values())))
    def sign_by_sql(self, name: str, stage: int, role: str) -> None:
        """As a bug of ours, or a program with the application's login, would do it."""
        request = self.look()[0]
        row = {
            "id": uuid7(), "request_id": request.id, "round": request.round, "stage": stage,
            "person_id": self.cast[name].pk, "verdict": "approve", "meaning": "m", "comment": "",
            "conditions": "[]", "printed_name": "x", "digest": request.digest, "role": role,
            "role_granted_by": "", "proof": "none", "signed_at": timezone.now(),
        }  # fmt: skip
        names, places = ", ".join(row), ", ".join(["%s"] * len(row))
        statement = f"INSERT INTO governance_signature ({names}) VALUES ({places})"
        self._try(lambda: run(statement, list(row.values())))
        self.note_signatures(name, " by SQL")

    def note_signatures(self, name: str, how: str) -> None:
        """Judge what the table holds since the step before, whatever the step was told."""
        for request in self.look():
            for signature, person, stage, digest, _ in request.approvals:
                if signature in self.signed:
                    continue
                assert person == str(self.cast[name].pk)
                assert self.eligible(name, stage), f"{name} signed stage {stage}{how}"
                self.signed[signature] = (str(request.id), name, stage, digest)

    @rule()
    def approve_by_sql(self) -> None:
        request = self.look()[0]
        if request.state == "approved":
            return
        self._try(
            lambda: run(
                "UPDATE governance_approvalrequest SET state = 'approved', decided_at = clock_timestamp(), "
                "expires_at = clock_timestamp() + interval '1 day', event_version = event_version + 1 "
                "WHERE id = %s",
                [request.id],
            )
        )

    @rule(surely=st.integers(0, 5))
    def withdraw(self, surely: int) -> None:
        if surely == 5:
            request = self.look()[0]
            self._try(lambda: services.withdraw(request_id=request.id, actor=OPERATOR, now=timezone.now()))

    @rule(revision=st.sampled_from([1, 2, 3]))
    def change_card(self, revision: int) -> None:
        Interleaving.card = revision

    @rule(name=st.sampled_from(NAMES[2:]))
    def leave(self, name: str) -> None:
        if name not in self.gone:
            access.deactivate(person_id=self.cast[name].pk, actor=OPERATOR, now=timezone.now())
            self.gone.add(name)

    @rule(name=people, group=st.sampled_from(["", "north", "south"]))
    def move_group(self, name: str, group: str) -> None:
        access.set_independence_group(
            person_id=self.cast[name].pk, group=group, actor=OPERATOR, now=timezone.now()
        )
        self.groups[name] = group

    @invariant()
    def nothing_is_approved_without_its_quorum(self) -> None:
        if not hasattr(self, "signed"):
            return
        for request in self.look():
            if request.state == "approved":
                self.judge(request)
        if self.look()[0].state == "approved":
            self.compare_with_the_gate()

    def judge(self, request: Request) -> None:
        """One approved request: by the model's list of who signed, and by the rows alone."""
        here = [
            each for each in self.signed.values() if (each[0], each[3]) == (str(request.id), request.digest)
        ]
        assert {stage for _, _, stage, _ in here} >= set(STAGES)
        assert len({name for _, name, _, _ in here}) >= len(STAGES)
        counting = [
            (person, stage)
            for _, person, stage, digest, number in request.approvals
            if digest == request.digest and number >= request.valid_from
        ]
        assert {stage for _, stage in counting} == set(STAGES)
        assert len({person for person, _ in counting}) == len(counting)

    def compare_with_the_gate(self) -> None:
        """What the gate is told is in force: approved, and about the card that is there now."""
        approval = approval_in_force(self.made.version.pk, "production", timezone.now())
        newest = next(each for each in self.look() if each.state == "approved")
        if newest.digest != self.digests[self.card]:
            assert approval is None
            return
        assert approval is not None
        assert (approval.id, approval.digest) == (newest.id, newest.digest)
        Interleaving.reached += 1

    def _try(self, act: Any) -> None:
        """Let it be refused or not; what counts is what the tables hold afterwards."""
        self.changed = True
        with contextlib.suppress(Refusal, DatabaseError), transaction.atomic():
            act()


def rows(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def run(statement: str, parameters: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def digest_with(card: int, request: ApprovalRequest) -> str:
    assert request.version is not None
    Interleaving.card = card
    return binding.of_version(request.version, "production", request.policy).digest


@pytest.mark.usefixtures("committed_db")
def test_no_interleaving_makes_an_illegal_approval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        facts, "card_of", lambda version: Card(Interleaving.card, f"{Interleaving.card:064x}", {})
    )
    factories.person("administrator")
    made = scene()
    cast = {
        "owner": made.owner, "author": made.author, "risk": made.risk, "compliance": made.compliance,
        "risk2": factories.person(), "compliance2": factories.person(), "both": factories.person(),
    }  # fmt: skip
    for name, person in cast.items():
        for role in ROLES[name]:
            if not person.assignments.in_force().filter(role=role).exists():
                factories.grant(person, role)
    # No step answers the risk questions again, and reading them is a third of what binding costs.
    monkeypatch.setattr(facts, "risk_of", cache(facts.risk_of))
    Interleaving.made, Interleaving.cast = made, cast
    asked = made.request(actor=OPERATOR, requester=made.owner)
    Interleaving.digests = {card: digest_with(card, asked) for card in (1, 2, 3)}
    Interleaving.card, Interleaving.reached = 1, 0

    for _ in range(ROUNDS):
        run_state_machine_as_test(
            Interleaving,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        if Interleaving.reached > EXAMPLES / 4:
            break

    assert Interleaving.reached > EXAMPLES / 4, "Nothing was proved: hardly any approval came about."
