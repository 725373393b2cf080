"""Erasing a data subject, over REST and through the worker."""

import datetime as dt
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from audit.trail import services as trail
from audit.trail.models import Event, Opening
from governance.access.models import Person
from governance.access.roles import Role
from reviews.erasure import matching, receivers
from reviews.erasure.matching import Meant
from reviews.erasure.models import Erasure
from reviews.exports import tasks as export_tasks
from reviews.exports.models import Export
from reviews.intake.models import ERASED_DIGEST, Erased, ExternalId, Outcome, Payload, Prediction
from reviews.judging import drafts
from reviews.labels.models import Label
from reviews.queue.models import Draft, Judgement, ReviewItem
from tests import factories
from tests.reviews.erasure.erasing import SECRET, SUBJECT, Place, as_client, in_files, sequenced, worked
from tests.reviews.judging import deciding

Immediate = Callable[[], None]


def test_takes_the_content_and_leaves_ids_times_and_events(place: Place, immediate: Immediate) -> None:
    posted, answered = place.judged()
    before = Event.objects.count()

    erasure = place.erased()
    immediate()

    assert erasure.state == "done"
    assert not Payload.objects.filter(pk=posted["id"]).exists()
    judgement = Judgement.objects.get(pk=answered.pk)
    assert (judgement.output, judgement.comment, judgement.diff) == (None, "", [])
    assert judgement.reviewer_id == place.reviewer.pk
    assert not Opening.objects.filter(entity_id=answered.item_id).exists()
    prediction = Prediction.objects.get(pk=posted["id"])
    assert prediction.external_id == posted["external_id"]
    assert prediction.classes == []
    assert Event.objects.count() > before


def test_nothing_of_the_subject_is_left_in_any_table(place: Place) -> None:
    place.judged()
    place.uncertain()
    taken = deciding.claim(place.reviewer, place.posting.model)
    drafts.save(item_id=taken.item.pk, person=place.reviewer, body=SECRET, now=taken.item.routed_at)
    assert tables_with(SECRET)
    assert tables_with(SUBJECT) == []  # it was only ever kept as a hash

    place.erased()

    assert tables_with(SECRET) == []
    assert tables_with(SUBJECT) == []


def test_leaves_other_subjects_and_predictions_without_one_alone(place: Place) -> None:
    mine, other, nobodys = place.post(), place.post("customer-78"), place.post(None)

    place.erased()

    kept = {str(id_) for id_ in Payload.objects.values_list("pk", flat=True)}
    assert kept == {other["id"], nobodys["id"]}
    assert str(Erased.objects.get().pk) == mine["id"]


def test_says_in_one_event_which_predictions_went_and_not_whose(place: Place) -> None:
    ids = sorted(place.post()["id"] for _ in range(3))

    erasure = place.erased()

    event = Event.objects.get(kind="reviews.subject.erased")
    body = bytes(event.body)
    assert (event.entity_type, event.entity_id) == ("erasure", erasure.pk)
    assert json.loads(body)["details"]["predictions"] == ids
    every = b"".join(bytes(each.body) for each in Event.objects.filter(entity_id=erasure.pk))
    assert SUBJECT.encode() not in every
    assert b"letter" not in every
    assert event.actor == place.officer.audit_ref


def test_a_waiting_review_is_cancelled_and_its_holder_told(place: Place) -> None:
    posted = place.uncertain()
    taken = deciding.claim(place.reviewer, place.posting.model)

    place.erased()

    assert ReviewItem.objects.get(pk=taken.item.pk).state == "cancelled"
    assert Prediction.objects.get(pk=posted["id"]).status == "cancelled"
    assert Outcome.objects.get(prediction_id=posted["id"]).status == "cancelled"
    late = as_client(place.reviewer).post(
        f"/api/v1/reviews/{taken.item.pk}/judgement",
        {
            "token": taken.lease.token,
            "submission_id": str(factories.nobody_there()),
            "output": {"label": "ok"},
        },
        format="json",
    )
    assert late.status_code == 409
    assert late.json()["code"] == "LEASE_LOST"
    assert not Draft.objects.exists()


def test_the_label_is_withdrawn_at_a_new_place_of_the_feed(place: Place) -> None:
    posted, _ = place.judged()
    _, secret = factories.service_key("labels:read")
    sequenced()
    before = place.posting.get("/labels", secret=secret).json()

    place.erased()
    sequenced()

    after = place.posting.get(f"/labels?after={before['cursor']}", secret=secret).json()["results"]
    assert [each["withdrawn"] for each in after] == [True]
    assert after[0]["supersedes"] == before["results"][0]["id"]
    whole = place.posting.get("/labels", secret=secret).json()["results"]
    assert [each["label"] for each in whole] == [None, None]
    assert Label.objects.filter(prediction_id=posted["id"]).count() == 2


def test_reads_back_as_erased_and_names_the_event(place: Place) -> None:
    posted, _ = place.judged()

    erasure = place.erased()
    sequenced()

    read = place.posting.get(f"/predictions/{posted['id']}").json()
    event = Event.objects.get(kind="reviews.subject.erased")
    assert read["erased"]["event"] == str(event.id)
    assert read["erased"]["erasure"] == str(erasure.pk)
    assert read["erased"]["position"] >= 1
    assert read["input"] is None
    assert read["outcome"]["output"] is None
    assert SECRET not in json.dumps(read)
    feed = place.posting.get("/outcomes").json()["results"]
    assert [(each["erased"], each["outcome"]["output"]) for each in feed] == [(True, None)]


def test_the_same_external_id_brings_nothing_back(place: Place) -> None:
    body = place.posting.body(subject=SUBJECT)
    place.posting.post(body)

    place.erased()

    again = place.posting.post(body)
    assert again.status_code == 409
    assert again.json()["code"] == "EXTERNAL_ID_CONFLICT"
    assert "erased" in again.json()["detail"]
    assert bytes(ExternalId.objects.get().digest) == ERASED_DIGEST
    assert not Payload.objects.exists()


def test_what_is_posted_afterwards_is_new_data(place: Place) -> None:
    place.post()
    place.erased()

    later = place.post()

    assert Payload.objects.filter(pk=later["id"]).exists()


def test_a_kept_answer_to_a_repeatable_request_goes(place: Place) -> None:
    body = place.posting.body(subject=SUBJECT, output={"label": "ok"})
    place.posting.post(body, HTTP_IDEMPOTENCY_KEY="once")
    other = place.posting.body(output={"label": "ok"})
    place.posting.post(other, HTTP_IDEMPOTENCY_KEY="twice")

    erasure = place.erased()

    assert erasure.counts["kept_answers"] == 1
    assert place.posting.post(other, HTTP_IDEMPOTENCY_KEY="twice").headers["Idempotency-Replayed"] == "true"


def test_an_export_that_holds_the_subject_loses_its_files_and_keeps_its_digest(
    place: Place, media_root: Path, django_capture_on_commit_callbacks: Any
) -> None:
    place.judged()
    export, other = exported(place), exported(place, filter={"changed": False})
    manifest: Any = Export.objects.get(pk=export.pk).manifest
    key, secret = factories.service_key("labels:read")
    name = manifest["files"][0]["name"]
    download = place.posting.get(f"/exports/{export.pk}/files/{name}", secret=secret)
    assert SECRET.encode() in b"".join(download.streaming_content)

    with django_capture_on_commit_callbacks(execute=True):
        erasure = place.erased()

    again = place.posting.get(f"/exports/{export.pk}/files/{name}", secret=secret)
    assert (again.status_code, again.json()["code"]) == (410, "EXPORT_PURGED")
    assert in_files(SECRET, media_root) == []
    export.refresh_from_db()
    assert (export.state, export.manifest) == ("purged", manifest)
    other.refresh_from_db()
    assert other.state == "done"  # its filter left the label out
    assert erasure.receivers is not None
    told = erasure.receivers["exports"]
    assert [(each["export"], each["downloads"][0]["by"]) for each in told] == [
        (str(export.pk), f"key:{key.pk}")
    ]


def test_a_running_export_begins_again_without_it(place: Place) -> None:
    place.judged()
    from reviews.exports import services as exports

    asked = as_client(factories.person(Role.QUEUE_MANAGER)).post(
        "/api/v1/exports", {"model": place.posting.model.slug, "format": "jsonl"}, format="json"
    )
    run = exports.take(export_id=asked.json()["id"], now=Event.objects.latest("seq").at)
    assert run is not None

    place.erased()

    with pytest.raises(exports.Overtaken):
        exports.beat(run, done=1, total=1)
    export_tasks.run_export.run(export_id=asked.json()["id"])
    manifest: Any = Export.objects.get(pk=asked.json()["id"]).manifest
    assert manifest["rows"] == 0


def test_says_who_had_it_and_who_may_have_had_it(place: Place) -> None:
    place.judged()
    reader, secret = factories.service_key("labels:read")
    stranger, elsewhere = factories.service_key("labels:read", systems=[factories.system()])
    for each in (secret, elsewhere):
        place.posting.get("/labels", secret=each)

    receivers: Any = place.erased().receivers

    certain = [each["by"] for each in receivers["keys"] if each["certain"]]
    by = {each["by"]: each for each in receivers["keys"]}
    assert certain == [f"key:{place.posting.key.pk}"]
    assert by[f"key:{reader.pk}"]["certain"] is False
    assert f"key:{stranger.pk}" not in by
    assert {"person": place.reviewer.audit_ref, "how": "reviewed"}.items() <= receivers["people"][0].items()


def test_says_who_downloaded_a_list_of_decided_reviews_with_an_answer_in_it(place: Place) -> None:
    place.judged()
    place.judged(subject="customer-78")
    manager = factories.person(Role.QUEUE_MANAGER)
    colleague = factories.person(Role.REVIEWER, at=place.posting.system)
    asked = (
        (place.reviewer, ""),
        (manager, ""),
        (manager, f"?reviewer={place.reviewer.pk}"),
        (colleague, ""),
    )
    assert [len(downloaded(*each).splitlines()) for each in asked] == [3, 3, 3, 1]

    told: Any = place.erased().receivers

    downloaded(manager, "")
    lists = [(each["by"], each["predictions"]) for each in told["decided_lists"]]
    assert lists == [(place.reviewer.audit_ref, 1), (manager.audit_ref, 1), (manager.audit_ref, 1)]


@pytest.mark.parametrize("when", ["before it was judged", "of another queue"])
def test_a_list_that_cannot_hold_an_answer_is_not_named(place: Place, when: str) -> None:
    manager = factories.person(Role.QUEUE_MANAGER)
    queues: list[str] | None = None
    _, judgement = place.judged()
    at = judgement.at + dt.timedelta(hours=1)
    if when == "before it was judged":
        at = judgement.at - dt.timedelta(hours=1)
    else:
        queues = [str(uuid4())]
    details = {"whose": "queues", "queues": queues, "reviewer": None}
    trail.remark(
        kind="reviews.decided.downloaded", actor=manager, entity_type="decided_list", details=details, now=at
    )
    erasure = Erasure(
        ground="request",
        subject_hashes=[bytes(Payload.objects.get().subject_hash or b"")],
        before=at + dt.timedelta(days=1),
    )
    meant = matching.meant(erasure)
    later = Meant(meant.statement.replace("now()", "now() + interval '1 day'"), meant.parameters)

    assert receivers.received(later)["decided_lists"] == []


def downloaded(person: Person, query: str) -> str:
    client = Client()
    client.force_login(person)
    answer = client.get(f"/decided/csv{query}")
    assert answer.status_code == 200
    return b"".join(cast(Iterable[bytes], answer.streaming_content)).decode()


def test_a_key_that_was_used_a_moment_earlier_may_have_had_it_too(place: Place) -> None:
    reader, secret = factories.service_key("labels:read")
    place.posting.get("/labels", secret=secret)  # its next use within the minute is not written down
    place.post()

    receivers: Any = place.erased().receivers

    assert f"key:{reader.pk}" in {each["by"] for each in receivers["keys"]}


def test_a_preview_says_the_same_and_changes_nothing(place: Place) -> None:
    place.judged()
    place.uncertain()
    place.post()
    exported(place)
    before = Event.objects.count()

    answer = as_client(place.officer).post("/api/v1/erasures/preview", {"subject": SUBJECT}, format="json")

    assert answer.status_code == 200, answer.content
    told = answer.json()
    counted = {"predictions": 3, "pending": 1, "open_reviews": 1, "labels": 1, "judgements": 1}
    assert counted.items() <= told.items()
    assert len(told["receivers"]["exports"]) == 1
    assert Event.objects.count() == before
    assert Payload.objects.count() == 3


def test_an_erasure_of_nobody_known_is_answered_and_kept_as_evidence(place: Place) -> None:
    erasure = place.erased("customer-79")

    assert (erasure.state, erasure.done) == ("done", 0)
    assert Event.objects.filter(kind="reviews.erasure.done", entity_id=erasure.pk).exists()


def test_forgets_whom_it_was_about_when_it_is_done(place: Place) -> None:
    place.post()
    asked = place.ask().json()
    assert asked["subject"] == SUBJECT

    erasure = worked(asked["id"])

    read = as_client(place.officer).get(f"/api/v1/erasures/{erasure.pk}").json()
    assert (read["subject"], erasure.subject_hashes) == (None, None)
    assert [each["event"] for each in read["events"]] == [str(Erased.objects.get().event_id)]


def test_is_refused_while_the_same_is_under_way(place: Place) -> None:
    place.post()
    place.ask()

    again = place.ask()

    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_ASKED")


def test_goes_on_where_a_crash_left_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from reviews.erasure import running

    monkeypatch.setattr(running, "BATCH", 2)
    for _ in range(5):
        place.post()
    asked = place.ask().json()["id"]
    now = Event.objects.latest("seq").at
    running.begin(asked, now=now)
    running.step(asked, now=now)  # and there it dies
    assert Payload.objects.count() == 3

    erasure = worked(asked)

    assert (erasure.state, erasure.done, erasure.total) == ("done", 5, 5)
    assert Event.objects.filter(kind="reviews.subject.erased").count() == 3
    assert worked(asked).event_version == erasure.event_version  # once more changes nothing


@pytest.mark.parametrize("verb", ["flag", "reopen"])
def test_nobody_is_asked_again_about_what_is_erased(place: Place, verb: str) -> None:
    posted, answered = place.judged()
    place.erased()
    manager = as_client(factories.person(Role.QUEUE_MANAGER))

    where = f"predictions/{posted['id']}" if verb == "flag" else f"reviews/{answered.item_id}"
    answer = manager.post(f"/api/v1/{where}/{verb}", {"reason": "x"}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "PREDICTION_ERASED")


def test_only_within_the_named_model(place: Place) -> None:
    from tests.reviews.erasure.erasing import a_place

    elsewhere = a_place()
    kept = elsewhere.post()
    place.post()

    place.erased(model=place.posting.model.slug)

    assert [str(each.pk) for each in Payload.objects.all()] == [kept["id"]]


def test_an_officer_of_one_system_names_it(place: Place) -> None:
    place.post()
    place.officer = factories.person(Role.COMPLIANCE_OFFICER, at=place.posting.system)

    assert place.ask().status_code == 403
    assert place.erased(system=place.posting.system.slug).done == 1


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MODEL_OWNER, Role.AUDITOR, Role.QUEUE_MANAGER])
def test_is_for_compliance_officers_alone(place: Place, role: Role) -> None:
    place.officer = factories.person(role)

    assert place.ask().status_code == 403


def test_is_for_no_service_key(place: Place) -> None:
    from governance.access.roles import PERMISSIONS_BY_KEY_SCOPE

    _, secret = factories.service_key(*PERMISSIONS_BY_KEY_SCOPE)
    raw = json.dumps({"subject": SUBJECT, "reason": "r"}).encode()

    assert place.posting.request("post", "/api/v1/erasures", raw, secret=secret).status_code == 403
    assert not Erasure.objects.exists()


def exported(place: Place, **members: Any) -> Export:
    manager = factories.person(Role.QUEUE_MANAGER, at=place.posting.system)
    body = {"model": place.posting.model.slug, "format": "jsonl", **members}
    asked = as_client(manager).post("/api/v1/exports", body, format="json")
    assert asked.status_code == 202, asked.content
    export_tasks.run_export.run(export_id=asked.json()["id"])
    return Export.objects.get(pk=asked.json()["id"])


def tables_with(text: str) -> list[str]:
    """The tables that hold a text anywhere, in any column."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
            "AND relnamespace = 'public'::regnamespace AND has_table_privilege(oid, 'SELECT')"
        )
        for (table,) in cursor.fetchall():
            plain = f'SELECT EXISTS (SELECT FROM "{table}" t WHERE t::text LIKE %s OR t::text LIKE %s)'
            cursor.execute(plain, [f"%{text}%", f"%{text.encode().hex()}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return sorted(found)
