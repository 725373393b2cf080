"""governance.risk.narrowing: finds by one condition exactly the systems that stand as a class."""

import datetime as dt
import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from governance.access.models import Person
from governance.risk import narrowing
from governance.risk.models import Assessment, Override
from governance.risk.packs import pack_at
from governance.risk.selectors import LAW, standings_of
from governance.risk.standing import order_of
from registry.systems.models import AISystem
from tests import factories
from tests.governance.risk.answered import DAY, NOW, SOON

pytestmark = pytest.mark.django_db
PACK = pack_at(LAW, "2026.1")
assert PACK is not None
CLASSES = order_of(PACK)
SET = [*itertools.product(["upward", "downward"], [*CLASSES, "of long ago"]), ("exemption", "exempt")]
SYSTEMS = 300


@pytest.fixture
def bare(db: Any) -> Iterator[None]:
    """Rows without their events, which nobody keeps."""
    yield
    transaction.set_rollback(True)


@pytest.fixture
def systems(bare: None) -> list[AISystem]:
    """Systems of every class, with up to three overrides on their newest assessment and the one before."""
    choose = random.Random(7)
    made = [
        AISystem(slug=f"s-{n}", name=f"S {n}", created_by="operator", created_at=NOW) for n in range(SYSTEMS)
    ]
    AISystem.objects.bulk_create(made)
    former = [_assessed(each, 1, choose.choice(CLASSES)) for each in made]
    newest = [_assessed(each, 2, choose.choice(CLASSES)) for each in made]
    Assessment.objects.bulk_create([*former, *newest])
    proposer, officer = factories.person(), factories.person("compliance_officer")
    for on in [*former, *newest]:
        for kind, to in choose.sample(SET, choose.choice([0, 0, 1, 2, 3])):
            row = _proposed(on, kind, to, proposer, over=choose.random() < 0.2)
            ends = {"state": "refused"} if choose.random() < 0.2 else {"state": "approved"}
            Override.objects.filter(pk=row.pk).update(
                **ends, event_version=1, decider=officer, decided_at=NOW
            )
    return made


def test_finds_those_that_stand_so(systems: list[AISystem], monkeypatch: pytest.MonkeyPatch) -> None:
    stands = {pk: standing.class_ for pk, (_, standing) in standings_of(systems).items()}
    assert set(stands.values()) == set(CLASSES)
    for most, class_ in itertools.product((0, 100_000), CLASSES):
        monkeypatch.setattr(narrowing, "RARE", most)
        found = AISystem.objects.filter(narrowing.stands_as(class_, on=DAY)).values_list("pk", flat=True)
        assert set(found) == {pk for pk, stood in stands.items() if stood == class_}, class_


def test_what_this_release_does_not_hold_stands_as_it_was_filed(bare: None) -> None:
    system = factories.system()
    Assessment.objects.create(**_fields(system, 1, "exempt") | {"pack_version": "1999.1"})

    assert AISystem.objects.filter(narrowing.stands_as("exempt", on=DAY)).get() == system
    assert not AISystem.objects.filter(narrowing.stands_as("high_risk", on=DAY)).exists()


def test_tells_who_was_ever_classified(systems: list[AISystem]) -> None:
    fresh = factories.system()

    assert AISystem.objects.exclude(narrowing.is_classified()).get() == fresh


def _fields(system: AISystem, number: int, class_: str) -> dict[str, Any]:
    return {
        "system": system, "number": number, "pack": LAW, "pack_version": "2026.1", "pack_digest": "0" * 64,
        "class_id": class_, "answers": {}, "outcome": {"result": {}}, "digest": "0" * 64, "on": DAY,
        "kind": "answered", "at": NOW, "by": "operator",
    }  # fmt: skip


def _assessed(system: AISystem, number: int, class_: str) -> Assessment:
    return Assessment(**_fields(system, number, class_))


def _proposed(on: Assessment, kind: str, to: str, proposer: Person, *, over: bool) -> Override:
    return Override.objects.create(
        assessment=on, system=on.system, pack=LAW, kind=kind, state="proposed", from_class=on.class_id,
        to_class=to, reason="so", proposer=proposer, proposed_at=NOW,
        expires_on=DAY - dt.timedelta(days=1) if over else SOON,
    )  # fmt: skip
