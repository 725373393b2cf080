"""Bundles over REST and on their pages."""

import base64
import csv
import io
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client
from rest_framework.test import APIClient

from audit import merkle
from audit.bundles import files, tasks
from audit.bundles.models import Bundle
from audit.trail.models import Event
from governance.access.models import Person
from governance.access.roles import Role
from tests import factories

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def auditor() -> Person:
    return factories.fresh(factories.person(Role.AUDITOR))


@pytest.fixture
def browser(auditor: Person) -> Client:
    client = Client()
    session = client.session
    session[SESSION_KEY] = str(auditor.pk)
    session[BACKEND_SESSION_KEY] = "governance.access.backend.RoleBackend"
    session[HASH_SESSION_KEY] = auditor.get_session_auth_hash()
    session.save()
    return client


def rest_of(actor: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(actor, actor)
    return client


def test_ask_watch_and_fetch(auditor: Person, made: Callable[[Bundle], Bundle]) -> None:
    client = rest_of(auditor)

    asked = client.post("/api/v1/audit/bundles", {"openings": True}, format="json")
    early = client.get(f"{asked['Location']}/file")
    bundle = made(Bundle.objects.get())
    seen = client.get(asked["Location"]).json()
    fetched = client.get(f"{asked['Location']}/file")
    content = b"".join(fetched.streaming_content)

    assert (asked.status_code, asked.json()["state"], early.status_code) == (202, "queued", 409)
    assert (seen["state"], seen["manifest"]["sha256"]) == ("done", bundle.manifest["sha256"])
    assert content == files.path_of(bundle.pk).read_bytes()
    assert Event.objects.filter(kind="audit.bundle.downloaded", actor=auditor.audit_ref).count() == 1
    again = client.get(f"{asked['Location']}/file", headers={"If-None-Match": fetched["ETag"]})
    assert again.status_code == 304


def test_a_download_that_broke_off_goes_on(auditor: Person, made: Callable[[Bundle], Bundle]) -> None:
    client = rest_of(auditor)
    address = client.post("/api/v1/audit/bundles", {}, format="json")["Location"] + "/file"
    bundle = made(Bundle.objects.get())
    whole = files.path_of(bundle.pk).read_bytes()
    etag = f'"{bundle.manifest["sha256"]}"'

    first = client.get(address, headers={"Range": "bytes=0-99"})
    rest = client.get(address, headers={"Range": "bytes=100-", "If-Range": etag})
    changed = client.get(address, headers={"Range": "bytes=100-", "If-Range": '"another"'})
    behind = client.get(address, headers={"Range": f"bytes={len(whole)}-"})
    head = client.head(address, headers={"Range": "bytes=0-99"})

    assert (first.status_code, rest.status_code, changed.status_code) == (206, 206, 200)
    assert b"".join(first.streaming_content) + b"".join(rest.streaming_content) == whole
    assert rest["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    assert (behind.status_code, behind["Content-Range"]) == (416, f"bytes */{len(whole)}")
    assert (head.status_code, head["Content-Length"]) == (206, "100")
    event = Event.objects.filter(kind="audit.bundle.downloaded").order_by("seq").first()
    assert event is not None
    assert orjson.loads(bytes(event.body))["details"]["last"] == 99


def test_a_key_gets_no_openings() -> None:
    key, _ = factories.service_key("audit:read")

    answer = rest_of(key).post("/api/v1/audit/bundles", {"openings": True}, format="json")
    without = rest_of(key).post("/api/v1/audit/bundles", {}, format="json")

    assert (answer.status_code, without.status_code) == (403, 202)


def test_a_sample_is_a_table_as_well(
    auditor: Person, made: Callable[[Bundle], Bundle], browser: Client
) -> None:
    for _ in range(5):
        factories.person(Role.AUDITOR)
    client = rest_of(auditor)
    body = {"seed": "a word", "size": 3, "kind": "grants"}
    asked = client.post("/api/v1/audit/samples", body, format="json")
    early = client.get(f"{asked['Location']}/sample")
    bundle = made(Bundle.objects.get())
    factories.person(Role.AUDITOR)  # the log grows, the sample stays what it was

    answer = client.get(f"{asked['Location']}/sample")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))

    assert (early.status_code, early.json()["code"]) == (409, "BUNDLE_NOT_DONE")
    assert [int(row["position"]) for row in rows] == bundle.manifest["sample"]
    assert {int(row["tree_size"]) for row in rows} == {bundle.manifest["logs"][0]["size"]}
    for row in rows:
        proof = [base64.b64decode(each) for each in row["inclusion_proof"].split()]
        leaf, root = base64.b64decode(row["leaf_hash"]), base64.b64decode(row["tree_root"])
        assert merkle.verify_inclusion(leaf, int(row["index"]), int(row["tree_size"]), proof, root)
    assert Event.objects.filter(kind="audit.list.downloaded", actor=auditor.audit_ref).count() == 1
    assert f"{bundle.pk}/sample" in browser.get(f"/audit/bundles/{bundle.pk}").content.decode()


def test_a_bundle_that_is_no_sample_has_no_table(auditor: Person, made: Callable[[Bundle], Bundle]) -> None:
    client = rest_of(auditor)
    asked = client.post("/api/v1/audit/bundles", {}, format="json")
    made(Bundle.objects.get())

    answer = client.get(f"{asked['Location']}/sample")

    assert (answer.status_code, answer.json()["code"]) == (409, "NO_SAMPLE")


def test_a_sample_over_rest(auditor: Person) -> None:
    body = {"seed": "s", "size": 5, "kind": "decisions"}

    answer = rest_of(auditor).post("/api/v1/audit/samples", body, format="json")

    assert answer.status_code == 202
    assert answer.json()["filter"]["sample"]["kinds"][0].startswith("reviews.review.")


def test_the_pages_lead_from_asking_to_the_file(
    browser: Client, made: Callable[[Bundle], Bundle]
) -> None:  # fmt: skip
    assert b"No bundle yet" in browser.get("/audit/bundles").content
    asked = browser.post("/audit/bundles/new", {"openings": "on"})
    moving = browser.get(asked["Location"])
    made(Bundle.objects.get())
    done = browser.get(asked["Location"], headers={"HX-Request": "true"})

    assert asked.status_code == 302
    assert b'hx-trigger="every 1s"' in moving.content
    assert b"verifier.py bundle" in done.content
    assert b"hx-trigger" not in done.content
    assert b"The whole log" in browser.get("/audit/bundles").content


def test_the_form_says_what_is_wrong_beside_its_field(browser: Client) -> None:
    answer = browser.post("/audit/bundles/new", {"system": "nobody", "kind": "grants", "size": "0"})

    assert answer.status_code == 422
    assert Bundle.objects.count() == 0


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"kind": "grants", "size": "5"}, "draws the same again"),
        ({"kind": "grants", "seed": "a", "size": ""}, "from 1 to 10,000"),
        ({"seed": "a", "size": "5"}, "Say of what the sample"),
        ({"since": "2026-11-21T10:00", "until": "2026-11-20T10:00"}, "later than from"),
        ({"since": "yesterday"}, "valid date"),
    ],
)
def test_the_form_says_what_to_do(browser: Client, asked: dict[str, str], words: str) -> None:
    page = browser.post("/audit/bundles/new", asked)

    assert page.status_code == 422
    assert words in page.content.decode()


def test_cancelling_on_the_page_keeps_nothing(browser: Client) -> None:
    where = browser.post("/audit/bundles/new", {})["Location"]

    answer = browser.post(f"{where}/cancel")
    tasks.run_bundle(bundle_id=str(Bundle.objects.get().pk))

    assert answer.status_code == 302
    assert Bundle.objects.get().state == "cancelled"
    assert not list(files.root().glob("*"))
