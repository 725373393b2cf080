"""Bundles of the log are copies: those with openings of what is erased lose their file."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from audit.bundles import asking, files
from audit.bundles import services as bundles
from audit.bundles.models import Bundle
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access.roles import Role
from reviews.queue import releasing
from tests import factories
from tests.audit.bundles.conftest import made, sign  # noqa: F401  # fixtures
from tests.reviews.erasure.erasing import SECRET, SUBJECT, Place, as_client, sequenced
from tests.reviews.judging import deciding

Made = Callable[[Bundle], Bundle]
Immediate = Callable[[], None]


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.bundles.notifications.wake_worker", lambda *_, **__: None)


def ask(**members: Any) -> Bundle:
    read = asking.read_sample if "seed" in members else asking.read_request
    return bundles.ask(asked=read(members), actor=OPERATOR, now=timezone.now())


def state_of(bundle: Bundle) -> str:
    return Bundle.objects.get(pk=bundle.pk).state


def in_files(folder: Path) -> list[str]:
    secret = SECRET.encode()
    return [path.name for path in folder.rglob("*.zip") if secret in path.read_bytes()]


def test_those_that_may_hold_its_openings_lose_their_file(
    place: Place, made: Made, media_root: Path, django_capture_on_commit_callbacks: Any  # noqa: F811
) -> None:  # fmt: skip
    early = made(ask(openings=True))
    place.uncertain()
    taken = deciding.claim(place.reviewer, place.posting.model)
    releasing.release(
        item_id=taken.item.pk,
        token=taken.lease.token,
        actor=place.reviewer,
        reason=SECRET,
        now=timezone.now(),
    )
    system = place.posting.system.slug
    others = factories.system("others").slug
    holding = [made(ask(**each)) for each in (
        {"openings": True}, {"openings": True, "system": system},
        {"openings": True, "seed": "s", "size": 3, "kind": "decisions"},
    )]  # fmt: skip
    free = [made(ask(**each)) for each in (
        {}, {"openings": True, "system": others}, {"openings": True, "to": "2020-01-01T00:00:00Z"},
        {"openings": True, "seed": "s", "size": 3, "kind": "grants"},
    )]  # fmt: skip
    assert in_files(media_root)
    auditor = factories.person(Role.AUDITOR)
    client = as_client(auditor)
    address = f"/api/v1/audit/bundles/{holding[0].pk}/file"
    assert b"".join(client.get(address).streaming_content)

    with django_capture_on_commit_callbacks(execute=True):
        erasure = place.erased()

    assert erasure.counts["bundles_purged"] == 3
    assert {state_of(each) for each in holding} == {"purged"}
    assert {state_of(each) for each in (early, *free)} == {"done"}
    assert not in_files(media_root)
    assert files.path_of(early.pk).exists()
    told = {each["bundle"]: each for each in erasure.receivers["bundles"]}
    assert set(told) == {str(each.pk) for each in holding}
    (download,) = told[str(holding[0].pk)]["downloads"]
    assert download["by"] == auditor.audit_ref
    gone = client.get(address)
    assert (gone.status_code, gone.json()["code"]) == (410, "BUNDLE_PURGED")
    shown = client.get(f"/api/v1/audit/bundles/{holding[0].pk}").json()
    assert (shown["state"], shown["manifest"]["sha256"]) == ("purged", holding[0].manifest["sha256"])
    assert state_of(made(ask(openings=True))) == "done"


def test_the_pages_say_so(place: Place, made: Made, client: Any) -> None:  # noqa: F811
    place.judged()
    bundle = made(ask(openings=True))
    erasure = place.erased()
    client.force_login(factories.person(Role.AUDITOR))

    of_erasure = client.get(f"/erasures/{erasure.pk}").content.decode()

    sequenced()
    page = client.get(f"/audit/bundles/{bundle.pk}").content.decode()

    event = Event.objects.get(kind="audit.bundle.purged")
    assert "The file was deleted" in page
    assert re.search(rf'/audit/events/{event.id}">event \d+</a>', page)
    assert bundle.manifest["sha256"] in page
    assert f"/audit/bundles/{bundle.pk}" in of_erasure


def test_for_whom_a_bundle_was_asked_is_forgotten(place: Place, immediate: Immediate) -> None:
    place.judged()
    asked, other = ask(subject=SUBJECT), ask(subject="customer-78")

    erasure = place.erased()
    immediate()

    assert bundles.subject_of(asked) == ""
    assert bundles.subject_of(other) == "customer-78"
    event = Event.objects.get(kind="audit.bundle.subject_erased")
    assert (event.entity_id, event.actor) == (asked.pk, erasure.asked_by)
