"""The log over HTTP: tlog-tiles for whoever may read all events, byte for byte."""

import base64
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from audit import merkle
from audit.log import growing, selectors
from audit.log.models import Anchor, Checkpoint
from audit.trail import sequencer
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from tests import factories
from tests.sequencing import as_sequencer

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(db: Any) -> Client:
    client = Client()
    client.force_login(factories.person("auditor"), backend="governance.access.backend.RoleBackend")
    return client


@pytest.fixture
def full(db: Any) -> list[bytes]:
    """The leaves of a log with more than one tile."""
    with transaction.atomic():
        for n in range(300):
            trail.remark(
                kind="test.noted", actor=OPERATOR, entity_type="test", details={"n": n}, now=timezone.now()
            )
    sequencer.integrate_all()
    growing.grow()
    return [bytes(event.body) for event in Event.objects.order_by("seq")]


def sign(size: int) -> Checkpoint:
    """A checkpoint as the signer would write it; here nobody checks the signature."""
    log = selectors.current()
    root = selectors.root_at(log, size)
    note = f"{log.origin}\n{size}\n{base64.b64encode(root).decode()}\n\n\u2014 {log.origin} AAAAAAAA\n"
    with as_sequencer():
        return Checkpoint.objects.create(
            log=log.number, size=size, root=root, note=note, signed_at=timezone.now()
        )


def entries_in(bundle: bytes) -> list[bytes]:
    found = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        found.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return found


def test_tiles_hold_the_hashes_of_the_leaves(auditor: Client, full: list[bytes]) -> None:
    hashes = b"".join(merkle.leaf_hash(body) for body in full)

    whole, part = auditor.get("/audit/log/tile/0/000"), auditor.get("/audit/log/tile/0/001.p/17")
    above = auditor.get("/audit/log/tile/1/000.p/1")

    assert whole.content == hashes[: 256 * 32]
    assert part.content == hashes[256 * 32 : (256 + 17) * 32]
    assert above.content == merkle.root_hash([merkle.leaf_hash(body) for body in full[:256]])
    assert whole["Content-Type"] == "application/octet-stream"


def test_a_full_tile_is_still_given_in_part(auditor: Client, full: list[bytes]) -> None:
    whole, part = auditor.get("/audit/log/tile/0/000"), auditor.get("/audit/log/tile/0/000.p/5")

    assert part.content == whole.content[: 5 * 32]


def test_entries_are_the_bytes_of_the_events(auditor: Client, full: list[bytes]) -> None:
    first = auditor.get("/audit/log/tile/entries/000")
    rest = auditor.get(f"/audit/log/tile/entries/001.p/{len(full) - 256}")

    assert entries_in(first.content) + entries_in(rest.content) == full


def test_what_stands_under_its_number_may_be_kept(auditor: Client, full: list[bytes]) -> None:
    here, numbered = auditor.get("/audit/log/tile/0/000"), auditor.get("/audit/log/1/tile/0/000")

    assert numbered.content == here.content
    assert numbered["Cache-Control"] == "private, max-age=31536000, immutable"
    assert here["Cache-Control"] == "private, max-age=60"


def test_the_newest_checkpoint_with_what_witnesses_added(auditor: Client, full: list[bytes]) -> None:
    assert auditor.get("/audit/log/checkpoint").status_code == 404

    sign(10)
    newest = sign(270)
    line = "\u2014 witness.example+0 AAAA"
    with as_sequencer():
        Anchor.objects.create(
            log=1, size=270, kind=Anchor.WITNESS, place="w", evidence=line, at=timezone.now()
        )

    response = auditor.get("/audit/log/checkpoint")
    assert response.content.decode() == newest.note + line + "\n"
    assert response["Content-Type"].startswith("text/plain")
    assert response["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "address",
    [
        "tile/0/001",  # not full yet
        "tile/0/001.p/200",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/002.p/1",
        "tile/6/000",
        "tile/63/000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/../../checkpoint",
        "tile/entries/001",
        "tile/entries/001.p/255",
        "tile/entries/x000000",
        "9/checkpoint",
        "99999999999999999999/checkpoint",
    ],
)
def test_what_the_log_does_not_have_is_not_found(auditor: Client, full: list[bytes], address: str) -> None:
    assert auditor.get(f"/audit/log/{address}").status_code == 404


def test_a_key_that_is_limited_to_a_system_reads_no_tile(db: Any, full: list[bytes]) -> None:
    _, limited = factories.service_key("audit:read", systems=[factories.system()])
    _, unlimited = factories.service_key("audit:read")

    refused = Client().get("/audit/log/tile/0/000", **factories.bearer(limited))
    allowed = Client().get("/audit/log/tile/0/000", **factories.bearer(unlimited))

    assert refused.status_code == 403
    assert "not limited to AI systems" in refused.json()["detail"]
    assert allowed.status_code == 200
    assert Client().get("/audit/log/tile/0/000").status_code == 401


def test_an_event_comes_with_its_proof(auditor: Client, full: list[bytes]) -> None:
    event = Event.objects.order_by("seq")[260]
    newest = sign(290)

    said = auditor.get(f"/api/v1/audit/events/{event.id}").json()["inclusion"]

    assert (said["log"], said["index"], said["tree_size"], said["checkpoint"]) == (1, 260, 290, newest.note)
    assert merkle.verify_inclusion(
        base64.b64decode(said["leaf_hash"]),
        260,
        290,
        [base64.b64decode(each) for each in said["proof"]],
        selectors.root_at(selectors.current(), 290),
    )
    assert base64.b64decode(said["leaf_hash"]) == merkle.leaf_hash(full[260])


def test_an_event_that_no_checkpoint_covers_is_proved_against_the_tree(
    auditor: Client, full: list[bytes]
) -> None:
    sign(100)
    event = Event.objects.order_by("seq")[200]

    said = auditor.get(f"/api/v1/audit/events/{event.id}").json()["inclusion"]

    assert (said["checkpoint"], said["tree_size"]) == (None, len(full))


def test_an_event_that_is_no_leaf_yet_has_no_proof(auditor: Client) -> None:
    event = Event.objects.latest("seq")

    assert auditor.get(f"/api/v1/audit/events/{event.id}").json()["inclusion"] is None
    assert "It is not in the log yet" in auditor.get(f"/audit/events/{event.id}").content.decode()


def test_the_page_works_the_proof_out(auditor: Client, full: list[bytes]) -> None:
    event = Event.objects.order_by("seq")[3]
    sign(300)

    page = auditor.get(f"/audit/events/{event.id}").content.decode()

    assert "these bytes are leaf 3, counted from 0, of the 300 leaves" in page
    assert selectors.root_at(selectors.current(), 300).hex() in page
    assert page.count('class="proof__what"') == 2 + 9


def test_the_page_says_so_when_the_bytes_are_not_those_of_the_leaf(
    auditor: Client, full: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    event = Event.objects.order_by("seq")[3]
    monkeypatch.setattr("audit.merkle.leaf_hash", lambda data: b"\x00" * 32)

    page = auditor.get(f"/audit/events/{event.id}").content.decode()

    assert "The proof does not lead to the root" in page
