"""The pages: ask, see what follows, confirm, read the answer. No script is needed."""

import re
from typing import Any

import pytest
from django.test import Client

from governance.access.models import Person
from governance.access.roles import Role
from reviews.erasure.models import Erasure
from reviews.holds.models import Hold
from reviews.intake.models import Payload
from tests import factories
from tests.reviews.erasure.erasing import SECRET, SUBJECT, Place, as_client, sequenced, worked

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
    assert "label to be withdrawn" in text(page)
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
    assert "label withdrawn" in done
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
    released = text(client.get(f"/erasures/{held}"))
    assert "No legal hold keeps it any more" in released
    assert 'hx-trigger="every 1s"' in released
    assert "It is over." in text(client.get("/legal-holds"))


@pytest.mark.parametrize("asked", ["state=nonsense", "ground="])
def test_a_filter_that_cannot_be_is_refused_and_finds_not_nothing(place: Place, asked: str) -> None:
    answer = as_client(place.officer).get(f"/api/v1/erasures?{asked}")

    assert answer.status_code == 422
    assert "is one of" in answer.json()["detail"]


@pytest.mark.parametrize("slip", [{"system": "no-such"}, {"model": "no-such"}, {"subject": "x" * 201}])
def test_a_slip_in_a_hold_costs_nothing_that_was_typed(place: Place, slip: dict[str, str]) -> None:
    hold = {"subject": SUBJECT, "system": "", "model": "", "reason": "A long story.", **slip}

    page = signed_in(place.officer).post("/legal-holds", hold)

    assert page.status_code == 422
    assert "A long story." in text(page)
    assert not Hold.objects.exists()


def test_whoever_holds_on_one_system_only_is_told_so_in_the_form(place: Place) -> None:
    client = signed_in(factories.person(Role.COMPLIANCE_OFFICER, at=place.posting.system))
    asked = {"subject": SUBJECT, "system": "", "model": "", "reason": "A long story."}

    for address in ("/legal-holds", NEW):
        page = client.post(address, asked)

        assert page.status_code == 422
        assert "name one of them" in text(page)
        assert SUBJECT in text(page)


def test_a_hold_is_not_lifted_without_a_reason(place: Place) -> None:
    client = signed_in(place.officer)
    client.post("/legal-holds", {"subject": SUBJECT, "reason": "A court asked."})
    lifting = f"/legal-holds/{Hold.objects.get().pk}/lift"

    blank, much = client.post(lifting, {"reason": "  "}), client.post(lifting, {"reason": "x" * 2001})

    assert (blank.status_code, much.status_code) == (422, 422)
    assert "field__error" in text(blank)
    assert "x" * 2001 in text(much)
    assert Hold.objects.live().exists()
    assert client.post(lifting, {"reason": "It is over."}).status_code == 302
    assert client.post(lifting, {"reason": "  "}).status_code == 409  # a second time


def test_says_when_there_is_nothing_under_that_name(place: Place) -> None:
    place.post()

    page = signed_in(place.officer).post(NEW, {"subject": "customer-7", "system": "", "model": ""})

    assert "Nothing is kept under this name" in text(page)


def test_the_decided_list_and_the_review_survive_it(place: Place) -> None:
    _, answered = place.judged()
    place.erased()
    client = signed_in(place.reviewer)

    for address in ("/decided", "/decided/csv", f"/review/items/{answered.item_id}", "/review"):
        page: Any = client.get(address, follow=True)
        body = b"".join(page.streaming_content) if page.streaming else page.content
        assert page.status_code < 500, address
        assert SECRET.encode() not in body


def test_the_review_says_that_nothing_is_left_to_decide(place: Place) -> None:
    waiting = place.uncertain()
    address = f"/review/items/{waiting['review']['id']}"
    place.erased()
    sequenced()

    page = signed_in(place.reviewer).get(address)
    of_others = signed_in(factories.person(Role.AUDITOR)).get(address)

    assert page.status_code == 409
    assert re.search(r"What this review was about was erased by event \d+", text(page))
    assert "erased" not in text(of_others)
