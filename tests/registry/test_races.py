"""Two connections at once in the registry: what is numbered has no gap, what is unique is made once."""

from typing import Any

import pytest
from django.utils import timezone

from audit.refusals import BadInput
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from registry.aliases import services as aliases
from registry.aliases.errors import AlreadyEnded
from registry.aliases.models import Alias
from registry.catalog import cards, environments
from registry.catalog.models import CardRevision, Environment
from registry.systems.errors import SlugTaken
from tests.governance.access.test_races import together
from tests.registry.factories import make_model, make_version

pytestmark = pytest.mark.usefixtures("committed_db")


def kinds(refused: list[Any]) -> list[type]:
    return [type(each) for each in refused if each]


def test_cards_are_numbered_without_a_gap() -> None:
    version = make_version(make_model())

    refused = together(
        *[
            lambda n=n: cards.revise(version_id=version.pk, actor=OPERATOR, card={"n": n}, now=timezone.now())
            for n in range(8)
        ]
    )

    assert kinds(refused) == []
    numbers = CardRevision.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(2, 10))


def test_the_same_card_is_written_once() -> None:
    version = make_version(make_model())
    revise = [lambda: cards.revise(version_id=version.pk, actor=OPERATOR, card={"n": 1}, now=timezone.now())]
    assert kinds(together(*revise * 4)) == [BadInput] * 3


def test_an_environment_is_made_once() -> None:
    create = [lambda: environments.create(slug="eu", kind="production", actor=OPERATOR, now=timezone.now())]
    assert kinds(together(*create * 4)) == [SlugTaken] * 3
    assert Environment.objects.count() == 4


def test_changes_of_an_environment_follow_each_other() -> None:
    modes = ("warn", "allow")
    refused = together(
        *[
            lambda mode=mode: environments.change(
                slug="production", actor=OPERATOR, changes={"mode": mode}, now=timezone.now()
            )
            for mode in modes
        ]
    )
    assert kinds(refused) == []
    assert Environment.objects.get(slug="production").event_version == 2


def test_an_alias_is_one_row_whoever_moves_it() -> None:
    model = make_model()
    versions = [make_version(model, f"{n}") for n in range(6)]

    refused = together(
        *[
            lambda version=version: aliases.move(
                version_id=version.pk, name="champion", actor=OPERATOR, now=timezone.now()
            )
            for version in versions
        ]
    )

    assert kinds(refused) == []
    assert Alias.objects.get().event_version == 6
    assert Event.objects.filter(kind="registry.alias.moved").count() == 6


def test_a_protection_ends_once() -> None:
    protection = aliases.protect(
        pattern="x", role="auditor", environment="production", actor=OPERATOR, now=timezone.now()
    )
    end = [lambda: aliases.end_protection(protection_id=protection.pk, actor=OPERATOR, now=timezone.now())]
    assert kinds(together(*end * 4)) == [AlreadyEnded] * 3
