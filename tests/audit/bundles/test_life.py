"""audit.bundles: from the request over the worker to a file that the offline verifier takes."""

import base64
import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit import verifier
from audit.bundles import asking, files, policies, selectors, services, tasks
from audit.bundles.errors import BundleFinished, BundleNotDone, BundlePurged
from audit.bundles.models import Bundle
from audit.log import selectors as log_selectors
from audit.log.models import Anchor, Checkpoint, Log
from audit.refusals import BadInput, NotFound, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access.roles import Role
from tests import factories
from tests.audit.bundles.conftest import signer
from tests.audit.verifier.builder import WITNESSES, Signer
from tests.sequencing import as_sequencer
from tests.tsa import NAME, Tsa, needs_openssl

pytestmark = pytest.mark.usefixtures("db")

Made = Callable[[Bundle], Bundle]


def ask(body: dict[str, Any] | None = None, actor: Any = OPERATOR, now: dt.datetime | None = None) -> Bundle:
    read = asking.read_sample if body and "seed" in body else asking.read_request
    asked = read(body or {})
    return services.ask(asked=asked, actor=actor, now=now or timezone.now())


def checked(bundle: Bundle, keys: list[verifier.VKey] | None = None) -> verifier.Report:
    content = files.path_of(bundle.pk).read_bytes()
    keys = keys or verifier.read_vkeys(signer().vkey)
    return verifier.check_bundle(io.BytesIO(content), keys, witnesses=WITNESSES)


def test_the_whole_log_is_proved(made: Made) -> None:
    factories.person(Role.AUDITOR)
    factories.system("payments")

    bundle = made(ask({"openings": True}))

    report = checked(bundle)
    assert bundle.state == "done", bundle.failure
    assert report.facts["whole"]
    assert (
        report.facts["entries"]
        == bundle.manifest["counts"]["entries"]
        == bundle.manifest["request"]["index"] + 1
    )
    assert report.facts["openings"] == 2  # e-mail and name
    assert report.facts["sha256"] == bundle.manifest["sha256"]
    assert any("as the log has it" in each for each in report.proved)
    assert any("cosignatures" in each for each in report.proved)


@needs_openssl
def test_time_stamps_go_along(made: Made, sign: Callable[[], None], tmp_path: Path) -> None:
    factories.person(Role.AUDITOR)
    sign()
    tsa = Tsa(tmp_path / "tsa")
    checkpoint = log_selectors.newest_checkpoint()
    assert checkpoint is not None
    evidence = base64.b64encode(tsa.token(checkpoint.note.encode())).decode()
    row = {"kind": Anchor.TIMESTAMP, "place": "tsa.test/tsr", "evidence": evidence, "at": timezone.now()}
    with as_sequencer():
        Anchor.objects.create(log=1, size=checkpoint.size, **row)

    report = checked(made(ask()))

    (stamps,) = report.facts["timestamps"]
    assert (stamps["authority"], stamps["newest"]["size"]) == (NAME, checkpoint.size)
    assert any("1 time stamps are each about exactly one" in each for each in report.proved)


def test_a_system_s_part_holds_its_events_alone(made: Made) -> None:
    system = factories.system("payments")
    factories.system("others")

    bundle = made(ask({"system": "payments"}))

    report = checked(bundle)
    assert bundle.state == "done", bundle.failure
    assert not report.facts["whole"]
    later = ["audit.bundle.begun", "audit.bundle.made"]
    of_system = Event.objects.filter(system_id=system.pk).exclude(kind__in=later)
    assert report.facts["entries"] == of_system.count()


def test_times_bound_what_goes_along(made: Made) -> None:
    factories.system()
    between = timezone.now()
    factories.system()

    later = checked(made(ask({"from": between.isoformat()})))

    assert 0 < later.facts["entries"] < later.facts["leaves"]


def test_a_subject_stays_beside_the_log(made: Made) -> None:
    bundle = ask({"subject": "customer-77"})
    bodies = b"".join(bytes(each.body) for each in Event.objects.all())

    assert services.subject_of(bundle) == "customer-77"
    assert b"customer-77" not in bodies
    services.forget_subject(bundle_id=bundle.pk, erasure_id=uuid4(), actor=OPERATOR, now=timezone.now())
    assert services.subject_of(bundle) == ""
    bundle.refresh_from_db()
    assert checked(made(bundle)).facts["entries"] == 1


def test_only_an_event_takes_the_subject_of_a_bundle_away() -> None:
    bundle = ask({"subject": "customer-77"})

    with pytest.raises(IntegrityError, match="audit_erasure_needs_its_event"), transaction.atomic():
        connection.cursor().execute("SELECT audit_forget_bundle_subject(%s)", [bundle.pk])


def test_a_purged_bundle_has_its_record_and_no_file(
    made: Made, django_capture_on_commit_callbacks: Any
) -> None:
    bundle = made(ask({"openings": True}))
    erasure_id = uuid4()

    def purge() -> bool:
        return services.purge_erased(
            bundle_id=bundle.pk, erasure_id=erasure_id, actor=OPERATOR, now=timezone.now()
        )

    with django_capture_on_commit_callbacks(execute=True):
        assert purge()

    finished_at = bundle.finished_at
    bundle.refresh_from_db()
    assert (bundle.state, bundle.finished_at) == ("purged", finished_at)
    assert bundle.manifest is not None
    assert not files.path_of(bundle.pk).exists()
    assert Event.objects.get(kind="audit.bundle.purged").entity_id == bundle.pk
    with pytest.raises(BundlePurged):
        selectors.file_of(bundle)
    assert not purge()
    files.path_of(bundle.pk).write_bytes(b"left by a crash")
    assert services.sweep_files() == 1


def test_a_run_that_may_have_read_what_was_erased_begins_again(sign: Callable[[], None]) -> None:
    bundle = ask({"openings": True})
    sign()
    run = services.take(bundle_id=bundle.pk, now=timezone.now())
    assert run is not None

    purged = services.purge_erased(
        bundle_id=bundle.pk, erasure_id=uuid4(), actor=OPERATOR, now=timezone.now()
    )

    assert not purged
    with pytest.raises(services.Overtaken):
        services.beat(run, done=1, total=2)
    assert list(services.waiting()) == [bundle]


def test_a_sample_is_the_same_for_the_same_seed(made: Made) -> None:
    for _ in range(6):
        factories.person(Role.AUDITOR)
    body = {"seed": "2026-11", "size": 3, "kind": "grants"}

    first, second = (
        made(services.ask(asked=asking.read_sample(body), actor=OPERATOR, now=timezone.now()))
        for _ in range(2)
    )

    drawn = first.manifest["sample"]
    assert len(drawn) == 3
    assert drawn == second.manifest["sample"]
    ranks = [verifier.sample_rank("2026-11", position) for position in drawn]
    assert ranks == sorted(ranks)
    assert checked(first).facts["entries"] == 4  # those drawn, and the request


@pytest.mark.usefixtures("forging")
def test_erased_openings_are_said_to_be_erased(made: Made) -> None:
    system = factories.system()
    with transaction.atomic():
        trail.remark(
            kind="reviews.subject.erased", actor=OPERATOR, entity_type="erasure", now=timezone.now(),
            details={"predictions": [str(system.pk)]},
        )  # fmt: skip

    report = checked(made(ask({"openings": True})))

    assert report.facts["erased"][0]["prediction"] == str(system.pk)
    assert any("erased by event" in each for each in report.proved)


def test_waits_for_a_signature_and_then_goes_without_the_request(sign: Callable[[], None]) -> None:
    factories.system()
    sign()
    young = ask()
    old = ask(now=timezone.now() - tasks.WAITS_FOR_SIGNATURE)

    for bundle in (young, old):
        tasks.run_bundle(bundle_id=str(bundle.pk))
        bundle.refresh_from_db()

    assert (young.state, old.state) == ("queued", "done")
    assert old.manifest["request"] is None
    assert any("does not hold that yet" in each for each in checked(old).not_proved)


def test_fails_with_a_sentence_where_nothing_is_signed() -> None:
    bundle = ask(now=timezone.now() - tasks.WAITS_FOR_SIGNATURE)

    tasks.run_bundle(bundle_id=str(bundle.pk))

    bundle.refresh_from_db()
    assert (bundle.state, bundle.failure) == ("failed", tasks.NOTHING_SIGNED)


def test_a_cancelled_bundle_is_not_made(made: Made) -> None:
    bundle = ask()
    services.cancel(bundle_id=bundle.pk, actor=OPERATOR, now=timezone.now())

    assert made(bundle).state == "cancelled"
    with pytest.raises(BundleFinished):
        services.cancel(bundle_id=bundle.pk, actor=OPERATOR, now=timezone.now())
    with pytest.raises(BundleNotDone):
        selectors.file_of(bundle)


def test_what_a_killed_run_left_is_swept(made: Made) -> None:
    bundle = ask()
    made(ask())
    run = services.take(bundle_id=bundle.pk, now=timezone.now())
    assert run is not None
    current, former = (files.partial_path_of(bundle.pk, run.token - n) for n in (0, 1))
    for path in (current, former):
        path.write_bytes(b"half")

    assert services.sweep_files() == 1
    assert (current.exists(), former.exists()) == (True, False)
    assert tasks.resend_waiting() == 0


def test_a_changed_event_makes_a_bundle_that_is_found_out(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.system()
    bundle = ask()
    monkeypatch.setattr(
        "audit.log.selectors.entries",
        lambda log, n, width: [
            bytes(e.body).replace(b"operator", b"nobody99") for e in Event.objects.order_by("seq")[:width]
        ],
    )

    with pytest.raises(verifier.Disproved, match="not the one in the tree"):
        checked(made(bundle))


def test_who_may_ask_for_what() -> None:
    system = factories.system()
    auditor, of_system = factories.person(Role.AUDITOR), factories.person(Role.AUDITOR, at=system)
    reviewer = factories.person(Role.REVIEWER, at=system)
    auditor, of_system, reviewer = (factories.fresh(each) for each in (auditor, of_system, reviewer))

    assert policies.why_not_ask(auditor, system_id=None, openings=True) is None
    assert policies.why_not_ask(of_system, system_id=system.pk, openings=False) is None
    assert "of some AI systems only" in str(policies.why_not_ask(of_system, system_id=None, openings=False))
    with pytest.raises(NotPermitted):
        ask(actor=reviewer)
    with pytest.raises(NotFound):
        selectors.bundle_for(of_system, ask(actor=auditor).pk)
    with pytest.raises(NotPermitted):
        selectors.bundle_for(of_system, ask({"system": str(system.pk), "openings": True}, actor=auditor).pk)


@pytest.mark.parametrize(
    "body",
    [[], {"form": 1}, {"from": "noon"}, {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
     {"openings": 1}, {"system": "nobody"}, {"subject": "x" * 201}, {"subject": "\ud800"}],
)  # fmt: skip
def test_refuses_what_cannot_be_asked_for(body: Any) -> None:
    with pytest.raises(BadInput):
        asking.read_request(body)


@pytest.mark.parametrize(
    "body", [{}, {"seed": "s", "size": True, "kind": "grants"}, {"seed": "s", "size": 1, "kind": "x"}]
)
def test_refuses_a_sample_that_cannot_be_drawn(body: Any) -> None:
    with pytest.raises(BadInput):
        asking.read_sample(body)


@pytest.mark.usefixtures("forging")
def test_a_log_that_goes_on_after_a_restore_is_in_one_bundle(
    sign: Callable[[], None], made: Made
) -> None:  # fmt: skip
    factories.system()
    sign()
    former = log_selectors.current()
    details = {
        "log": 3, "origin": "example.test/log/3", "former_log": 1, "former_origin": former.origin,
        "former_size": former.size,
        "former_root": bytes(former.root).hex(), "anchored": Checkpoint.objects.get().note, "reason": "r",
    }  # fmt: skip
    with transaction.atomic():
        trail.remark(
            kind=verifier.RESTARTED,
            actor=OPERATOR,
            entity_type="audit_log",
            details=details,
            now=timezone.now(),
        )
    with as_sequencer():
        Log.objects.create(number=3, origin="example.test/log/3", base=former.size, started_at=timezone.now())

    whole, part = (made(ask(body)) for body in ({}, {"seed": "s", "size": 1, "kind": "grants"}))

    keys = [key for origin in (former.origin, "example.test/log/3") for key in key_of(origin)]
    report = checked(whole, keys=keys)
    assert [log["number"] for log in report.facts["logs"]] == [1, 3]
    assert checked(part, keys=keys).facts["entries"] >= 2
    with pytest.raises(verifier.Unreadable, match="log/3"):
        checked(whole, keys=key_of(former.origin))


def key_of(origin: str) -> list[verifier.VKey]:
    return verifier.read_vkeys(Signer(origin, b"s" * 32).vkey)
