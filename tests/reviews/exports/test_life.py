"""The life of an export: taken once, cancelled, failed, begun again, deleted."""

import datetime as dt
import threading
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone

from audit.trail.models import Event
from reviews.exports import files, notifications, services, tasks
from reviews.exports import making as exporting
from reviews.exports.errors import IllegalTransition
from reviews.exports.models import Export
from reviews.exports.services import Overtaken
from reviews.exports.states import ExportState
from tests.reviews.exports.conftest import a_place, ask, client_of, fetched, made
from tests.reviews.labels import making


@pytest.fixture
def key(db):
    return making.key()


def kinds(export):
    events = Event.objects.filter(entity_id=export.pk).order_by("entity_version")
    return [event.kind.removeprefix("reviews.export.") for event in events]


def take(export):
    return services.take(export_id=export.pk, now=timezone.now())


def silent(export):
    """As if its worker had died a while ago."""
    Export.objects.filter(pk=export.pk).update(heartbeat_at=timezone.now() - dt.timedelta(minutes=5))


def left_on_disk():
    return sorted(path.name for path in files.root().iterdir()) if files.root().exists() else []


def test_goes_from_queued_to_done_with_an_event_each(place, key, immediate):
    place.label()
    making.sequenced()

    export = made(key, place.model)

    assert kinds(export) == ["requested", "running", "done"]
    assert export.finished_at >= export.started_at >= export.requested_at
    assert left_on_disk() == [str(export.pk)]
    immediate()


def test_a_second_message_finds_nothing_to_do(place, key):
    export = made(key, place.model)

    tasks.run_export.run(export_id=str(export.pk))

    assert kinds(export) == ["requested", "running", "done"]


def test_is_cancelled_while_it_waits(place, key):
    export = ask(key, place.model)

    answer = client_of(key).post(f"/api/v1/exports/{export.pk}/cancel")
    again = client_of(key).post(f"/api/v1/exports/{export.pk}/cancel")
    tasks.run_export.run(export_id=str(export.pk))

    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert (again.status_code, again.json()["code"]) == (409, "EXPORT_FINISHED")
    assert kinds(export) == ["requested", "cancelled"]


def test_is_cancelled_while_it_runs_and_leaves_nothing_behind(place, key, monkeypatch):
    monkeypatch.setattr(exporting, "BEAT_EVERY", 1)
    for _ in range(3):
        place.label()
    making.sequenced()
    export = ask(key, place.model)
    beat = services.beat

    def cancelled_after_one(run, *, done, total):
        beat(run, done=done, total=total)
        if done == 1:
            client_of(key).post(f"/api/v1/exports/{export.pk}/cancel")

    monkeypatch.setattr(services, "beat", cancelled_after_one)
    tasks.run_export.run(export_id=str(export.pk))

    export.refresh_from_db()
    assert (export.state, export.done, export.total) == ("cancelled", 1, 3)
    assert kinds(export) == ["requested", "running", "cancelled"]
    assert left_on_disk() == []


def test_progress_is_seen_while_it_runs(place, key):
    run = take(ask(key, place.model))

    services.beat(run, done=3, total=10)

    answer = client_of(key).get(f"/api/v1/exports/{run.export.pk}").json()
    assert (answer["state"], answer["progress"]) == ("running", {"done": 3, "total": 10})


def test_begins_again_when_its_worker_died(place, key, monkeypatch):
    place.label()
    making.sequenced()
    export = ask(key, place.model)
    dead = take(export)
    leftover = files.partial_folder(export.pk, dead.token)
    leftover.mkdir(parents=True)
    sent = []
    monkeypatch.setattr(notifications, "wake_worker", lambda id_, **_: sent.append(id_))

    assert tasks.resend_waiting.run() == 0  # it shows signs of life
    silent(export)
    assert tasks.resend_waiting.run() == 1
    tasks.run_export.run(export_id=str(export.pk))

    assert sent == [export.pk]
    export.refresh_from_db()
    assert export.state == "done"
    assert kinds(export) == ["requested", "running", "restarted", "done"]
    with pytest.raises(Overtaken):  # the dead worker was only slow
        services.beat(dead, done=1, total=1)
    with pytest.raises(Overtaken):
        services.finish(dead, manifest={}, publish=pytest.fail, now=timezone.now())
    tasks.resend_waiting.run()
    assert left_on_disk() == [str(export.pk)]
    assert fetched(key, export, "labels.jsonl")


def test_sends_lost_messages_again(place, key, monkeypatch):
    fresh, old = ask(key, place.model), ask(key, place.model)
    old.requested_at -= dt.timedelta(minutes=1)
    making.record(old)
    sent = []
    monkeypatch.setattr(notifications, "wake_worker", lambda id_, **_: sent.append(id_))

    tasks.resend_waiting.run()

    assert sent == [old.pk]
    assert take(fresh)


def test_fails_when_it_kills_one_worker_after_another(place, key):
    export = ask(key, place.model)
    for _ in range(services.MOST_RUNS):
        assert take(export)
        silent(export)

    assert take(export) is None

    export.refresh_from_db()
    assert export.state == "failed"
    assert "worker" in export.failure


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(OSError(28, "No space left on device"), "No space"), (KeyError("Ada"), "KeyError")],
)
def test_fails_with_a_sentence_that_quotes_nothing(place, key, monkeypatch, error, sentence):
    def broken(*_):
        raise error

    monkeypatch.setattr(tasks, "make", broken)

    export = made(key, place.model)

    assert export.state == "failed"
    assert sentence in export.failure
    assert "Ada" not in export.failure
    assert left_on_disk() == []
    assert client_of(key).get(f"/api/v1/exports/{export.pk}").json()["failure"] == export.failure


@pytest.mark.parametrize("kind", ["running", "done", "cancelled", "purged", "downloaded"])
def test_a_trail_that_cannot_be_written_leaves_it_as_it_was(place, key, monkeypatch, kind):
    if kind in ("running", "cancelled"):
        export = ask(key, place.model)
    elif kind == "done":
        export = ask(key, place.model)
        run = take(export)
        export.refresh_from_db()
    else:
        export = made(key, place.model)
    state, disk = export.state, left_on_disk()

    def fail(**_kwargs):
        raise RuntimeError("disk full")

    monkeypatch.setattr(services.trail, "record", fail)
    file = {"name": "labels.jsonl", "sha256": ""}
    now = timezone.now()
    manifest = {"digest": "", "rows": 0, "files": []}
    acts = {
        "running": lambda: take(export),
        "done": lambda: services.finish(run, manifest=manifest, publish=lambda: None, now=now),
        "cancelled": lambda: services.cancel(export_id=export.pk, actor=key, now=now),
        "purged": lambda: services.purge(export_id=export.pk, actor=key, now=now),
        "downloaded": lambda: services.hand_out(
            export_id=export.pk, file=file, first=0, last=0, actor=key, now=now
        ),
    }

    with pytest.raises(RuntimeError, match="disk full"):
        acts[kind]()

    export.refresh_from_db()
    assert export.state == state
    assert left_on_disk() == disk


def test_refuses_moves_that_are_not_in_the_table(place, key):
    export = made(key, place.model)

    with pytest.raises(IllegalTransition):
        services._move(export, to=ExportState.RUNNING, actor=key, now=timezone.now())


def test_a_key_deletes_the_files_of_its_own_exports_alone(place, key, django_capture_on_commit_callbacks):
    export = made(key, place.model)
    other = client_of(making.key()).delete(f"/api/v1/exports/{export.pk}")

    with django_capture_on_commit_callbacks(execute=True):
        done = client_of(key).delete(f"/api/v1/exports/{export.pk}")
    again = client_of(key).delete(f"/api/v1/exports/{export.pk}")
    file = client_of(key).get(f"/api/v1/exports/{export.pk}/files/labels.jsonl")

    assert (other.status_code, done.status_code) == (403, 204)
    assert (again.status_code, file.status_code) == (410, 410)
    assert file.json()["code"] == "EXPORT_PURGED"
    shown = client_of(key).get(f"/api/v1/exports/{export.pk}").json()
    assert (shown["state"], shown["manifest"]["rows"]) == ("purged", 0)
    assert left_on_disk() == []


def test_a_purge_that_died_is_finished_by_the_sweeper(place, key):
    export = made(key, place.model)
    services.purge(export_id=export.pk, actor=key, now=timezone.now())  # on_commit never comes
    (files.root() / str(UUID(int=7))).mkdir()  # of another database: not ours to delete
    assert str(export.pk) in left_on_disk()

    tasks.resend_waiting.run()

    assert left_on_disk() == [str(UUID(int=7))]


def test_is_kept_when_the_broker_does_not_answer(committed_db, monkeypatch):
    def unreachable(*_args, **_kwargs):
        raise ConnectionError("broker")

    monkeypatch.setattr(notifications, "wake_worker", unreachable)

    assert ask(making.key(), a_place().model).state == "queued"


def test_of_two_workers_one_takes_it(committed_db):
    place = a_place()
    export = ask(making.key(), place.model)
    together, runs = threading.Barrier(2), []

    def worker():
        try:
            together.wait(10)
            runs.append(take(export))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert [run is None for run in runs].count(True) == 1
    assert kinds(export) == ["requested", "running"]
