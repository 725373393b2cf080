"""Predictions of versions that may not stand alone: SUSPENDED, NOT_APPROVED, and the warning UNCLASSIFIED."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.gate import holds
from governance.suspensions import services as suspensions
from governance.suspensions.models import Suspension
from registry.catalog import environments
from registry.catalog.epoch import raise_epoch
from registry.catalog.models import ModelVersion
from reviews.intake import catalogue
from tests.reviews.intake.making import Posting, a_model, a_posting, lines, register

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.suspensions.notifications.tell", lambda: None)
    catalogue._current = None


def classified(
    monkeypatch: pytest.MonkeyPatch, class_: str | None, *, approved_until: dt.datetime | None = None
) -> list[Any]:
    """What the rooms below say from now on; the versions that they were asked about."""
    asked: list[Any] = []

    def approval_of(version: Any, environment: str, *, now: Any) -> Any:
        asked.append(version)
        return SimpleNamespace(expires_at=approved_until) if approved_until else None

    monkeypatch.setattr(holds, "class_of", lambda system_id: class_)
    monkeypatch.setattr(holds, "approval_of", approval_of)
    raise_epoch()
    return asked


def suspend(posting: Posting, of: str) -> Suspension:
    version = ModelVersion.objects.get(model=posting.model, version="1.0.0")
    return suspensions.suspend(
        system_id=posting.system.pk,
        model_id=None if of == "system" else posting.model.pk,
        version_id=version.pk if of == "version" else None,
        actor=OPERATOR,
        reason="It drifts.",
        now=timezone.now(),
    )


def routed(response: Any) -> tuple[str, str, list[str]]:
    said = response.json()
    return said["decision"], said["status"], said["routing"]["reasons"]


@pytest.mark.parametrize("of", ["system", "model", "version"])
def test_nothing_of_what_is_suspended_is_accepted(of: str) -> None:
    posting = a_posting()
    assert routed(posting.post()) == ("accept", "final", [])

    row = suspend(posting, of)

    assert routed(posting.post()) == ("review", "pending", ["SUSPENDED"])
    (line,) = lines(posting.post_lines(posting.body()))
    assert (line["decision"], list(line["reasons"])) == ("review", ["SUSPENDED"])
    suspensions.lift(suspension_id=row.pk, actor=OPERATOR, reason="Mended.", now=timezone.now())
    assert routed(posting.post()) == ("accept", "final", [])


def test_a_suspension_holds_what_lies_below_and_nothing_beside() -> None:
    posting = a_posting()
    register(posting.model, "2.0.0")
    suspend(posting, "version")

    assert routed(posting.post(posting.body(version="2.0.0")))[2] == []
    assert routed(posting.post(posting.body(version="9.9.9")))[2] == ["FAILSAFE_VERSION"]
    suspend(posting, "model")
    assert routed(posting.post(posting.body(version="9.9.9")))[2] == ["SUSPENDED", "FAILSAFE_VERSION"]
    assert routed(a_posting().post())[2] == []


def test_a_version_without_approval_goes_to_people_where_it_is_enforced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    posting = a_posting()
    classified(monkeypatch, "high_risk")

    assert routed(posting.post()) == ("review", "pending", ["NOT_APPROVED"])
    assert routed(posting.post(posting.body(environment="staging"))) == ("accept", "final", [])
    assert routed(posting.post(posting.body(version="9.9.9")))[2] == ["FAILSAFE_VERSION"]
    classified(monkeypatch, "high_risk", approved_until=timezone.now() + dt.timedelta(days=1))
    assert routed(posting.post()) == ("accept", "final", [])
    classified(monkeypatch, "not_high_risk")
    assert routed(posting.post()) == ("accept", "final", [])


def test_an_approval_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    posting = a_posting()
    soon = timezone.now() + dt.timedelta(minutes=1)
    classified(monkeypatch, "high_risk", approved_until=soon)
    assert routed(posting.post())[2] == []

    monkeypatch.setattr(timezone, "now", lambda: soon)

    assert routed(posting.post())[2] == ["NOT_APPROVED"]


def test_an_unclassified_system_is_only_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    posting = a_posting()

    said = posting.post().json()

    assert (said["decision"], said["warnings"]) == ("accept", [holds.UNCLASSIFIED])
    assert posting.post(posting.body(environment="staging")).json()["warnings"] == []
    classified(monkeypatch, "not_high_risk")
    assert posting.post().json()["warnings"] == []


def test_a_process_that_only_reads_learns_within_a_minute_where_approvals_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    posting = a_posting()
    path = f"/predictions/{posting.post().json()['id']}"
    assert posting.get(path).json()["warnings"] == [holds.UNCLASSIFIED]

    environments.change(
        slug="production", actor=OPERATOR, changes={"enforce_at_intake": False}, now=timezone.now()
    )
    monkeypatch.setattr(catalogue, "LONGEST", 0.0)

    assert posting.get(path).json()["warnings"] == []


def test_costs_intake_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    posting = a_posting()
    asked = classified(monkeypatch, "high_risk", approved_until=timezone.now() + dt.timedelta(days=1))
    posting.post()

    with CaptureQueriesContext(connection) as queries:
        posting.post()

    assert len(queries) == 0
    assert len(asked) == 1


def test_a_model_is_read_again_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    posting = a_posting()
    posting.post()
    # As an override of the class that ends: nothing raises the epoch.
    monkeypatch.setattr(holds, "class_of", lambda system_id: "high_risk")
    assert routed(posting.post())[2] == []

    monkeypatch.setattr(catalogue, "LONGEST", 0.0)

    assert routed(posting.post())[2] == ["NOT_APPROVED"]


def test_other_models_of_a_suspended_system_are_held_too() -> None:
    posting = a_posting()
    other = a_model(posting.system)
    suspend(posting, "system")

    assert "SUSPENDED" in routed(posting.post(posting.body(model=other.slug)))[2]
