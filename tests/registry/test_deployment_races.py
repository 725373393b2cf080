"""Many deploy at once: one version is live, and the ledger tells one story."""

from itertools import pairwise

import pytest
from django.utils import timezone

from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from registry.deployments import services
from registry.deployments.errors import AlreadyLive
from registry.deployments.models import Deployment
from tests.governance.access.test_races import together
from tests.registry.factories import make_model, make_version
from tests.registry.gates import gate

pytestmark = pytest.mark.usefixtures("committed_db")


def test_twenty_deployments_at_once_leave_one_live_and_no_gap() -> None:
    model = make_model()
    versions = [make_version(model, f"{n}.0") for n in range(10)]

    with gate():
        refused = together(
            *[
                lambda version=version: services.deploy(
                    version_id=version.pk, environment="production", actor=OPERATOR, now=timezone.now()
                )
                for version in versions * 2
            ]
        )

    rows = list(Deployment.objects.order_by("number"))
    assert {type(each) for each in refused if each} <= {AlreadyLive}
    assert len(rows) == sum(each is None for each in refused)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert [row.ended_at is None for row in rows] == [False] * (len(rows) - 1) + [True]
    assert all(before.ended_at == after.deployed_at for before, after in pairwise(rows))
    assert all(after.fallback_id == before.pk for before, after in pairwise(rows))
    assert Event.objects.filter(entity_type="deployment").count() == 2 * len(rows) - 1


def test_a_deployment_and_a_rollback_at_once_follow_each_other() -> None:
    model = make_model()
    first, second, third = (make_version(model, f"{n}.0") for n in range(3))
    with gate():
        for version in (first, second):
            services.deploy(
                version_id=version.pk, environment="production", actor=OPERATOR, now=timezone.now()
            )
        refused = together(
            lambda: services.deploy(
                version_id=third.pk, environment="production", actor=OPERATOR, now=timezone.now()
            ),
            lambda: services.rollback(
                model_id=model.pk, environment="production", actor=OPERATOR, now=timezone.now()
            ),
        )

    assert refused == [None, None]
    assert Deployment.objects.live().count() == 1
    names = [row.version.version for row in Deployment.objects.order_by("number")]
    assert names in (["0.0", "1.0", "2.0", "1.0"], ["0.0", "1.0", "0.0", "2.0"])
