"""Whatever people do in whatever order: no approval is in force without its quorum of eligible signers.

`INTERLEAVINGS=10000` runs the long form; the suite runs a short one.
"""

import os
from typing import Any

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
from governance.approvals.models import ApprovalRequest, Signature
from governance.approvals.selectors import approval_in_force
from tests import factories
from tests.governance.approvals.making import Scene, scene, sign

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("INTERLEAVINGS", "30"))
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


class Interleaving(RuleBasedStateMachine):
    """A model of who may sign what, kept beside the product and much simpler than it."""

    made: Scene
    cast: dict[str, Person]
    card = 1
    reached = 0
    """How often an approval was in force when it was looked at."""

    @initialize()
    def begin(self) -> None:
        self.savepoint = transaction.savepoint()
        Interleaving.card = 1
        self.gone: set[str] = set()
        self.groups: dict[str, str] = dict.fromkeys(NAMES, "")
        self.signed: list[tuple[Any, str, int, str]] = []
        """Request, name, stage and digest of every approval that was taken."""
        self.submit()

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.savepoint_rollback(self.savepoint)

    def latest(self) -> ApprovalRequest | None:
        return ApprovalRequest.objects.filter(version=self.made.version).order_by("-pk").first()

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
        request = self.latest()
        if request is None or request.state not in ("open", "changes_requested"):
            self.submit()
            request = self.latest()
        if request is not None and request.stage in STAGES:
            holders = [name for name in NAMES[2:] if STAGES[request.stage] in ROLES[name]]
            self.sign(
                holders[which % len(holders)], "request_changes" if change and which == 6 else "approve"
            )

    @rule(name=people, verdict=st.sampled_from(["approve"] * 6 + ["reject", "request_changes"]))
    def sign_as_anybody(self, name: str, verdict: str) -> None:
        self.sign(name, verdict)

    def sign(self, name: str, verdict: str) -> None:
        request = self.latest()
        if request is None:
            return
        stage, digest = request.stage, request.digest
        if self._try(lambda: sign(request, self.cast[name], verdict)):
            assert self.eligible(name, stage), f"{name} signed stage {stage}"
            if verdict == "approve":
                self.signed.append((request.pk, name, stage, digest))

    @rule(name=people, stage=st.sampled_from([1, 2]), role=st.sampled_from(sorted(STAGES.values())))
    def sign_by_sql(self, name: str, stage: int, role: str) -> None:
        """As a bug of ours, or a program with the application's login, would do it."""
        request = self.latest()
        if request is None:
            return
        row = {
            "id": uuid7(), "request_id": request.pk, "round": request.round, "stage": stage,
            "person_id": self.cast[name].pk, "verdict": "approve", "meaning": "m", "comment": "",
            "conditions": "[]", "printed_name": "x", "digest": request.digest, "role": role,
            "role_granted_by": "", "proof": "none", "signed_at": timezone.now(),
        }  # fmt: skip
        names, places = ", ".join(row), ", ".join(["%s"] * len(row))
        statement = f"INSERT INTO governance_signature ({names}) VALUES ({places})"
        if self._try(lambda: run(statement, list(row.values()))):
            assert self.eligible(name, stage), f"{name} signed stage {stage} by SQL"
            self.signed.append((request.pk, name, stage, request.digest))

    @rule()
    def approve_by_sql(self) -> None:
        request = self.latest()
        if request is None or request.state == "approved":
            return
        self._try(
            lambda: run(
                "UPDATE governance_approvalrequest SET state = 'approved', decided_at = now(), "
                "expires_at = now() + interval '1 day', event_version = event_version + 1 WHERE id = %s",
                [request.pk],
            )
        )

    @rule(surely=st.integers(0, 5))
    def withdraw(self, surely: int) -> None:
        request = self.latest()
        if request is not None and surely == 5:
            self._try(lambda: services.withdraw(request_id=request.pk, actor=OPERATOR, now=timezone.now()))

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
    def nothing_is_in_force_without_its_quorum(self) -> None:
        if not hasattr(self, "signed"):
            return
        approval = approval_in_force(self.made.version.pk, "production", timezone.now())
        if approval is None:
            return
        Interleaving.reached += 1
        request = ApprovalRequest.objects.get(pk=approval.id)
        bound = binding.of_version(self.made.version, "production", request.policy)
        assert request.digest == bound.digest
        key = (request.pk, bound.digest)
        here = [(name, stage) for pk, name, stage, digest in self.signed if (pk, digest) == key]
        assert {stage for _, stage in here} >= set(STAGES)
        assert len({name for name, _ in here}) >= len(STAGES)
        assert Signature.objects.filter(request=request).count() >= len(STAGES)

    def _try(self, act: Any) -> bool:
        """Whether it was let through."""
        try:
            with transaction.atomic():
                act()
        except (Refusal, DatabaseError):
            return False
        return True


def run(statement: str, parameters: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


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
    Interleaving.made, Interleaving.cast = made, cast

    run_state_machine_as_test(
        Interleaving,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert Interleaving.reached > EXAMPLES / 4, "Nothing was proved: hardly any approval came about."
