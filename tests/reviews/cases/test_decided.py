"""Decided work: the list, its filters, its CSV, and asking again."""

import csv
import datetime as dt
import functools
import html
import io
import re

import pytest
from django.urls import reverse

from audit.spreadsheets import restore
from audit.trail import services as trail
from audit.trail.actors import CLOCK
from audit.trail.models import Event
from governance.access.models import Person
from governance.access.roles import Role
from registry.catalog.models import Model
from reviews.cases import decided
from reviews.intake.models import Prediction
from reviews.queue.models import ReviewItem
from tests import factories
from tests.reviews.cases.deciding import at, at_commit, counted, decide, signed_in
from tests.reviews.queue import making

pytestmark = pytest.mark.django_db
LIST = "/decided"


@pytest.fixture
def model() -> Model:
    return making.a_model()


@pytest.fixture
def reviewer(model: Model) -> Person:
    return at(Role.REVIEWER, model)


@pytest.fixture
def manager(model: Model) -> Person:
    return at(Role.QUEUE_MANAGER, model)


def decided_item(
    model: Model, reviewer: Person, label: str = "ok", *, days: float = 0, **said: object
) -> str:
    """One more decided prediction; its external id."""
    item = making.an_item(model)
    decide(item, reviewer, label, **said)
    if days:
        backdate(item, days)
    return external_id(item)


def external_id(item: ReviewItem) -> str:
    return Prediction.objects.get(pk=item.prediction_id).external_id


def backdate(item: ReviewItem, days: float) -> None:
    """As if it had been decided so long ago: with an event, as the database demands."""
    item.refresh_from_db()
    assert item.decided_at is not None
    item.decided_at -= dt.timedelta(days=days)
    trail.record(kind="test.backdated", actor=CLOCK, entity=item, details={}, now=making.now())
    at_commit()


def listed(person: Person, **asked: str) -> list[str]:
    """The external ids on the page, from the top."""
    response = signed_in(person).get(LIST, asked)
    assert response.status_code == 200, response.content
    return re.findall(r'class="anywhere" href="/predictions/[^"]+">([^<]+)<', response.content.decode())


def test_shows_a_reviewer_their_own_newest_first(model: Model, reviewer: Person) -> None:
    first = decided_item(model, reviewer)
    decided_item(model, at(Role.REVIEWER, model))
    second = decided_item(model, reviewer)

    assert listed(reviewer) == [second, first]


def test_shows_a_manager_the_queues_and_their_own_when_asked(
    model: Model, reviewer: Person, manager: Person
) -> None:
    theirs = decided_item(model, reviewer)
    own = decided_item(model, manager)
    decided_item(foreign := making.a_model(), at(Role.REVIEWER, foreign))

    assert listed(manager) == [own, theirs]
    assert listed(manager, whose="mine") == [own]
    assert listed(manager, reviewer=str(reviewer.pk)) == [theirs]


def test_a_reviewer_cannot_ask_for_somebody_elses(model: Model, reviewer: Person) -> None:
    other = at(Role.REVIEWER, model)
    decided_item(model, other)

    assert listed(reviewer, whose="queues", reviewer=str(other.pk)) == []


def test_a_manager_cannot_follow_a_reviewer_into_queues_of_others(model: Model, manager: Person) -> None:
    foreign = making.a_model()
    both = factories.person(Role.REVIEWER, at=model.system)
    factories.grant(both, Role.REVIEWER, at=foreign.system)
    decided_item(foreign, factories.fresh(both))

    assert listed(manager, reviewer=str(both.pk)) == []


def test_is_refused_to_people_who_neither_decide_nor_manage(model: Model) -> None:
    for role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.MODEL_OWNER):
        client = signed_in(at(role, model))

        assert client.get(LIST).status_code == 403
        assert client.get("/decided/csv").status_code == 403


def test_filters_by_class_answer_reason_and_change(model: Model, reviewer: Person) -> None:
    confirmed = decided_item(model, reviewer, "fraud")
    changed = decided_item(model, reviewer, "ok", reasons=["bad_input"])

    assert listed(reviewer, changed="yes") == [changed]
    assert listed(reviewer, changed="no") == [confirmed]
    assert listed(reviewer, answer="ok") == [changed]
    assert listed(reviewer, answer="fraud") == [changed, confirmed]  # suggested, or answered
    assert listed(reviewer, reason="bad_input") == [changed]
    assert listed(reviewer, reason="wrong_label") == []
    assert listed(reviewer, answer="' OR 1=1 --") == []


def test_filters_by_queue_and_day(model: Model, reviewer: Person) -> None:
    old = decided_item(model, reviewer, days=3)
    new = decided_item(model, reviewer)
    today, before = dt.date.today(), dt.date.today() - dt.timedelta(days=2)  # noqa: DTZ011 - the suite's day

    assert listed(reviewer, begin=before.isoformat()) == [new]
    assert listed(reviewer, end=before.isoformat()) == [old]
    assert listed(reviewer, queue=making.inbox(model).slug, end=today.isoformat()) == [new, old]


@pytest.mark.parametrize(
    "asked",
    [
        {"queue": "of-others"},
        {"changed": "perhaps"},
        {"reason": "x"},
        {"begin": "yesterday"},
        {"begin": "2026-02-02", "end": "2026-01-01"},
        {"answer": "x" * 201},
    ],
)
def test_says_what_is_wrong_with_a_filter(reviewer: Person, asked: dict[str, str]) -> None:
    response = signed_in(reviewer).get(LIST, asked)

    assert response.status_code == 422
    assert b"field__error" in response.content


def test_reads_nothing_but_its_own_fields(model: Model, reviewer: Person) -> None:
    decided_item(model, at(Role.REVIEWER, model))

    assert listed(reviewer, decided_by__isnull="0", item__queue="x", state="waiting") == []


def test_pages_forth_and_back_without_losing_or_repeating(
    model: Model, reviewer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [decided_item(model, reviewer) for _ in range(5)][::-1]
    wanted = decided.Wanted(person=reviewer.pk)

    def names(page: decided.Page) -> list[str]:
        return [external_id(ReviewItem.objects.get(pk=id_)) for id_ in page.ids]

    first = decided.page(wanted, None, size=2)
    second = decided.page(wanted, first.older, size=2)
    third = decided.page(wanted, second.older, size=2)
    back = decided.page(wanted, third.newer, size=2)

    assert [*names(first), *names(second), *names(third)] == made
    assert names(back) == names(second)
    assert (first.newer, third.older) == (None, None)
    assert names(decided.page(wanted, back.newer, size=2)) == names(first)


def test_links_the_pages(model: Model, reviewer: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [decided_item(model, reviewer) for _ in range(3)][::-1]
    monkeypatch.setattr(decided, "page", functools.partial(decided.page, size=2))
    client = signed_in(reviewer)

    first = client.get(LIST, {"changed": "yes"}).content.decode()
    older = html.unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])  # type: ignore[index]
    second = client.get(LIST + older).content.decode()

    assert "changed=yes" in older
    assert (made[2] in second, made[1] in second) == (True, False)
    assert 'rel="prev"' in second
    assert 'rel="prev"' not in first


def test_goes_on_where_a_rare_thing_was_not_found_yet(
    model: Model, reviewer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decided, "WINDOW", 2)
    rare = decided_item(model, reviewer, reasons=["out_of_policy"])
    for _ in range(4):
        decided_item(model, reviewer)
    wanted = decided.Wanted(person=reviewer.pk, reason="out_of_policy")

    first = decided.page(wanted, None)

    assert (first.ids, first.looked_back_to is not None) == ([], True)
    assert (
        b"None of these among the decisions looked at"
        in signed_in(reviewer).get(LIST, {"reason": "out_of_policy"}).content
    )
    found = [id_ for ids in decided.pages(wanted) for id_ in ids]
    assert [external_id(ReviewItem.objects.get(pk=id_)) for id_ in found] == [rare]


def test_refuses_a_place_that_is_not_one(reviewer: Person) -> None:
    for place in ("x", "bm9uc2Vuc2U", "%00", "b" * 500):
        assert signed_in(reviewer).get(LIST, {"place": place}).status_code == 422


def test_shows_hostile_texts_as_text(model: Model, reviewer: Person, manager: Person) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    item = making.an_item(model)
    decide(item, reviewer, comment=hostile)

    page = signed_in(manager).get(LIST).content.decode()

    assert hostile not in page
    assert "&lt;img src=x" in page


def test_asks_the_database_as_often_for_many_rows_as_for_few(
    model: Model, reviewer: Person, manager: Person
) -> None:
    client = signed_in(manager)
    decided_item(model, reviewer)
    with counted() as few:
        client.get(LIST)
    for _ in range(4):
        decided_item(model, reviewer)
    with counted() as many:
        client.get(LIST)

    assert len(many) == len(few) < 25


class TestCsv:
    """The list as CSV."""

    def rows(self, person: Person, **asked: str) -> list[dict[str, str]]:
        response = signed_in(person).get("/decided/csv", asked)
        assert response.status_code == 200
        text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
        return list(csv.DictReader(io.StringIO(text)))

    def test_holds_what_the_filter_says(self, model: Model, reviewer: Person) -> None:
        decided_item(model, reviewer, "fraud")
        name = decided_item(model, reviewer, "ok")

        rows = self.rows(reviewer, changed="yes")

        assert [row["external_id"] for row in rows] == [name]
        assert (rows[0]["suggested_class"], rows[0]["answered_class"]) == ("fraud", "ok")
        assert rows[0]["reasons"] == "wrong_label"

    def test_holds_no_payload(self, model: Model, manager: Person) -> None:
        item = making.an_item(model, input={"note": "very private"})
        decide(item, manager, comment="quite private")

        assert "private" not in str(self.rows(manager))

    def test_defuses_formulas(self, model: Model, reviewer: Person) -> None:
        item = making.an_item(model)
        prediction = Prediction.objects.get(pk=item.prediction_id)
        prediction.external_id = "=HYPERLINK(1)"
        trail.record(kind="test.named", actor=CLOCK, entity=prediction, details={}, now=making.now())
        at_commit()
        decide(item, reviewer)

        cell = self.rows(reviewer)[0]["external_id"]

        assert cell == "'=HYPERLINK(1)"
        assert restore(cell) == "=HYPERLINK(1)"

    def test_is_an_event(self, model: Model, reviewer: Person) -> None:
        decided_item(model, reviewer)

        self.rows(reviewer)

        assert Event.objects.get(kind="reviews.decided.downloaded").actor == reviewer.audit_ref

    def test_names_reviewers_to_their_manager(self, model: Model, reviewer: Person, manager: Person) -> None:
        decided_item(model, reviewer)

        assert self.rows(manager)[0]["reviewer"] == reviewer.name


class TestReopen:
    """Asking again, from the list."""

    def reopen(self, person: Person, item: ReviewItem, **sent: str) -> int:
        url = reverse("page-decided-reopen", args=[item.pk])
        response = signed_in(person).post(url, {"reason": "Looked too quickly.", **sent})
        at_commit()
        if response.status_code == 302:
            assert response["Location"].startswith(LIST)
        return response.status_code

    def test_reopens_ones_own_and_comes_back_to_the_same_list(self, model: Model, reviewer: Person) -> None:
        item = making.an_item(model)
        decide(item, reviewer)
        url = reverse("page-decided-reopen", args=[item.pk])

        response = signed_in(reviewer).post(url, {"reason": "x", "back": "changed=yes&next=//evil&place="})

        assert response["Location"] == "/decided?changed=yes"
        item.refresh_from_db()
        assert (item.state, item.round) == ("waiting", 2)

    def test_does_not_after_a_day(self, model: Model, reviewer: Person) -> None:
        item = making.an_item(model)
        decide(item, reviewer)
        backdate(item, 2)

        assert "more than 24 hours ago" in signed_in(reviewer).get(LIST).content.decode()
        assert self.reopen(reviewer, item) == 403

    def test_does_not_without_a_reason(self, model: Model, reviewer: Person) -> None:
        item = making.an_item(model)
        decide(item, reviewer)

        assert self.reopen(reviewer, item, reason="") == 422

    def test_is_for_the_managers_queue_only(self, model: Model, reviewer: Person, manager: Person) -> None:
        item = making.an_item(model)
        decide(item, reviewer)

        assert self.reopen(factories.person(Role.QUEUE_MANAGER, at=factories.system()), item) == 404
        assert self.reopen(at(Role.REVIEWER, model), item) == 403
        assert self.reopen(manager, item) == 302
