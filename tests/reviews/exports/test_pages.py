"""The pages about exports."""

import re

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client

from governance.access.roles import Role
from reviews.exports import services, tasks
from reviews.exports.models import Export
from tests.reviews.exports.conftest import ask, made
from tests.reviews.labels import making


@pytest.fixture
def manager(place):
    return making.person(Role.QUEUE_MANAGER, at=place.model.system)


def signed_in(person):
    """A session without signing in: that is not what is tested here."""
    client = Client()
    session = client.session
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "governance.access.backend.RoleBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return client


@pytest.fixture
def browser(manager):
    return signed_in(manager)


def form(place, **fields):
    return {"model": place.model.slug, "format": "jsonl", **fields}


def test_an_empty_list_says_what_to_do(browser):
    answer = browser.get("/exports")

    assert answer.status_code == 200
    assert "No export yet" in answer.content.decode()


def test_the_list_polls_only_what_still_moves(place, browser, manager):
    place.label()
    making.sequenced()
    done, waits = made(manager, place.model), ask(manager, place.model)

    page = browser.get("/exports").content.decode()

    assert f'hx-get="/exports/{waits.pk}/row"' in page
    assert f'hx-get="/exports/{done.pk}/row"' not in page
    assert "1 rows" in page or "1 row" in page
    row = browser.get(f"/exports/{waits.pk}/row", headers={"HX-Request": "true"}).content.decode()
    assert row.lstrip().startswith("<tr")
    assert "waits for a worker" in row


def test_the_list_has_pages(place, browser, manager, monkeypatch):
    monkeypatch.setattr("reviews.exports.web.PAGE", 2)
    for _ in range(3):
        ask(manager, place.model)

    first = browser.get("/exports").content.decode()
    older = re.search(r'rel="next" href="(\?before=[^"]+)"', first)
    second = browser.get(f"/exports{older[1]}").content.decode()

    assert (first.count("<tr id="), second.count("<tr id=")) == (2, 1)
    assert browser.get("/exports?before=x").status_code == 422


def test_asks_for_an_export_with_everything(place, browser):
    answer = browser.post(
        "/exports/new",
        form(
            place,
            format="csv",
            decided_after="2026-11-01T10:00",
            changed="true",
            versions="1.0, 2.0",
            classes="fraud",
            queues=[place.queue.slug],
            split="train 80 %, test 20",
            drop="/input/name\n\n /judgements/*/comment",
            pseudonymise="/input/customer",
        ),
    )

    export = Export.objects.get()
    assert answer["Location"] == f"/exports/{export.pk}"
    assert export.request["split"] == {"test": 0.2, "train": 0.8}
    assert export.request["drop"] == ["/input/name", "/judgements/*/comment"]
    assert export.request["filter"] == {
        "decided_after": "2026-11-01T10:00:00.000000Z",
        "decided_before": None,
        "versions": ["1.0", "2.0"],
        "changed": True,
        "queues": [place.queue.slug],
        "classes": ["fraud"],
        "include_probes": False,
        "include_restricted": False,
    }
    page = browser.get(answer["Location"]).content.decode()
    for words in ("only corrected ones", "train 80 %", "/input/customer", place.queue.slug):
        assert words in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"split": "train 80"}, "add up to 1"),
        ({"split": "all of it"}, "names and percentages"),
        ({"drop": "input"}, "JSON pointer"),
        ({"pseudonymise": "/prediction"}, "lineage"),
        ({"format": "parquet"}, "not one of the available"),
        ({"decided_after": "2026-11-02T10:00", "decided_before": "2026-11-01T10:00"}, "behind"),
        ({"model": "there-is-none"}, "not one of the available"),
    ],
)
def test_a_bad_form_says_what_is_wrong_beside_the_field(place, browser, fields, words):
    answer = browser.post("/exports/new", form(place, **fields))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Export.objects.exists()


def test_a_queue_of_another_system_is_refused_in_the_form(place, browser, manager):
    elsewhere = making.queue(making.system())
    everywhere = signed_in(making.person(Role.QUEUE_MANAGER))

    answer = everywhere.post("/exports/new", form(place, queues=[elsewhere.slug]))

    assert answer.status_code == 422
    assert "has no queue" in answer.content.decode()


def test_shows_the_files_and_what_is_in_them(place, browser, manager):
    place.label({"label": "ok"})
    making.sequenced()
    export = made(manager, place.model)

    page = browser.get(f"/exports/{export.pk}").content.decode()

    assert f'href="/api/v1/exports/{export.pk}/files/labels.jsonl"' in page
    assert export.manifest["files"][0]["sha256"] in page
    assert "Labels by class" in page
    assert "Cancel</button>" not in page
    assert "every 1s" not in page
    file = browser.get(f"/api/v1/exports/{export.pk}/files/labels.jsonl")
    assert b"".join(file.streaming_content).count(b"\n") == 1


def test_shows_progress_and_cancels(place, browser, manager):
    export = ask(manager, place.model)
    run = services.take(export_id=export.pk, now=export.requested_at)
    services.beat(run, done=1500, total=3000)

    page = browser.get(f"/exports/{export.pk}").content.decode()
    fragment = browser.get(f"/exports/{export.pk}", headers={"HX-Request": "true"}).content.decode()
    answer = browser.post(f"/exports/{export.pk}/cancel")
    again = browser.post(f"/exports/{export.pk}/cancel")

    assert "1,500 of 3,000 labels" in page
    assert 'value="50"' in page
    assert "<html" in page
    assert "<html" not in fragment
    assert answer["Location"] == f"/exports/{export.pk}"
    assert again.status_code == 409
    assert "Nothing of it is kept" in browser.get(f"/exports/{export.pk}").content.decode()


def test_shows_why_it_failed_and_that_files_were_deleted(place, browser, manager, monkeypatch):
    done = made(manager, place.model)
    monkeypatch.setattr(tasks, "make", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    failed = made(manager, place.model)

    purged = browser.post(f"/exports/{done.pk}/purge")

    assert purged["Location"] == f"/exports/{done.pk}"
    assert "The files were deleted" in browser.get(f"/exports/{done.pk}").content.decode()
    assert "No space left" in browser.get(f"/exports/{failed.pk}").content.decode()


def test_hostile_classes_are_escaped(place, browser, manager):
    place.label({"label": "<script>alert(1)</script>"})
    making.sequenced()
    export = made(manager, place.model)

    assert "<script>alert" not in browser.get(f"/exports/{export.pk}").content.decode()


def test_others_see_nothing(place, manager):
    export = ask(manager, place.model)
    elsewhere = making.person(Role.QUEUE_MANAGER, at=making.system())
    reviewer, stranger, nobody = signed_in(place.reviewer), signed_in(elsewhere), Client()

    for path in ("", "/new", f"/{export.pk}", f"/{export.pk}/row"):
        assert reviewer.get(f"/exports{path}").status_code == 403
        assert nobody.get(f"/exports{path}").status_code == 302
    for path in (f"/{export.pk}", f"/{export.pk}/row"):
        assert stranger.get(f"/exports{path}").status_code == 404
    assert str(export.pk) not in stranger.get("/exports").content.decode()
    assert stranger.post(f"/exports/{export.pk}/cancel").status_code == 404
