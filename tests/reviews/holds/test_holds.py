"""Legal holds: what they keep, and what happens when they are lifted."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.trail.models import Event, Opening
from governance.access.roles import Role
from reviews.erasure import services as erasures
from reviews.erasure.models import Erasure
from reviews.holds.models import Hold
from reviews.intake.models import Payload
from tests import factories
from tests.reviews.erasure.erasing import SUBJECT, Place, a_place, as_client, worked


def hold(place: Place, **about: Any) -> dict[str, Any]:
    body = {"reason": "A court asked.", **about}
    answer = as_client(place.officer).post("/api/v1/legal-holds", body, format="json")
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def lift(place: Place, made: dict[str, Any]) -> Any:
    body = {"reason": "The court is done."}
    return as_client(place.officer).post(f"/api/v1/legal-holds/{made['id']}/lift", body, format="json")


def about_of(place: Place, kind: str) -> dict[str, str]:
    posting = place.posting
    return {"system": posting.system.slug, "model": posting.model.slug, "subject": SUBJECT}[kind]  # type: ignore[return-value]


@pytest.mark.parametrize("kind", ["system", "model", "subject"])
def test_an_erasure_under_a_hold_waits_and_names_it(place: Place, kind: str) -> None:
    place.post()
    made = hold(place, **{kind: about_of(place, kind)})

    asked = place.ask().json()

    assert (asked["state"], asked["holds"]) == ("held", [made["id"]])
    assert worked(asked["id"]).state == "held"
    assert Payload.objects.count() == 1


def test_a_hold_on_others_is_in_nobodys_way(place: Place) -> None:
    place.post()
    hold(place, subject="customer-78")
    hold(place, system=factories.system().slug)
    hold(place, subject=SUBJECT, system=factories.system().slug)

    assert place.erased().state == "done"


def test_goes_on_when_the_hold_is_lifted(place: Place) -> None:
    place.post()
    made = hold(place, subject=SUBJECT)
    asked = place.ask().json()

    assert lift(place, made).status_code == 200
    assert erasures.wake_held(now=Event.objects.latest("seq").at) == 1
    erasure = worked(asked["id"])

    assert (erasure.state, erasure.done) == ("done", 1)
    assert not Payload.objects.exists()


def test_takes_what_no_hold_keeps_and_waits_with_the_rest(place: Place) -> None:
    elsewhere = a_place()
    kept, gone = elsewhere.post(), place.post()
    made = hold(place, system=elsewhere.posting.system.slug)

    erasure = place.erased()

    assert (erasure.state, erasure.done, erasure.total) == ("held", 1, 2)
    assert [str(each.pk) for each in Payload.objects.all()] == [kept["id"]]
    read = as_client(place.officer).get(f"/api/v1/erasures/{erasure.pk}").json()
    assert (read["holds"], read["subject"]) == ([made["id"]], SUBJECT)
    assert place.posting.get(f"/predictions/{gone['id']}").json()["erased"]
    assert erasures.wake_held(now=erasure.asked_at) == 0


def test_forgets_whom_it_was_about_when_it_is_lifted(place: Place) -> None:
    made = hold(place, subject=SUBJECT)
    assert made["subject"] == SUBJECT

    assert lift(place, made).json()["subject"] is None
    assert Hold.objects.get().subject_hashes is None
    assert not Opening.objects.filter(entity_id=made["id"], name="subject").exists()
    every = b"".join(bytes(each.body) for each in Event.objects.filter(entity_id=made["id"]))
    assert SUBJECT.encode() not in every
    assert b"court" not in every


def test_is_lifted_once(place: Place) -> None:
    made = hold(place, subject=SUBJECT)
    lift(place, made)

    again = lift(place, made)

    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_LIFTED")


def test_of_a_row_only_the_lifting_is_written(place: Place) -> None:
    made = hold(place, system=place.posting.system.slug)

    for change in ("reason = 'x'", "system_id = NULL", "placed_at = now()"):
        update = f"UPDATE reviews_hold SET event_version = event_version + 1, {change} WHERE id = %s"
        with (
            pytest.raises(IntegrityError, match="reviews_hold_stands"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(update, [made["id"]])


@pytest.mark.parametrize("role", [Role.MODEL_OWNER, Role.ADMINISTRATOR, Role.AUDITOR, Role.RISK_OFFICER])
def test_is_for_compliance_officers_alone(place: Place, role: Role) -> None:
    answer = as_client(factories.person(role)).post(
        "/api/v1/legal-holds", {"subject": SUBJECT, "reason": "r"}, format="json"
    )

    assert answer.status_code == 403


def test_an_officer_elsewhere_does_not_see_it(place: Place) -> None:
    made = hold(place, system=place.posting.system.slug)
    other = factories.person(Role.COMPLIANCE_OFFICER, at=factories.system())

    assert as_client(other).get(f"/api/v1/legal-holds/{made['id']}").status_code == 404
    assert as_client(other).get("/api/v1/legal-holds").json()["results"] == []
    assert as_client(factories.person(Role.AUDITOR)).get("/api/v1/legal-holds").json()["results"]
    assert Erasure.objects.count() == 0
