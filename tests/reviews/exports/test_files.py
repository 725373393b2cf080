"""GET /exports/{id}/files/{name}: the file, with ranges, and a trace of everybody who took it."""

import pytest

from audit.trail.models import Event
from reviews.exports import files
from tests.reviews.exports.conftest import ask, client_of, fetched, made
from tests.reviews.labels import making


@pytest.fixture
def key(place):
    place.label()
    making.sequenced()
    return making.key()


@pytest.fixture
def export(place, key):
    return made(key, place.model)


def get(key, export, method="get", name="labels.jsonl", **headers):
    return getattr(client_of(key), method)(f"/api/v1/exports/{export.pk}/files/{name}", headers=headers)


def downloads():
    return Event.objects.filter(kind="reviews.export.downloaded")


def test_gives_the_whole_file_and_says_so_in_the_trail(key, export, immediate):
    answer = get(key, export)

    body = b"".join(answer.streaming_content)
    assert (answer.status_code, len(body)) == (200, export.manifest["files"][0]["bytes"])
    assert answer["Content-Type"] == "application/x-ndjson"
    assert answer["Content-Length"] == str(len(body))
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Content-Disposition"] == 'attachment; filename="labels.jsonl"'
    (event,) = downloads()
    assert (event.actor, event.entity_id) == (key.audit_ref, export.pk)
    assert b"labels.jsonl" in bytes(event.body)
    immediate()


def test_ranges_add_up_to_the_file(key, export, monkeypatch):
    monkeypatch.setattr(files, "BLOCK", 7)
    size = export.manifest["files"][0]["bytes"]
    whole = fetched(key, export, "labels.jsonl")

    first = get(key, export, Range="bytes=0-99")
    rest = get(key, export, Range="bytes=100-")
    tail = get(key, export, Range="bytes=-10")

    assert (first.status_code, first["Content-Range"]) == (206, f"bytes 0-99/{size}")
    assert first["Content-Length"] == "100"
    assert b"".join(first.streaming_content) + b"".join(rest.streaming_content) == whole
    assert b"".join(tail.streaming_content) == whole[-10:]


def test_a_range_behind_the_end_is_416(key, export):
    size = export.manifest["files"][0]["bytes"]

    answer = get(key, export, Range=f"bytes={size}-")

    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{size}")
    assert not downloads().exists()


def test_head_and_not_modified_hand_out_nothing(key, export):
    head = get(key, export, "head")
    etag = f'"{export.manifest["files"][0]["sha256"]}"'
    same = get(key, export, **{"If-None-Match": etag})

    assert (head.status_code, head["ETag"], head.content) == (200, etag, b"")
    assert head["Content-Length"] == str(export.manifest["files"][0]["bytes"])
    assert (same.status_code, same.content) == (304, b"")
    assert not downloads().exists()


def test_if_range_with_another_file_in_hand_gives_the_whole(key, export):
    assert get(key, export, **{"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200


@pytest.mark.parametrize("name", ["other.jsonl", "..", "%2e%2e", "labels.jsonl%00"])
def test_other_names_are_not_there(key, export, name):
    assert get(key, export, name=name).status_code == 404


def test_before_it_is_done_there_is_no_file(place, key):
    answer = get(key, ask(key, place.model))

    assert (answer.status_code, answer.json()["code"]) == (409, "EXPORT_NOT_DONE")


def test_a_file_that_was_lost_says_so(key, export):
    files.discard(files.folder_of(export.pk))

    assert get(key, export).status_code == 503
