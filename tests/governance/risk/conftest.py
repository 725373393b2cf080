"""A system, its owner, and those who are responsible for risk."""

from collections.abc import Callable
from typing import Any

import pytest

from governance.access.models import Person
from governance.access.roles import Role
from governance.risk import services
from governance.risk.models import Assessment
from governance.risk.packs import pack_at
from registry.systems.models import AISystem
from tests import factories
from tests.governance.risk.answered import DAY, NOW, RECRUITING


@pytest.fixture
def system(db: Any) -> AISystem:
    return factories.system()


@pytest.fixture
def owner(system: AISystem) -> Person:
    return factories.person(Role.MODEL_OWNER, at=system)


@pytest.fixture
def officer(system: AISystem) -> Person:
    return factories.person(Role.COMPLIANCE_OFFICER, at=system)


@pytest.fixture
def assessed(system: AISystem, owner: Person) -> Callable[..., Assessment]:
    def assess(answers: dict[str, Any] | None = None, **given: Any) -> Assessment:
        pack = pack_at("eu-ai-act", "2026.1")
        assert pack is not None
        return services.assess(
            system_id=system.pk,
            actor=given.pop("actor", owner),
            pack=pack,
            answers=RECRUITING if answers is None else answers,
            on=DAY,
            now=given.pop("now", NOW),
            **given,
        )

    return assess
