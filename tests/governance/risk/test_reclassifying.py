"""governance.risk.reclassifying and `manage.py reclassify`: a new version of a pack, and what it changes."""

import copy
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from audit.refusals import NotPermitted
from governance.access.models import Person
from governance.access.roles import Role
from governance.risk import packs, reclassifying
from governance.risk.checking import check
from governance.risk.models import Assessment
from governance.risk.pack import Pack, pack_of
from registry.systems.models import AISystem
from tests import factories
from tests.governance.risk.answered import DAY, FILTERING_SPAM, NOW, RECRUITING

pytestmark = pytest.mark.django_db
Assess = Callable[..., Assessment]


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Pack:
    """The pack as it would be if spam filters became high-risk and one choice went away."""
    shelf = packs.shelf()
    document = copy.deepcopy(dict(shelf["eu-ai-act"]["2026.1"].document))
    document["version"] = "2099.1"
    rule = next(each for each in document["rules"] if each["id"] == "annex3.2")
    rule["when"] = {"any": [rule["when"], {"is": ["areas", "none"]}]}
    question = next(each for each in document["questions"] if each["id"] == "gpai")
    question["choices"] = [each for each in question["choices"] if each["id"] != "no"]
    check(document)
    pack = pack_of(document)
    more = {**shelf, "eu-ai-act": {**shelf["eu-ai-act"], "2099.1": pack}}
    monkeypatch.setattr(packs, "shelf", lambda: more)
    return pack


def test_lists_what_changes_and_keeps_nothing(assessed: Assess, newer: Pack) -> None:
    assessed(FILTERING_SPAM)

    (change,) = reclassifying.changes(newer, on=DAY)

    assert change.changes_class
    assert (change.assessment.class_id, change.class_) == ("not_high_risk", "high_risk")
    assert change.lost == ("gpai",)
    assert {"class", "points", "obligations"} <= set(change.differs)
    assert Assessment.objects.count() == 1


def test_keeps_only_what_changes_and_once(
    assessed: Assess, system: AISystem, newer: Pack, owner: Person
) -> None:
    first = assessed(FILTERING_SPAM)
    officer = factories.person(Role.RISK_OFFICER)

    (made,) = reclassifying.keep(pack=newer, actor=officer, on=DAY, now=NOW)

    assert (made.number, made.kind, made.parent, made.class_id) == (2, "reclassified", first, "high_risk")
    assert "gpai" not in made.answers
    assert reclassifying.keep(pack=newer, actor=officer, on=DAY, now=NOW) == []


def test_an_assessment_that_stays_as_it_is_is_left_alone(assessed: Assess, newer: Pack) -> None:
    assessed(RECRUITING | {"gpai": "uses"})

    (change,) = reclassifying.changes(newer, on=DAY)

    assert change.differs == ()
    assert reclassifying.keep(pack=newer, actor=factories.person(Role.RISK_OFFICER), on=DAY, now=NOW) == []


def test_takes_the_right_everywhere(officer: Person, newer: Pack) -> None:
    with pytest.raises(NotPermitted):
        reclassifying.keep(pack=newer, actor=officer, on=DAY, now=NOW)


def test_the_command_lists_and_keeps(assessed: Assess, system: AISystem, newer: Pack) -> None:
    assessed(FILTERING_SPAM)
    out = StringIO()
    call_command("reclassify", "--pack", "eu-ai-act", "--version", "2099.1", stdout=out)
    assert f"{system.slug}: not_high_risk -> high_risk" in out.getvalue()
    assert "1 assessed with another version; 1 change." in out.getvalue()
    assert Assessment.objects.count() == 1

    call_command("reclassify", "--pack", "eu-ai-act", "--keep", stdout=out)
    assert "1 filed." in out.getvalue()
    with pytest.raises(CommandError):
        call_command("reclassify", "--pack", "nothing")
