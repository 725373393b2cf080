"""The page about one prediction."""

import pytest
from django.test import Client
from django.urls import reverse

from audit.trail import services as trail
from audit.trail.models import Event
from governance.access.models import Person
from governance.access.roles import Role
from registry.catalog.models import Model
from reviews.intake import openings
from reviews.intake.models import Prediction
from reviews.queue.models import ReviewItem
from reviews.queue.services import claim_named
from tests import factories
from tests.reviews.cases.deciding import at, at_commit, counted, decide, signed_in
from tests.reviews.erasure.erasing import erase
from tests.reviews.queue import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def model() -> Model:
    return making.a_model()


@pytest.fixture
def item(model: Model) -> ReviewItem:
    return making.an_item(model, input={"note": "<script>alert(1)</script>", "amount": 1200.5})


def page_of(item: ReviewItem) -> str:
    return reverse("page-prediction", args=[item.prediction_id])


def openings_of(person: Person) -> int:
    return Event.objects.filter(kind=openings.KIND, actor=person.audit_ref).count()


def decided(item: ReviewItem, model: Model, **said: object) -> Person:
    """Somebody decides it, at once and for good."""
    reviewer = at(Role.REVIEWER, model)
    decide(item, reviewer, **said)
    return reviewer


def test_sends_strangers_to_the_sign_in_page(item: ReviewItem) -> None:
    response = Client().get(page_of(item))

    assert response.status_code == 302
    assert "next=/predictions/" in response["Location"]


@pytest.mark.parametrize(
    ("role", "status", "sees_input"),
    [
        (Role.REVIEWER, 200, True),  # it waits, and may be theirs
        (Role.ADJUDICATOR, 200, True),
        (Role.QUEUE_MANAGER, 200, True),
        (Role.MODEL_OWNER, 200, False),
        (Role.COMPLIANCE_OFFICER, 200, False),
        (Role.RISK_OFFICER, 200, False),
        (Role.AUDITOR, 200, False),
        (Role.ADMINISTRATOR, 403, False),
    ],
)
def test_shows_each_role_what_it_may_see(
    item: ReviewItem, model: Model, role: Role, status: int, sees_input: bool
) -> None:
    person = at(role, model)

    response = signed_in(person).get(page_of(item))

    assert response.status_code == status
    assert ("1200.5" in response.content.decode()) == sees_input
    assert openings_of(person) == int(sees_input)


def test_is_not_there_for_people_of_another_system(item: ReviewItem) -> None:
    stranger = factories.person(Role.QUEUE_MANAGER, at=factories.system())
    client = signed_in(stranger)

    foreign = client.get(page_of(item))
    missing = client.get(reverse("page-prediction", args=[factories.nobody_there()]))

    assert foreign.status_code == missing.status_code == 404
    assert openings_of(stranger) == 0


def test_shows_what_was_posted_as_text_and_never_as_markup(model: Model) -> None:
    hostile = "<script>alert('x')</script>"
    item = making.an_item(model, input={hostile: hostile}, output={"label": hostile})
    manager = at(Role.QUEUE_MANAGER, model)

    page = signed_in(manager).get(page_of(item)).content.decode()

    assert "&lt;script&gt;alert" in page
    assert hostile not in page


def test_reports_an_opening_before_it_shows_the_payload(item: ReviewItem, model: Model) -> None:
    manager = at(Role.QUEUE_MANAGER, model)

    signed_in(manager).get(page_of(item))

    event = Event.objects.get(kind=openings.KIND)
    assert event.actor == manager.audit_ref
    assert event.system_id == model.system_id
    assert str(item.prediction_id).encode() in bytes(event.body)
    assert b"1200" not in bytes(event.body)


def test_shows_nothing_when_the_opening_cannot_be_reported(
    item: ReviewItem, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = at(Role.QUEUE_MANAGER, model)
    client = signed_in(manager)

    def fail(**_: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "remark", fail)

    with pytest.raises(RuntimeError, match="disk full"):
        client.get(page_of(item))


def test_reports_no_opening_of_the_review_that_somebody_holds(item: ReviewItem, model: Model) -> None:
    reviewer = at(Role.REVIEWER, model)
    claim_named(item_id=item.pk, actor=reviewer, now=making.now())

    page = signed_in(reviewer).get(page_of(item)).content.decode()

    assert "1200.5" in page
    assert "Go on reviewing" in page
    assert openings_of(reviewer) == 0


def test_reports_no_opening_while_the_own_decision_can_be_taken_back(item: ReviewItem, model: Model) -> None:
    reviewer = decided(item, model, hold_seconds=20)

    page = signed_in(reviewer).get(page_of(item)).content.decode()

    assert "may still be taken back" in page
    assert openings_of(reviewer) == 0


def test_keeps_a_decision_that_can_be_taken_back_from_others(item: ReviewItem, model: Model) -> None:
    decided(item, model, hold_seconds=20)
    manager = at(Role.QUEUE_MANAGER, model)

    page = signed_in(manager).get(page_of(item)).content.decode()

    assert "Changed the answer" not in page


def test_no_longer_shows_the_payload_to_a_reviewer_once_it_is_decided(item: ReviewItem, model: Model) -> None:
    reviewer = decided(item, model)

    page = signed_in(reviewer).get(page_of(item)).content.decode()

    assert "1200.5" not in page
    assert "not what was in it" in page
    assert "Changed the answer" in page  # their own
    assert openings_of(reviewer) == 0


def test_shows_judgement_outcome_and_label_in_the_order_of_time(item: ReviewItem, model: Model) -> None:
    decided(item, model, comment="The address is wrong.")
    manager = at(Role.QUEUE_MANAGER, model)

    page = signed_in(manager).get(page_of(item)).content.decode()

    places = [
        page.index(text)
        for text in ("Posted, and went to people", "Changed the answer", "Outcome 1", "Label 1 written")
    ]
    assert places == sorted(places)
    assert "<del>fraud</del>" in page
    assert "<ins>ok</ins>" in page
    assert "Wrong label" in page
    assert "The address is wrong." in page


@pytest.mark.parametrize(
    ("role", "by_name"), [(Role.QUEUE_MANAGER, True), (Role.AUDITOR, True), (Role.MODEL_OWNER, False)]
)
def test_names_reviewers_to_those_who_may_know_them(
    item: ReviewItem, model: Model, role: Role, by_name: bool
) -> None:
    reviewer = decided(item, model)

    page = signed_in(at(role, model)).get(page_of(item)).content.decode()

    assert (f"{reviewer.name} ·" in page) == by_name
    assert (f"{reviewer.pseudonym} ·" in page) != by_name


def test_hides_earlier_answers_from_whoever_is_still_to_judge(item: ReviewItem, model: Model) -> None:
    decided(item, model, comment="Surely not.")
    reopen(item, at(Role.QUEUE_MANAGER, model))

    page = signed_in(at(Role.REVIEWER, model)).get(page_of(item)).content.decode()

    assert "hidden from you until it is decided" in page
    assert "Surely not." not in page
    assert "<ins>" not in page


def test_lists_events_for_the_auditor_and_not_for_the_manager(item: ReviewItem, model: Model) -> None:
    decided(item, model)

    auditor = signed_in(at(Role.AUDITOR, model)).get(page_of(item)).content.decode()
    manager = signed_in(at(Role.QUEUE_MANAGER, model)).get(page_of(item)).content.decode()

    assert "reviews.review.judged" in auditor
    assert "reviews.review.judged" not in manager


def reopen(item: ReviewItem, person: Person, reason: str = "A customer called.") -> int:
    url = reverse("page-prediction-reopen", args=[item.prediction_id])
    status = signed_in(person).post(url, {"reason": reason}).status_code
    at_commit()
    return status


def test_reopens_with_a_reason_that_the_history_shows(item: ReviewItem, model: Model) -> None:
    decided(item, model)
    manager = at(Role.QUEUE_MANAGER, model)

    assert reopen(item, manager) == 302

    item.refresh_from_db()
    assert (item.state, item.round) == ("waiting", 2)
    assert "A customer called." in signed_in(manager).get(page_of(item)).content.decode()


def test_does_not_reopen_without_a_reason(item: ReviewItem, model: Model) -> None:
    decided(item, model)

    assert reopen(item, at(Role.QUEUE_MANAGER, model), reason=" ") == 422

    item.refresh_from_db()
    assert item.state == "decided"


def test_says_why_a_stranger_cannot_reopen(item: ReviewItem, model: Model) -> None:
    decided(item, model)
    other = at(Role.REVIEWER, model)

    page = signed_in(other).get(page_of(item)).content.decode()

    assert "Only a queue manager, or whoever decided it, can reopen this review." in page
    assert reopen(item, other) == 403
    assert reopen(item, factories.person(Role.QUEUE_MANAGER, at=factories.system())) == 404


def test_disputes_an_outcome_with_a_reason(item: ReviewItem, model: Model) -> None:
    decided(item, model)
    owner = at(Role.MODEL_OWNER, model)
    url = reverse("page-prediction-flag", args=[item.prediction_id])

    response = signed_in(owner).post(url, {"reason": "Paid twice.", "by": "customer"})

    assert response.status_code == 302
    item.refresh_from_db()
    assert item.state == "waiting"
    page = signed_in(at(Role.QUEUE_MANAGER, model)).get(page_of(item)).content.decode()
    assert "Disputed the outcome" in page
    assert "for a customer" in page
    assert "Paid twice." in page


@pytest.mark.parametrize("sent", [{}, {"reason": "", "by": "staff"}, {"reason": "x", "by": "nobody"}])
def test_refuses_a_dispute_that_says_too_little(item: ReviewItem, model: Model, sent: dict[str, str]) -> None:
    decided(item, model)
    url = reverse("page-prediction-flag", args=[item.prediction_id])

    assert signed_in(at(Role.MODEL_OWNER, model)).post(url, sent).status_code == 422


def test_a_dispute_while_it_waits_is_refused_with_the_sentence_on_the_button(
    item: ReviewItem, model: Model
) -> None:
    manager = at(Role.QUEUE_MANAGER, model)
    url = reverse("page-prediction-flag", args=[item.prediction_id])

    assert b"there is no outcome to dispute" in signed_in(manager).get(page_of(item)).content
    assert signed_in(manager).post(url, {"reason": "x", "by": "staff"}).status_code == 409


def test_asks_the_database_as_often_for_a_long_history_as_for_a_short_one(
    item: ReviewItem, model: Model
) -> None:
    manager = at(Role.QUEUE_MANAGER, model)
    decided(item, model)
    short = queries(signed_in(manager), item)
    for _ in range(3):
        reopen(item, manager)
        decided(item, model)

    assert queries(signed_in(manager), item) <= short + 1  # the openings of the reasons
    assert short < 30


def queries(client: Client, item: ReviewItem) -> int:
    with counted() as seen:
        assert client.get(page_of(item)).status_code == 200
    return len(seen)


def test_shows_an_erased_payload_as_erased(item: ReviewItem, model: Model) -> None:
    erase(item.prediction_id)
    manager = at(Role.QUEUE_MANAGER, model)

    page = signed_in(manager).get(page_of(item)).content.decode()

    assert "has been erased" in page
    assert openings_of(manager) == 0


class TestFind:
    """/predictions?model=&external_id="""

    def find(self, person: Person, **asked: str) -> object:
        return signed_in(person).get(reverse("page-prediction-find"), asked)

    def name(self, item: ReviewItem) -> str:
        return Prediction.objects.get(pk=item.prediction_id).external_id

    def test_goes_to_the_one_that_is_meant(self, item: ReviewItem, model: Model) -> None:
        manager = at(Role.QUEUE_MANAGER, model)

        for asked in (
            {"model": model.slug, "external_id": self.name(item)},
            {"external_id": self.name(item)},
            {"external_id": str(item.prediction_id)},
        ):
            response = self.find(manager, **asked)
            assert response.status_code == 302  # type: ignore[attr-defined]
            assert response["Location"] == page_of(item)  # type: ignore[index]

    def test_knows_nothing_of_other_systems(self, item: ReviewItem) -> None:
        stranger = factories.person(Role.QUEUE_MANAGER, at=factories.system())

        for name in (self.name(item), str(item.prediction_id), "never posted", "x\x00"):
            response = self.find(stranger, external_id=name)
            assert response.status_code == 404  # type: ignore[attr-defined]
            assert b"not yours to know" in response.content  # type: ignore[attr-defined]

    def test_asks_for_a_name(self, model: Model) -> None:
        assert self.find(at(Role.REVIEWER, model)).status_code == 200  # type: ignore[attr-defined]
