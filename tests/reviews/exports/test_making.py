"""reviews.exports.making: the files of an export, read back."""

import csv
import hashlib
import io
import json

import pytest
from django.utils import timezone

from audit import spreadsheets
from governance.access.roles import Role
from reviews.exports import making as exporting
from reviews.exports import rows as export_rows
from reviews.exports import services
from reviews.intake.models import Payload, Prediction
from reviews.labels import services as labels
from tests.reviews.erasure.erasing import erase
from tests.reviews.exports.conftest import ask, client_of, fetched, made
from tests.reviews.labels import making

HOSTILE = {
    "formula": '=HYPERLINK("http://example.org")',
    "lines": "a\nb\r\nc\u2028d\u2029e\u0085f",
    "quotes": 'say "no", then; stop',
    "=cmd|' /C calc'!A0": "@SUM(1)",
    "large": 123456789012345678901234567890,
    "nothing": None,
    "deep": {"list": [1, {"a": "\t=1"}], "empty": {}},
    "smile": "\U0001f600",
}


def jsonl(actor, export, name="labels.jsonl"):
    body = fetched(actor, export, name).decode()
    assert body.splitlines() == body.split("\n")[:-1]  # whatever a reader takes for a line's end
    return [json.loads(line) for line in body.splitlines()]


def table(actor, export, name="labels.csv"):
    return list(csv.DictReader(io.StringIO(fetched(actor, export, name).decode(), newline="")))


def test_jsonl_rows_are_the_labels_of_the_feed_and_join_their_predictions(place):
    place.label({"label": "ok"}, posted={"input": HOSTILE}, changed=True, propensity=0.5)
    place.label(posted={"input": {"amount": 1e-9}, "scores": {"fraud": 0.6}})
    making.sequenced()
    key = making.key()

    export = made(key, place.model)

    rows = jsonl(key, export)
    assert rows == client_of(key).get("/api/v1/labels").json()["results"]
    assert rows[0]["input"] == HOSTILE
    for row in rows:
        prediction = Prediction.objects.get(pk=row["prediction"])
        assert prediction.external_id == row["external_id"]
        assert prediction.version_name == row["version"]


def test_csv_reads_back_and_runs_nothing(place):
    place.label({"label": "ok"}, posted={"input": HOSTILE}, changed=True, judged={"comment": "=1+1"})
    place.label(posted={"input": {"amount": 5}})
    making.sequenced()
    key = making.key()

    export = made(key, place.model, format="csv")

    raw = fetched(key, export, "labels.csv").decode()
    first, second = table(key, export)
    assert Prediction.objects.get(pk=first["prediction"]).external_id == first["external_id"]
    restored = {name: spreadsheets.restore(cell) for name, cell in first.items()}
    assert restored["input/formula"] == HOSTILE["formula"]
    assert restored["input/lines"] == HOSTILE["lines"]
    assert restored["input/quotes"] == HOSTILE["quotes"]
    assert restored["input/large"] == str(HOSTILE["large"])
    assert json.loads(restored["input/deep/list"]) == HOSTILE["deep"]["list"]
    assert (first["label/label"], first["model_output/label"], first["changed"]) == ("ok", "fraud", "true")
    assert (second["input/amount"], second["input/formula"]) == ("5", "")
    for cells in csv.reader(io.StringIO(raw, newline="")):
        assert not any(cell.startswith(("=", "@", "\t", "\r", "+")) for cell in cells)
    assert export.manifest["files"][0]["rows"] == 2


def test_csv_keeps_a_member_whole_that_would_become_too_many_columns(place, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_COLUMNS", 3)
    for n in range(3):
        place.label(posted={"input": {f"a{n}": n, f"b{n}": n}})
    making.sequenced()
    key = making.key()

    rows = table(key, made(key, place.model, format="csv"))

    assert [json.loads(row["input"]) for row in rows] == [{f"a{n}": n, f"b{n}": n} for n in range(3)]
    assert not any(name.startswith("input/") for name in rows[0])


def test_the_manifest_describes_what_is_there(place):
    for n in range(5):
        place.label({"label": "ok" if n < 2 else "fraud"})
    making.sequenced()
    key = making.key()

    export = made(key, place.model, split={"train": 0.5, "test": 0.5})

    manifest = export.manifest
    assert [file["name"] for file in manifest["files"]] == ["test.jsonl", "train.jsonl"]
    for file in manifest["files"]:
        body = fetched(key, export, file["name"])
        assert hashlib.sha256(body).hexdigest() == file["sha256"]
        assert (len(body), body.count(b"\n")) == (file["bytes"], file["rows"])
    assert sum(file["rows"] for file in manifest["files"]) == manifest["rows"] == 5
    assert manifest["label_counts"] == {"fraud": 3, "ok": 2}
    assert manifest["schema_version"] == 1
    assert manifest["software"].startswith("countersign ")
    assert manifest["through"] == client_of(key).get("/api/v1/labels").json()["cursor"]
    assert (export.done, export.total) == (5, 5)


def test_an_export_of_nothing_is_done(place):
    key = making.key()

    export = made(key, place.model, format="csv")

    assert (export.state, export.manifest["rows"]) == ("done", 0)
    assert fetched(key, export, "labels.csv") == b"\r\n"


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_the_same_through_gives_the_same_bytes_while_labels_arrive(place, format_):
    key = making.key()
    for n in range(7):
        place.label({"label": "ok"}, posted={"input": {"n": n, "subject": "x"}}, changed=bool(n % 2))
    relabelled = making.prediction(place.model)
    item = making.item(relabelled, place.queue)
    making.decide(relabelled, item, place.reviewer)
    making.sequenced()
    cursor = client_of(key).get("/api/v1/labels").json()["cursor"]
    members = {
        "format": format_,
        "split": {"train": 0.7, "test": 0.3},
        "pseudonymise": ["/input/subject"],
        "filter": {"queues": [place.queue.slug]},
    }

    implied = made(key, place.model, **members)
    making.reopen(item)
    making.decide(relabelled, item, making.person(), {"label": "ok"}, changed=True)
    place.label()
    item.queue = making.queue(place.model.system)
    making.record(item)
    making.sequenced()
    again = made(key, place.model, through=cursor, **members)
    later = made(key, place.model, **members)

    assert implied.manifest["files"] == again.manifest["files"]
    assert implied.manifest["digest"] == again.manifest["digest"]
    assert implied.manifest["rows"] == 8
    for file in implied.manifest["files"]:
        assert fetched(key, implied, file["name"]) == fetched(key, again, file["name"])
    assert later.manifest["digest"] != again.manifest["digest"]
    assert later.manifest["rows"] == 9


def test_the_latest_version_counts_and_withdrawn_and_erased_labels_do_not(place):
    prediction = making.prediction(place.model)
    item = making.item(prediction, place.queue)
    making.decide(prediction, item, place.reviewer)
    making.reopen(item)
    second = making.decide(prediction, item, making.person(), {"label": "ok"}, changed=True)
    withdrawn, erased = place.label(), place.label(posted={"subject": "x"})
    manager = making.person(Role.QUEUE_MANAGER)
    labels.withdraw(label_id=withdrawn.id, reason="no", actor=manager, now=timezone.now())
    erase(erased.prediction_id)
    making.prediction(place.model, training_use=False)
    making.sequenced()
    key = making.key()

    rows = jsonl(key, made(key, place.model))

    assert [row["id"] for row in rows] == [str(second.id)]


def test_reads_every_label_across_windows(place, monkeypatch):
    monkeypatch.setattr(export_rows, "WINDOW", 2)
    monkeypatch.setattr(export_rows, "COUNTED_AT_ONCE", 3)
    monkeypatch.setattr(exporting, "BEAT_EVERY", 2)
    written = []
    for _ in range(7):
        written.append(str(place.label().id))
        making.label(making.model(place.model.system), place.queue, place.reviewer)
    making.sequenced()
    key = making.key()

    export = made(key, place.model)

    assert [row["id"] for row in jsonl(key, export)] == written
    assert (export.done, export.total) == (7, 7)


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_progress_goes_steadily_up_to_the_end(place, monkeypatch, format_):
    monkeypatch.setattr(exporting, "BEAT_EVERY", 1)
    for n in range(6):
        place.label({"label": "ok" if n % 2 else "fraud"})
    making.sequenced()
    told = []
    beat = services.beat

    def listening(run, *, done, total):
        told.append((done, total))
        beat(run, done=done, total=total)

    monkeypatch.setattr(services, "beat", listening)
    made(making.key(), place.model, format=format_, filter={"classes": ["ok"]})

    counted = told.index((0, 6))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {total for _, total in told[counted:]} == {6}
    assert told[-1] == (6, 6)


def test_filters(place):
    now = timezone.now()
    other = making.queue(place.model.system)
    first = place.label(now=now - timezone.timedelta(days=2), version="1.0")
    second = place.label({"label": "ok"}, changed=True, version="2.0")
    third = making.label(place.model, other, place.reviewer)
    making.sequenced()
    key = making.key()

    def ids(**filter_):
        return [row["id"] for row in jsonl(key, made(key, place.model, filter=filter_))]

    yesterday = (now - timezone.timedelta(days=1)).isoformat()
    every = [str(each.id) for each in (first, second, third)]
    assert ids() == every
    assert ids(decided_after=yesterday) == every[1:]
    assert ids(decided_before=yesterday) == every[:1]
    assert ids(versions=["2.0"]) == [every[1]]
    assert ids(changed=True) == [every[1]]
    assert ids(changed=False) == [every[0], every[2]]
    assert ids(queues=[other.slug]) == [every[2]]
    assert ids(classes=["ok"]) == [every[1]]
    assert ids(include_probes=True, include_restricted=False, changed=None, classes=[]) == every


def test_splits_keep_a_subject_in_one_part_whatever_is_added(place):
    for n in range(30):
        place.label(posted={"subject": f"customer-{n % 6}"})
    making.sequenced()
    key = making.key()
    split = {"train": 0.5, "test": 0.5}

    before = made(key, place.model, split=split)
    for n in range(10):
        place.label(posted={"subject": f"customer-{n % 6}"})
    making.sequenced()
    after = made(key, place.model, split=split)

    parts = {}
    for part in ("train", "test"):
        for row in jsonl(key, before, f"{part}.jsonl"):
            subject = bytes(Payload.objects.get(prediction_id=row["prediction"]).subject_hash)
            assert parts.setdefault(subject, part) == part
        for row in jsonl(key, after, f"{part}.jsonl"):
            subject = bytes(Payload.objects.get(prediction_id=row["prediction"]).subject_hash)
            assert parts[subject] == part
    assert set(parts.values()) == {"train", "test"}


def test_drops_and_pseudonymises_wherever_the_value_stands(place):
    answer = {"label": "ok", "name": "Ada"}
    diff = [{"op": "replace", "pointer": "/name", "from": "Ade", "to": "Ada"}]
    for _ in range(2):
        place.label(
            answer,
            posted={
                "input": {"name": "Ada", "iban": "DE02"},
                "output": {"label": "ok", "name": "Ade"},
                "confidence": 0.5,
            },
            changed=True,
            judged={"diff": diff, "comment": "Ada again"},
        )
    making.sequenced()
    key = making.key()
    concealed = {
        "drop": ["/input/name", "/judgements/*/comment", "/label/name", "/model_output/name"],
        "pseudonymise": ["/input/iban", "/external_id"],
    }

    export = made(key, place.model, **concealed)
    again = made(key, place.model, **concealed)
    other = made(key, place.model, drop=concealed["drop"], pseudonymise=["/input/iban"])

    raw = fetched(key, export, "labels.jsonl")
    first, second = jsonl(key, export)
    for secret in (b"Ada", b"Ade", b"DE02"):
        assert secret not in raw
    assert first["input"]["iban"] == second["input"]["iban"]
    assert first["input"]["iban"] != jsonl(key, other)[0]["input"]["iban"]
    assert first["external_id"] != second["external_id"]
    assert raw == fetched(key, again, "labels.jsonl")
    assert Prediction.objects.filter(pk=first["prediction"]).exists()


def test_a_key_of_some_environments_exports_those_alone(place):
    place.label()
    making.sequenced()
    limited = making.key()
    limited.environments = ["staging"]
    making.record(limited)

    export = made(limited, place.model)
    whole = ask(making.key(), place.model)

    assert export.manifest["rows"] == 0
    assert client_of(limited).get("/api/v1/labels").json()["results"] == []
    assert client_of(limited).get(f"/api/v1/exports/{whole.pk}").status_code == 404
    listed = client_of(limited).get("/api/v1/exports").json()["results"]
    assert [each["id"] for each in listed] == [str(export.pk)]
