"""governance.approvals.services.sign, by many at once, each on a connection of their own."""

import threading
from collections import Counter

import pytest
from django.db import connection
from django.utils import timezone

from audit.refusals import Refusal
from governance.access.models import Person
from governance.approvals import services
from governance.approvals.models import ApprovalRequest, Signature
from governance.approvals.states import State
from tests import factories
from tests.governance.approvals.making import Scene, said, scene, sign

pytestmark = pytest.mark.usefixtures("committed_db")

SIGNERS = 50
ROUNDS = 20


def all_at_once(request: ApprovalRequest, verdicts: list[tuple[Person, str]]) -> Counter[str]:
    """What became of each signer's attempt."""
    start, ends = threading.Barrier(len(verdicts)), Counter[str]()
    lock = threading.Lock()

    def run(person: Person, verdict: str) -> None:
        start.wait(30)
        try:
            services.sign(
                request_id=request.pk, actor=person, said=said(verdict), proof="password", now=timezone.now()
            )
            end = "signed"
        except Refusal as refusal:
            end = type(refusal).__name__
        finally:
            connection.close()
        with lock:
            ends[end] += 1

    threads = [threading.Thread(target=run, args=each) for each in verdicts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ends


def test_fifty_signers_make_exactly_one_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.approvals.notifications.current_app.send_task", lambda *_, **__: None)
    made = scene()
    people = [factories.person("compliance_officer") for _ in range(SIGNERS)]
    for n in range(ROUNDS):
        request = made.request()
        sign(request, made.risk)
        verdicts = [
            (person, ("approve", "reject", "request_changes")[(i + n) % 3]) for i, person in enumerate(people)
        ]

        ends = all_at_once(request, verdicts)

        request.refresh_from_db()
        counted = Signature.objects.filter(request=request, stage=2)
        assert ends["signed"] == 1, ends
        assert counted.count() == 1
        expected = {"approve": "approved", "reject": "rejected", "request_changes": "changes_requested"}
        assert request.state == expected[counted.get().verdict]
        if request.state == State.CHANGES_REQUESTED:
            services.withdraw(request_id=request.pk, actor=made.owner, now=timezone.now())


def test_one_version_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.approvals.notifications.current_app.send_task", lambda *_, **__: None)
    made: Scene = scene()
    refused: list[str] = []

    def run() -> None:
        try:
            made.request(actor=factories.fresh(made.owner))
        except Refusal as refusal:
            refused.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert ApprovalRequest.objects.count() == 1
    assert refused == ["AlreadyRequested"] * 7
