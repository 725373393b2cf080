"""Two connections at once: assessments are numbered without a gap, and a proposal is decided once."""

from typing import Any

import pytest
from django.utils import timezone

from governance.access.models import Person
from governance.access.roles import Role
from governance.risk import drafting, overriding, services
from governance.risk.errors import AlreadyProposed, OverrideDecided
from governance.risk.models import Assessment, AssessmentDraft, Override
from governance.risk.packs import pack_at
from registry.systems.models import AISystem
from tests import factories
from tests.governance.access.test_races import together
from tests.governance.risk.answered import DAY, RECRUITING, SOON

pytestmark = pytest.mark.usefixtures("committed_db")
PACK = pack_at("eu-ai-act", "2026.1")
assert PACK is not None


def _assess(system: AISystem, actor: Any) -> Assessment:
    assert PACK is not None
    return services.assess(
        system_id=system.pk, actor=actor, pack=PACK, answers=RECRUITING, on=DAY, now=timezone.now()
    )


def _lighten(made: Assessment, actor: Any) -> Override:
    return overriding.override(
        assessment_id=made.pk,
        actor=actor,
        to_class="not_high_risk",
        reason="because",
        expires_on=SOON,
        now=timezone.now(),
    )


def _people() -> tuple[AISystem, Person]:
    system = factories.system()
    return system, factories.person(Role.MODEL_OWNER, at=system)


def test_assessments_at_once_are_numbered_one_after_the_other() -> None:
    system, owner = _people()

    refused = together(*[lambda: _assess(system, owner)] * 4)

    assert refused == [None] * 4
    assert sorted(Assessment.objects.values_list("number", flat=True)) == [1, 2, 3, 4]


def test_of_many_deciders_one_decides() -> None:
    system, owner = _people()
    proposed = _lighten(_assess(system, owner), owner)
    officers = [factories.person(Role.RISK_OFFICER, at=system) for _ in range(4)]

    def decide(n: int) -> Any:
        return lambda: overriding.decide(
            override_id=proposed.pk, actor=officers[n], approve=n % 2 == 0, note="n", now=timezone.now()
        )

    refused = together(*[decide(n) for n in range(4)])

    assert [type(each) for each in refused if each] == [OverrideDecided] * 3
    proposed.refresh_from_db()
    assert proposed.event_version == 2


def test_of_two_proposals_at_once_one_stands() -> None:
    system, owner = _people()
    made = _assess(system, owner)

    refused = together(*[lambda: _lighten(made, owner)] * 2)

    assert [type(each) for each in refused if each] == [AlreadyProposed]


def test_two_who_begin_share_one_questionnaire() -> None:
    system, owner = _people()
    other = factories.person(Role.MODEL_OWNER, at=system)
    assert PACK is not None
    pack = PACK

    refused = together(
        lambda: drafting.begin(system_id=system.pk, actor=owner, pack=pack, now=timezone.now()),
        lambda: drafting.begin(system_id=system.pk, actor=other, pack=pack, now=timezone.now()),
    )

    assert refused == [None, None]
    assert AssessmentDraft.objects.count() == 1
