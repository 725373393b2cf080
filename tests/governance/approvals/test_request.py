"""governance.approvals.submitting, and services.withdraw: submitting, submitting again, taking back."""

from typing import Any

import pytest
from django.utils import timezone

from audit.refusals import NotPermitted
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from governance.access import credentials
from governance.access import services as access
from governance.approvals import facts, services
from governance.approvals.errors import AlreadyDecided, AlreadyRequested, NotReady
from governance.approvals.models import ApprovalRequest, Exclusion, Stage
from governance.approvals.policies import counting
from governance.approvals.selectors import changes_of
from governance.approvals.states import State
from registry.systems import services as systems
from tests import factories
from tests.governance.approvals.making import Scene, scene, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> Scene:
    return scene()


def excluded(request: ApprovalRequest) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in Exclusion.objects.filter(request=request).select_related("person"):
        found.setdefault(each.because, set()).add(each.person.name)
    return found


def test_freezes_the_policy_and_binds_digests(made: Scene) -> None:
    request = made.request()

    assert [stage["name"] for stage in request.policy["stages"]] == ["Risk review", "Compliance"]
    assert Stage.objects.filter(request=request).count() == 2
    assert request.bound["artifacts"] == ["0f" * 32]
    assert len({request.digest, request.artifacts_sha256, request.record_sha256}) == 3


def test_less_is_asked_for_elsewhere(made: Scene) -> None:
    assert len(made.request(environment="staging").policy["stages"]) == 1


def test_excludes_requester_and_author(made: Scene) -> None:
    assert excluded(made.request()) == {"requester": {made.owner.name}, "author": {made.author.name}}


def test_behind_a_key_its_owner_counts() -> None:
    owner = factories.person(name="Key owner")
    key, _ = factories.service_key("registry:write", owner=owner)
    made = scene(registered_by=key, author=False)

    assert excluded(made.request(actor=key)) == {"requester": {"Key owner"}, "author": {"Key owner"}}


def test_a_named_requester_counts_instead_of_the_key(made: Scene) -> None:
    key, _ = factories.service_key("registry:write", owner=factories.person(name="Key owner"))
    asked = factories.person(name="Who asked")

    assert excluded(made.request(actor=key, requester=asked))["requester"] == {"Who asked"}


def test_with_nobody_known_those_who_answer_count() -> None:
    maker = factories.person("administrator", name="Made the key")
    key, _ = credentials.create_key(
        name="ci", scopes=["registry:write"], system_ids=[], actor=maker, now=timezone.now()
    )
    made = scene(registered_by=key, author=False)
    lead = made.system.technical_lead
    assert lead is not None

    assert excluded(made.request(actor=key)) == {"stand_in": {made.owner.name, lead.name, "Made the key"}}


def test_refuses_whoever_may_not_ask(made: Scene) -> None:
    with pytest.raises(NotPermitted):
        made.request(actor=made.risk)


def test_says_all_that_is_missing() -> None:
    system = factories.system()
    made = scene()
    made.version.model.system_id = system.pk
    systems.change(
        system_id=made.system.pk,
        actor=OPERATOR,
        changes={"owners": {"business_sponsor": None, "technical_lead": None}},
        now=timezone.now(),
    )

    with pytest.raises(NotReady) as refusal:
        made.request()

    assert [error.code for error in refusal.value.errors] == [
        "OWNER_MISSING",
        "OWNER_MISSING",
        "OWNERS_NOT_DIFFERENT",
    ]


def test_an_owner_who_has_left_blocks(made: Scene) -> None:
    factories.person("administrator")
    assert made.system.technical_lead_id is not None
    access.deactivate(person_id=made.system.technical_lead_id, actor=OPERATOR, now=timezone.now())

    with pytest.raises(NotReady, match="has left"):
        made.request()


def test_what_is_prohibited_is_never_submitted(made: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    _classify(monkeypatch, "prohibited")

    with pytest.raises(NotReady, match="prohibited"):
        made.request()


def test_a_high_risk_system_has_three_different_owners(made: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    _classify(monkeypatch, "high_risk")
    systems.change(
        system_id=made.system.pk,
        actor=OPERATOR,
        changes={"owners": {"technical_lead": made.owner.email}},
        now=timezone.now(),
    )

    with pytest.raises(NotReady, match="three different people"):
        made.request()


def test_is_asked_once(made: Scene) -> None:
    made.request()

    with pytest.raises(AlreadyRequested):
        made.request()


def test_resubmitting_unchanged_keeps_signatures(made: Scene) -> None:
    request = sign(made.request(), made.risk)
    sign(request, made.compliance, "request_changes")

    again = made.request()

    assert (again.pk, again.round, again.stage) == (request.pk, 2, 2)
    assert [each.person for each in counting(again)] == [made.risk]
    assert again.since_last_round == []
    assert sign(again, made.compliance).state == State.APPROVED


def test_resubmitting_changed_voids_signatures_and_shows_what_changed(
    made: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = sign(made.request(), made.risk)
    sign(request, made.compliance, "request_changes")
    monkeypatch.setattr(facts, "card_of", lambda version: facts.Card(2, "ab" * 32, {}))
    request.refresh_from_db()
    assert [each.what for each in changes_of(request)] == ["card"]

    again = made.request()

    assert (again.stage, counting(again), changes_of(again)) == (1, [], [])
    assert [each["what"] for each in again.since_last_round] == ["card"]
    assert sign(again, made.risk).stage == 2


def test_signatures_stay_void_when_all_is_as_it_was(made: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    sign(made.request(), made.risk)
    before = facts.card_of
    monkeypatch.setattr(facts, "card_of", lambda version: facts.Card(2, "ab" * 32, {}))
    made.request()
    monkeypatch.setattr(facts, "card_of", before)

    assert counting(made.request()) == []


def test_another_class_supersedes(made: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    first = made.request()
    _classify(monkeypatch, "not_high_risk")

    second = made.request()

    first.refresh_from_db()
    assert first.state == State.SUPERSEDED
    assert (second.pk != first.pk, second.risk_class) == (True, "not_high_risk")


def test_can_be_taken_back_until_it_is_decided(made: Scene) -> None:
    request = made.request()

    taken = services.withdraw(request_id=request.pk, actor=made.owner, reason="later", now=timezone.now())

    assert taken.state == State.WITHDRAWN
    with pytest.raises(AlreadyDecided):
        services.withdraw(request_id=request.pk, actor=made.owner, now=timezone.now())


def test_others_do_not_take_it_back(made: Scene) -> None:
    with pytest.raises(NotPermitted):
        services.withdraw(request_id=made.request().pk, actor=made.risk, now=timezone.now())


@pytest.mark.parametrize("act", ["request", "withdraw"])
def test_a_trail_that_cannot_be_written_leaves_nothing(
    made: Scene, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    request = made.request() if act == "withdraw" else None

    def fail(**_given: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "record", fail)

    def again() -> None:
        if request is None:
            made.request()
        else:
            services.withdraw(request_id=request.pk, actor=made.owner, now=timezone.now())

    with pytest.raises(RuntimeError, match="disk full"):
        again()

    assert [each.state for each in ApprovalRequest.objects.all()] == (["open"] if request else [])
    assert Stage.objects.count() == (2 if request else 0)


def _classify(monkeypatch: pytest.MonkeyPatch, class_: str) -> None:
    risk = facts.Risk(class_, "eu-ai-act", "2026.1", 1, "cd" * 32)
    monkeypatch.setattr(facts, "risk_of", lambda system_id: risk)


def test_a_key_asks_only_where_it_reaches(made: Scene) -> None:
    key, _ = credentials.create_key(
        name="ci", scopes=["registry:write"], environments=["staging"], actor=OPERATOR, now=timezone.now()
    )
    with pytest.raises(NotPermitted, match="other environments"):
        made.request(actor=key)

    assert made.request(actor=key, environment="staging").state == State.OPEN
