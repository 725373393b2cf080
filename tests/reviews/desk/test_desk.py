"""The queues and one queue, for whoever runs them."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from audit.trail import services as trail
from audit.trail.models import Event
from governance.access.models import Person
from governance.access.roles import Role
from registry.catalog.models import Model
from reviews.desk import statements
from reviews.desk.selectors import Numbers
from reviews.queue.models import Queue, ReviewItem, Slot
from reviews.queue.releasing import release
from reviews.queue.selectors import Counts
from reviews.queue.services import claim_named
from tests import factories
from tests.reviews.cases.deciding import at, at_commit, counted, decide, signed_in
from tests.reviews.queue import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def model() -> Model:
    return making.a_model()


@pytest.fixture
def queue(model: Model) -> Queue:
    return making.inbox(model)


@pytest.fixture
def manager(model: Model) -> Person:
    return at(Role.QUEUE_MANAGER, model)


@pytest.fixture
def reviewer(model: Model) -> Person:
    return at(Role.REVIEWER, model)


def page(person: Person, queue: Queue, **asked: str) -> str:
    response = signed_in(person).get(reverse("page-queue", args=[queue.slug]), asked)
    assert response.status_code == 200, response.content
    return str(response.content.decode())


def tiles(html: str) -> dict[str, str]:
    found = re.findall(r'tile__number[^>]*>([^<]*)</p><p class="tile__label">([^<]*)<', html)
    return {label: number for number, label in found}


class TestList:
    """/queues"""

    def test_shows_the_queues_in_reach_with_their_numbers(self, model: Model, queue: Queue) -> None:
        making.an_item(model, age=5 * 3600)
        making.an_item(model)
        making.a_model()
        person = at(Role.MODEL_OWNER, model)

        html = signed_in(person).get("/queues").content.decode()

        assert re.findall(r'href="/queues/([^"]+)"', html) == [queue.slug]
        assert "1 overdue" in html
        assert "you manage it" not in html

    def test_is_refused_without_any_queue_role(self) -> None:
        assert signed_in(factories.person()).get("/queues").status_code == 403

    def test_asks_as_often_for_many_queues_as_for_few(self, manager: Person, model: Model) -> None:
        everywhere = factories.person(Role.QUEUE_MANAGER)
        with counted() as few:
            signed_in(everywhere).get("/queues")
        for _ in range(4):
            making.a_system()
        with counted() as many:
            signed_in(everywhere).get("/queues")

        assert len(few) == len(many)


class TestQueue:
    """/queues/<slug>"""

    @pytest.mark.parametrize("role", list(Role))
    def test_is_shown_to_every_role_on_the_queue(self, model: Model, queue: Queue, role: Role) -> None:
        making.an_item(model)

        html = page(at(role, model), queue)

        assert ("Assign the chosen" in html) == (role is Role.QUEUE_MANAGER)
        assert ("external-" in html) == (role is not Role.ADMINISTRATOR)

    def test_is_not_there_for_others(self, queue: Queue) -> None:
        stranger = signed_in(factories.person(Role.QUEUE_MANAGER, at=factories.system()))
        nothing = factories.nobody_there()

        for slug in (queue.slug, "never-made", "x\x00"):
            for path in (f"/queues/{slug}", f"/queues/{slug}/numbers"):
                assert stranger.get(path).status_code == 404
            assert stranger.post(f"/queues/{slug}/assign").status_code == 404
            assert stranger.post(f"/queues/{slug}/reviews/{nothing}/unlock").status_code == 404

    def test_counts_what_a_lead_needs(self, model: Model, queue: Queue, manager: Person) -> None:
        making.an_item(model, age=5 * 3600)  # overdue
        making.an_item(model, age=3.5 * 3600)  # due in half an hour
        making.an_item(model)
        item = making.an_item(model)
        claim_named(item_id=item.pk, actor=manager, now=making.now())
        decide(making.an_item(model), at(Role.REVIEWER, model))

        shown = tiles(page(manager, queue))

        assert shown["waiting"] == "3"
        assert shown["overdue"] == "1"
        assert shown["due within the hour"] == "1"
        assert shown["with people"] == "1"
        assert shown["decided in the last hour"] == "1"
        assert "growing" in shown.values()

    def test_is_empty_and_says_what_to_do(self, queue: Queue, manager: Person) -> None:
        html = page(manager, queue)

        assert "Nothing waits" in html
        assert "Nobody works on a review" in html
        assert "empty" in tiles(html).values()

    def test_breaks_down_what_waits(self, model: Model, queue: Queue, manager: Person) -> None:
        making.an_item(model, age=2 * 3600)
        making.an_item(model)

        html = page(manager, queue)

        for heading in ("When they are due", "How long they have waited", "Why they came", "Of which model"):
            assert heading in html
        assert "low confidence" in html
        assert model.slug in html

    def test_draws_the_hours_and_tells_them_in_a_table(
        self, model: Model, queue: Queue, manager: Person
    ) -> None:
        making.an_item(model)
        plain, table = page(manager, queue), page(manager, queue, table="yes")

        assert 'role="img"' in plain
        assert "desk-plot__arrived" in plain
        assert "Hour from" not in plain
        assert len(re.findall(r'<tr><th scope="row">\d\d:\d\d</th>', table)) == 24

    def test_shows_hostile_names_as_text(self, model: Model, queue: Queue, manager: Person) -> None:
        hostile = "<script>alert(1)</script>"
        making.an_item(model, output={"label": hostile})
        manager_of_evil = factories.person(Role.REVIEWER, at=model.system, name=hostile)
        item = making.an_item(model)
        claim_named(item_id=item.pk, actor=manager_of_evil, now=making.now())

        html = page(manager, queue)

        assert hostile not in html
        assert "&lt;script&gt;" in html

    def test_pages_through_what_waits(
        self, model: Model, queue: Queue, manager: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("reviews.desk.desk_view.PAGE", 2)
        for n in range(5):
            making.an_item(model, age=1000 - n)
        seen: list[str] = []
        place: dict[str, str] = {}
        for _ in range(3):
            html = page(manager, queue, **place)
            seen += re.findall(r'aria-label="Choose (external-\d+)"', html)
            if found := re.search(r'rel="next" href="\?place=([^"#]+)#', html):
                place = {"place": found[1].replace("%3A", ":").replace("%2B", "+")}

        assert len(seen) == len(set(seen)) == 5
        assert "Less urgent" not in html

    def test_refuses_a_place_that_is_none(self, queue: Queue, manager: Person) -> None:
        for place in ("x", "2026-01-01_x", "2026-01-01T00:00:00_01900000-0000-7000-8000-000000000000"):
            response = signed_in(manager).get(f"/queues/{queue.slug}", {"place": place})
            assert response.status_code == 422

    def test_asks_as_often_for_many_rows_as_for_few(
        self, model: Model, queue: Queue, manager: Person, reviewer: Person
    ) -> None:
        client = signed_in(manager)

        def fill() -> None:
            making.an_item(model)
            decide(making.an_item(model), at(Role.REVIEWER, model))
            held = making.an_item(model)
            claim_named(item_id=held.pk, actor=at(Role.REVIEWER, model), now=making.now())

        fill()
        with counted() as few:
            client.get(f"/queues/{queue.slug}")
        for _ in range(4):
            fill()
        with counted() as many:
            client.get(f"/queues/{queue.slug}")

        assert len(many) == len(few) < 55

    def test_counts_no_further_than_it_must(
        self, model: Model, queue: Queue, manager: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        making.many_items(queue, model, statements.EXACT + 500)

        html = page(manager, queue)

        assert "10\u2009000+" in signed_in(manager).get("/queues").content.decode()
        assert "the 10\u2009000 most urgent" in html


class TestNumbers:
    """The fragment that the page asks for again."""

    def numbers(self, person: Person, queue: Queue, **asked: str) -> str:
        url = reverse("desk-numbers", args=[queue.slug])
        response = signed_in(person).get(url, asked, headers={"HX-Request": "true"})
        assert response.status_code == 200
        return str(response.content.decode())

    def test_asks_for_itself_every_fifteen_seconds_until_paused(self, queue: Queue, manager: Person) -> None:
        running, paused = self.numbers(manager, queue), self.numbers(manager, queue, paused="yes")

        assert 'hx-trigger="every 15s"' in running
        assert "<html" not in running
        assert "hx-trigger" not in paused
        assert "Refresh again" in paused

    def test_keeps_the_table_open(self, queue: Queue, manager: Person) -> None:
        assert "numbers?table=yes" in self.numbers(manager, queue, table="yes")

    def test_is_the_whole_page_without_htmx(self, queue: Queue, manager: Person) -> None:
        response = signed_in(manager).get(reverse("desk-numbers", args=[queue.slug]))

        assert response["Location"] == f"/queues/{queue.slug}"


class TestAssign:
    """Handing reviews to somebody."""

    def assign(self, by: Person, queue: Queue, *items: ReviewItem, **sent: str) -> int:
        url = reverse("desk-assign", args=[queue.slug])
        body = {"items": [str(item.pk) for item in items], "reason": "She knows these.", **sent}
        status = signed_in(by).post(url, body).status_code
        at_commit()
        return int(status)

    def kept_for(self, item: ReviewItem) -> object:
        return Slot.objects.get(item=item).assigned_to_id

    def test_keeps_several_for_one_person_and_gives_them_back(
        self, model: Model, queue: Queue, manager: Person, reviewer: Person
    ) -> None:
        items = [making.an_item(model) for _ in range(2)]

        assert self.assign(manager, queue, *items, person=str(reviewer.pk)) == 302
        assert {self.kept_for(item) for item in items} == {reviewer.pk}
        assert f'<span class="pill">{reviewer.name}</span>' in page(manager, queue)
        assert self.assign(manager, queue, *items, person="everybody") == 302
        assert {self.kept_for(item) for item in items} == {None}

    def test_is_for_managers(self, model: Model, queue: Queue, reviewer: Person) -> None:
        assert self.assign(reviewer, queue, making.an_item(model), person=str(reviewer.pk)) == 403

    def test_assigns_all_or_none(self, model: Model, queue: Queue, manager: Person, reviewer: Person) -> None:
        free, posted = making.an_item(model), making.an_item(model, poster=reviewer)

        assert self.assign(manager, queue, free, posted, person=str(reviewer.pk)) == 403

        assert self.kept_for(free) is None

    @pytest.mark.parametrize("sent", [{"person": ""}, {"person": "nobody"}, {"reason": " "}])
    def test_shows_the_page_again_with_what_is_missing(
        self, model: Model, queue: Queue, manager: Person, reviewer: Person, sent: dict[str, str]
    ) -> None:
        item = making.an_item(model)
        body = {"items": [str(item.pk)], "person": str(reviewer.pk), "reason": "x", **sent}

        response = signed_in(manager).post(reverse("desk-assign", args=[queue.slug]), body)

        assert response.status_code == 422
        assert b"field__error" in response.content
        assert b" checked>" in response.content
        assert self.kept_for(item) is None

    def test_offers_only_people_who_work_here(self, model: Model, queue: Queue, manager: Person) -> None:
        elsewhere = factories.person(Role.REVIEWER, at=factories.system())
        item = making.an_item(model)

        assert elsewhere.name not in page(manager, queue)
        assert self.assign(manager, queue, item, person=str(elsewhere.pk)) == 422
        assert self.assign(manager, queue, person=str(manager.pk)) == 422

    def test_does_not_reach_into_other_queues(self, queue: Queue, manager: Person, reviewer: Person) -> None:
        foreign = making.an_item(making.a_model())

        assert self.assign(manager, queue, foreign, person=str(reviewer.pk)) == 404

    def test_a_trail_that_cannot_be_written_leaves_them_as_they_were(
        self, model: Model, queue: Queue, manager: Person, reviewer: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        items = [making.an_item(model) for _ in range(2)]
        client = signed_in(manager)
        real, told = trail.event_row, []

        def fail_second(**event: object) -> object:
            told.append(event)
            if len(told) == 2:
                raise RuntimeError("disk full")
            return real(**event)  # type: ignore[arg-type]

        monkeypatch.setattr(trail, "event_row", fail_second)

        body = {"items": [str(each.pk) for each in items], "person": str(reviewer.pk), "reason": "x"}
        with pytest.raises(RuntimeError, match="disk full"):
            client.post(reverse("desk-assign", args=[queue.slug]), body)
        assert {self.kept_for(item) for item in items} == {None}


class TestUnlock:
    """Taking a review from whoever holds it."""

    def unlock(self, person: Person, queue: Queue, item: ReviewItem, reason: str = "Gone home.") -> int:
        url = reverse("desk-unlock", args=[queue.slug, item.pk])
        status = signed_in(person).post(url, {"reason": reason}).status_code
        at_commit()
        return int(status)

    @pytest.fixture
    def item(self, model: Model, reviewer: Person) -> ReviewItem:
        item = making.an_item(model)
        claim_named(item_id=item.pk, actor=reviewer, now=making.now())
        return item

    def test_frees_it_with_a_reason(
        self, queue: Queue, item: ReviewItem, manager: Person, reviewer: Person
    ) -> None:
        assert reviewer.name in page(manager, queue)

        assert self.unlock(manager, queue, item) == 302

        assert Slot.objects.get(item=item).leased_by is None
        assert Event.objects.filter(kind="reviews.review.unlocked", actor=manager.audit_ref).exists()

    def test_needs_a_manager_a_reason_and_a_holder(
        self, queue: Queue, item: ReviewItem, manager: Person, reviewer: Person, model: Model
    ) -> None:
        assert self.unlock(reviewer, queue, item) == 403
        assert self.unlock(manager, queue, item, reason="") == 422
        assert self.unlock(manager, queue, making.an_item(model)) == 409

    def test_names_holders_to_those_who_may_know_them(
        self, queue: Queue, item: ReviewItem, reviewer: Person, model: Model
    ) -> None:
        owner = page(at(Role.MODEL_OWNER, model), queue)

        assert reviewer.name not in owner
        assert reviewer.pseudonym in owner


def test_shows_who_passed_over_how_many_to_the_manager_alone(
    model: Model, queue: Queue, manager: Person, reviewer: Person
) -> None:
    item = making.an_item(model)
    taken = claim_named(item_id=item.pk, actor=reviewer, now=making.now())
    release(item_id=item.pk, token=taken.lease.token, actor=reviewer, reason="Unsure", now=making.now())

    html = page(manager, queue)

    assert re.search(rf'{reviewer.name}</th><td class="num">1</td>', html)
    assert "Skipped or put off" not in page(reviewer, queue)


def test_pace_is_what_is_left_over_what_it_loses_in_an_hour() -> None:
    now = dt.datetime.now(dt.UTC)
    counts = Counts(waiting=20, leased=4, overdue=0, oldest_at=None, next_free_at=None, as_of=now)
    numbers = Numbers(counts, 0, 0, 20, 20, 8, None)

    assert numbers.hours_until_empty() == 2
