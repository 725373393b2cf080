"""The pages: ask, see what follows, confirm, read the answer. No script is needed."""

import re
from typing import Any

import pytest
from django.test import Client

from governance.access.models import Person
from governance.access.roles import Role
from reviews.erasure.models import Erasure
from reviews.intake.models import Payload
from tests import factories
from tests.reviews.erasure.erasing import SECRET, SUBJECT, Place, sequenced, worked

BACKEND = "governance.access.backend.RoleBackend"
NEW = "/erasures/_new"


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_says_what_follows_and_changes_nothing(place: Place) -> None:
    place.judged()
    client = signed_in(place.officer)

    page = client.post(NEW, {"subject": SUBJECT, "system": "", "model": ""})

    assert page.status_code == 200
    assert "labels are withdrawn" in text(page)
    assert SECRET not in text(page)
    assert Payload.objects.count() == 1
    assert not Erasure.objects.exists()


def test_erases_once_the_subject_is_typed_again(place: Place) -> None:
    place.judged()
    client = signed_in(place.officer)
    asked = {"subject": SUBJECT, "system": "", "model": "", "reason": "A letter."}

    wrong = client.post(NEW, {**asked, "again": "customer-7"})
    right = client.post(NEW, {**asked, "again": SUBJECT})

    assert wrong.status_code == 422
    assert "not the data subject" in text(wrong)
    erasure = Erasure.objects.get()
    assert (right.status_code, right["Location"]) == (302, f"/erasures/{erasure.pk}")
    assert SUBJECT in text(client.get(right["Location"]))
    worked(erasure.pk)
    sequenced()
    done = text(client.get(right["Location"]))
    assert "labels withdrawn" in done
    assert SUBJECT not in done
    assert place.reviewer.name in done


def test_the_subject_is_in_no_address(place: Place) -> None:
    page = signed_in(place.officer).get(f"{NEW}?subject={SUBJECT}")

    assert SUBJECT not in text(page)


@pytest.mark.parametrize("asked", [{"subject": ""}, {"subject": SUBJECT, "system": "no-such"}])
def test_says_what_is_wrong_beside_the_form(place: Place, asked: dict[str, str]) -> None:
    page = signed_in(place.officer).post(NEW, {"system": "", "model": "", **asked})

    assert page.status_code == 422
    assert "See what would go" in text(page)


def test_a_prediction_says_which_event_erased_it(place: Place) -> None:
    posted, _ = place.judged()
    place.erased()
    sequenced()
    manager = factories.person(Role.QUEUE_MANAGER, at=place.posting.system)

    page = text(signed_in(manager).get(f"/predictions/{posted['id']}"))

    assert re.search(r"Erased by event \d+", page)
    assert SECRET not in page
    assert "/erasures/" not in page  # not theirs to see


def test_an_auditor_reads_and_cannot_ask(place: Place) -> None:
    erasure = place.erased()
    client = signed_in(factories.person(Role.AUDITOR))

    assert "Erase somebody" not in text(client.get("/erasures"))
    assert client.get(f"/erasures/{erasure.pk}").status_code == 200
    assert client.get(NEW).status_code == 403


def test_a_hold_is_placed_shown_and_lifted(place: Place) -> None:
    place.post()
    client = signed_in(place.officer)
    hold = {"subject": SUBJECT, "system": "", "model": "", "reason": "A court asked."}

    assert client.post("/legal-holds", hold).status_code == 302
    assert "A court asked." in text(client.get("/legal-holds"))
    assert "Kept by legal holds" in text(client.post(NEW, {"subject": SUBJECT, "system": "", "model": ""}))
    held = place.ask().json()["id"]
    assert "The rest goes by itself" in text(client.get(f"/erasures/{held}"))
    where = re.search(r"/legal-holds/[0-9a-f-]+/lift", text(client.get("/legal-holds")))
    assert where is not None
    assert client.post(where[0], {"reason": "It is over."}).status_code == 302
    assert "It is over." in text(client.get("/legal-holds"))


def test_the_decided_list_and_the_review_survive_it(place: Place) -> None:
    _, answered = place.judged()
    place.erased()
    client = signed_in(place.reviewer)

    for address in ("/decided", "/decided/csv", f"/review/items/{answered.item_id}", "/review"):
        page: Any = client.get(address, follow=True)
        body = b"".join(page.streaming_content) if page.streaming else page.content
        assert page.status_code < 500, address
        assert SECRET.encode() not in body
