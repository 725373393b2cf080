"""A version that can be submitted, and the people who decide about it. A test names only what it is about."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.access.models import Person
from governance.approvals import services, submitting
from governance.approvals.bodies import Verdicted
from governance.approvals.models import ApprovalRequest
from governance.approvals.states import Verdict
from governance.risk import services as risk
from governance.risk.packs import pack_at
from registry.catalog import services as catalog
from registry.catalog.models import Model, ModelVersion
from registry.catalog.reading import NewArtifact, NewVersion
from registry.systems import services as systems
from registry.systems.models import AISystem
from tests import factories
from tests.governance.risk.answered import DAY, RECRUITING

SCHEMA = {"type": "object", "properties": {"label": {"enum": ["fraud", "ok"]}}}


@dataclass
class Scene:
    """One system with a version, its owner who asks, its author, and two who sign."""

    system: AISystem
    model: Model
    version: ModelVersion
    owner: Person
    author: Person
    risk: Person
    compliance: Person

    def request(self, *, environment: str = "production", **given: Any) -> ApprovalRequest:
        return submitting.request(
            version_id=self.version.pk,
            environment=environment,
            actor=given.pop("actor", self.owner),
            now=given.pop("now", None) or timezone.now(),
            **given,
        )

    def approved(self, **given: Any) -> ApprovalRequest:
        """Requested, and signed by both."""
        now = given.get("now")
        asked = self.request(**given)
        sign(asked, self.risk, now=now)
        return sign(asked, self.compliance, now=now)


def scene(
    *,
    registered_by: Any = OPERATOR,
    author: bool = True,
    answers: dict[str, Any] | None = RECRUITING,
    **card: Any,
) -> Scene:
    """Everything a request needs."""
    n = factories.number()
    system = factories.system()
    owner = factories.person("model_owner", at=system, name=f"Owner {n}")
    maker = factories.person(name=f"Author {n}")
    lead = factories.person(name=f"Lead {n}")
    sponsor = factories.person(name=f"Sponsor {n}")
    systems.change(
        system_id=system.pk,
        actor=OPERATOR,
        changes={
            "owners": {
                "business_sponsor": sponsor.email,
                "product_owner": owner.email,
                "technical_lead": lead.email,
            }
        },
        now=timezone.now(),
    )
    model = catalog.register_model(
        actor=OPERATOR,
        system_id=system.pk,
        slug=f"model-{n}",
        task="t",
        output_schema=SCHEMA,
        now=timezone.now(),
    )
    version = catalog.register_version(
        model_id=model.pk,
        actor=registered_by,
        version=NewVersion(
            version="1.0.0",
            artifacts=[NewArtifact("m", "file:m", "0f" * 32, 1)],
            author=maker.email if author else "",
            card=card,
        ),
        now=timezone.now(),
    )
    if answers is not None:
        classify(system, answers)
    return Scene(
        AISystem.objects.get(pk=system.pk), model, version, owner, maker,
        factories.person("risk_officer", at=system, name=f"Risk {n}"),
        factories.person("compliance_officer", name=f"Compliance {n}"),
    )  # fmt: skip


def classify(system: AISystem, answers: dict[str, Any]) -> None:
    """Answer the risk questions of a system."""
    pack = pack_at("eu-ai-act", "2026.1")
    assert pack is not None
    risk.assess(system_id=system.pk, actor=OPERATOR, pack=pack, answers=answers, on=DAY, now=timezone.now())


def said(verdict: str = "approve", **given: Any) -> Verdicted:
    """A verdict with everything it needs."""
    comment = given.pop("comment", "" if verdict == "approve" else "Because.")
    return Verdicted(
        Verdict(verdict),
        given.pop("meaning", "I approve this version."),
        comment,
        given.pop("conditions", []),
        given.pop("stage", None),
    )


def sign(
    request: ApprovalRequest,
    person: Person,
    verdict: str = "approve",
    *,
    now: dt.datetime | None = None,
    **given: Any,
) -> ApprovalRequest:
    """Sign as somebody, read afresh: roles are read once per object."""
    return services.sign(
        request_id=request.pk,
        actor=factories.fresh(person),
        said=said(verdict, **given),
        proof="password",
        now=now or timezone.now(),
    )
