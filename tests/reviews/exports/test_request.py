"""POST /exports: what can be asked for."""

import pytest
from django.db import connection

from audit.trail import feeds
from audit.trail.models import Event, Feed
from governance.access.roles import Role
from reviews.exports import services
from reviews.exports.models import Export
from tests.reviews.exports.conftest import ask, client_of
from tests.reviews.labels import making


def refused(place, actor=None, **members):
    body = {"model": place.model.slug, "format": "jsonl", **members}
    answer = client_of(actor or making.key()).post("/api/v1/exports", body, format="json")
    assert not Export.objects.exists()
    return answer


def test_is_kept_normalised_with_its_event(place, immediate):
    key = making.key()

    export = ask(
        key,
        place.model,
        split={"train": 0.8, "test": 0.2},
        drop=["/input/b", "/input/a", "/input/a"],
        filter={"versions": ["2", "1", "1"], "decided_after": "2026-11-20T12:00:00+02:00"},
    )

    assert export.request == {
        "model": place.model.slug,
        "format": "jsonl",
        "filter": {
            "decided_after": "2026-11-20T10:00:00.000000Z",
            "decided_before": None,
            "versions": ["1", "2"],
            "changed": None,
            "queues": None,
            "classes": None,
            "include_probes": False,
            "include_restricted": False,
        },
        "split": {"test": 0.2, "train": 0.8},
        "drop": ["/input/a", "/input/b"],
        "pseudonymise": [],
        "class_field": "label",
        "queue_ids": None,
        "environments": None,
    }
    event = Event.objects.get(kind="reviews.export.requested")
    assert (event.entity_id, event.actor) == (export.pk, key.audit_ref)
    immediate()


def test_through_is_now_unless_it_is_said(place):
    place.label()
    making.sequenced()
    early = feeds.cursor_of(Feed.LABELS, feeds.size(Feed.LABELS))
    place.label()  # committed, and no sequencer came by yet

    assert ask(making.key(), place.model).through == 2
    assert ask(making.key(), place.model, through=early).through == 1


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"format": "xlsx"}, "/format"),
        ({"format": None}, "/format"),
        ({"model": None}, "/model"),
        ({"colour": "red"}, "/colour"),
        ({"through": "nonsense"}, "/through"),
        ({"through": feeds.cursor_of(Feed.LABELS, 10)}, "/through"),
        ({"through": feeds.cursor_of(Feed.EVENTS, 0)}, "/through"),
        ({"filter": {"colour": "red"}}, "/filter/colour"),
        ({"filter": []}, "/filter"),
        ({"filter": {"decided_after": "yesterday"}}, "/filter/decided_after"),
        ({"filter": {"decided_after": "2026-11-20T10:00:00"}}, "/filter/decided_after"),
        (
            {"filter": {"decided_after": "2026-11-20T10:00:00Z", "decided_before": "2026-11-20T10:00:00Z"}},
            "/filter/decided_before",
        ),
        ({"filter": {"versions": "1"}}, "/filter/versions"),
        ({"filter": {"versions": [1]}}, "/filter/versions"),
        ({"filter": {"classes": ["x"] * 201}}, "/filter/classes"),
        ({"filter": {"changed": "yes"}}, "/filter/changed"),
        ({"filter": {"queues": ["not-there"]}}, "/filter/queues"),
        ({"filter": {"include_probes": 1}}, "/filter/include_probes"),
        ({"split": {"train": 0.8}}, "/split"),
        ({"split": {"train": 0.8, "test": 0.3}}, "/split"),
        ({"split": {"train": 1.5, "test": -0.5}}, "/split"),
        ({"split": {"train": True}}, "/split"),
        ({"split": {"../etc": 1.0}}, "/split"),
        ({"split": {f"p{n}": 1 / 11 for n in range(11)}}, "/split"),
        ({"split": ["train"]}, "/split"),
        ({"drop": "/input"}, "/drop"),
        ({"drop": ["input/a"]}, "/drop"),
        ({"drop": ["/input/~2"]}, "/drop"),
        ({"drop": ["/prediction"]}, "/drop"),
        ({"drop": [1]}, "/drop"),
        ({"pseudonymise": ["/id"]}, "/pseudonymise"),
        ({"pseudonymise": ["/input/a"] * 101}, "/pseudonymise"),
    ],
)
def test_refuses_what_it_does_not_understand(place, members, pointer):
    answer = refused(place, **members)

    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("members", "pointer"),
    [({"format": "parquet"}, "/format"), ({"filter": {"min_agreement": 0.8}}, "/filter/min_agreement")],
)
def test_says_what_comes_later(place, members, pointer):
    answer = refused(place, **members)

    assert (answer.status_code, answer.json()["code"]) == (422, "NOT_AVAILABLE_YET")
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_refuses_a_request_too_large_for_its_event(place):
    pointers = [f"/input/{'x' * 450}{n}" for n in range(100)]

    assert refused(place, drop=pointers).json()["code"] == "TOO_LARGE"


def test_a_queue_of_another_system_is_unknown(place):
    foreign = making.queue(making.system())

    assert refused(place, filter={"queues": [foreign.slug]}).status_code == 422


def test_another_systems_key_meets_nothing(place):
    export = ask(making.key(), place.model)
    key = client_of(making.key(systems=[making.system()]))
    body = {"model": place.model.slug, "format": "jsonl"}
    missing = key.post("/api/v1/exports", {**body, "model": "there-is-none"}, format="json")

    foreign = key.post("/api/v1/exports", body, format="json")

    assert foreign.status_code == 404
    assert foreign.json() == missing.json()
    for path in ("", "/files/labels.jsonl"):
        assert key.get(f"/api/v1/exports/{export.pk}{path}").status_code == 404
    assert key.post(f"/api/v1/exports/{export.pk}/cancel").status_code == 404
    assert key.delete(f"/api/v1/exports/{export.pk}").status_code == 404
    assert key.get("/api/v1/exports").json() == {"results": [], "next": None}


def test_people_and_keys_need_the_right(place):
    export = ask(making.key(), place.model)
    strangers = (
        place.reviewer,
        making.person(Role.QUEUE_MANAGER, at=place.queue),
        making.key("outcomes:read"),
    )
    for actor in strangers:
        client = client_of(actor)
        body = {"model": place.model.slug, "format": "jsonl"}
        assert client.post("/api/v1/exports", body, format="json").status_code == 403
        assert client.post("/api/v1/exports", {}, format="json").status_code == 403
        assert client.get("/api/v1/exports").status_code == 403
        assert client.get(f"/api/v1/exports/{export.pk}").status_code == 403

    manager = making.person(Role.QUEUE_MANAGER, at=place.model.system)
    assert ask(manager, place.model).requested_by == manager.audit_ref
    assert len(client_of(manager).get("/api/v1/exports").json()["results"]) == 2


def test_a_missing_export_is_not_found(place):
    assert client_of(making.key()).get(f"/api/v1/exports/{place.model.pk}").status_code == 404


def test_a_trail_that_cannot_be_written_leaves_no_export(place, monkeypatch):
    key = making.key()

    def fail(**_kwargs):
        raise RuntimeError("disk full")

    monkeypatch.setattr(services.trail, "record", fail)

    assert refused(place, key).status_code == 500


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'lost'", "reviews_known_export_state"),
        ("state = 'done'", "reviews_done_export_has_manifest"),
    ],
)
def test_invariants_hold_in_the_database(place, change, constraint):
    ask(making.key(), place.model)

    with pytest.raises(Exception, match=constraint):
        connection.cursor().execute(f"UPDATE reviews_export SET {change}, event_version = event_version + 1")
