"""registry.aliases: names that move, and those that only some may move."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.refusals import BadInput, NotFound, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access.roles import Role
from registry.aliases import hooks, selectors, services
from registry.aliases.errors import AliasProtected, AlreadyEnded
from registry.aliases.models import Alias, Protection
from registry.catalog.models import ModelVersion
from tests.registry.factories import (
    browser,
    caller,
    make_key,
    make_model,
    make_person,
    make_system,
    make_version,
    signed_in,
)

pytestmark = pytest.mark.django_db

PROTECTION = {"pattern": "champ*", "role": "compliance_officer", "environment": "production"}


@pytest.fixture
def versions() -> list[ModelVersion]:
    model = make_model(make_system("payments"), "fraud-screen")
    return [make_version(model, "1.0"), make_version(model, "2.0")]


@pytest.fixture
def approved() -> Iterator[set[str]]:
    """Names of versions that are approved in production."""
    names: set[str] = set()
    before = hooks.approved
    hooks.approved = lambda *, version_id, environment, now: (
        environment == "production" and ModelVersion.objects.get(pk=version_id).version in names
    )
    yield names
    hooks.approved = before


def move(version: ModelVersion, name: str = "champion", actor: Any = OPERATOR) -> Alias:
    return services.move(version_id=version.pk, name=name, actor=actor, now=timezone.now())


def remove(version: ModelVersion, name: str = "champion", actor: Any = OPERATOR) -> None:
    services.remove(model_id=version.model_id, name=name, actor=actor, now=timezone.now())


def protect(actor: Any = OPERATOR, **said: Any) -> Protection:
    return services.protect(**{**PROTECTION, **said}, actor=actor, now=timezone.now())


def test_moves_and_takes_away_and_remembers(
    versions: list[ModelVersion], immediate: Callable[[], None]
) -> None:
    first, second = versions
    alias = move(first)
    move(second)
    remove(second)
    again = move(first)

    assert again.pk == alias.pk
    assert [each["version"] for each in selectors.histories_of([alias], most=9)[alias.pk]] == [
        "1.0",
        None,
        "2.0",
        "1.0",
    ]
    kinds = Event.objects.filter(entity_type="alias").order_by("seq").values_list("kind", flat=True)
    assert list(kinds)[2:] == ["registry.alias.removed", "registry.alias.moved"]
    immediate()


def test_refuses_a_move_of_nothing(versions: list[ModelVersion]) -> None:
    move(versions[0])
    with pytest.raises(BadInput, match="already"):
        move(versions[0])
    with pytest.raises(NotFound):
        remove(versions[0], "challenger")


def test_refuses_who_may_not(versions: list[ModelVersion]) -> None:
    for actor in (
        make_person(Role.RISK_OFFICER),
        make_person(Role.MODEL_OWNER, on=make_system()),
        make_key("gate:read")[0],
    ):
        with pytest.raises(NotPermitted):
            move(versions[0], actor=actor)


def test_a_protected_alias_is_moved_by_its_role_to_approved_versions_only(
    versions: list[ModelVersion], approved: set[str], immediate: Callable[[], None]
) -> None:
    system = versions[0].model.system
    officer = make_person(Role.COMPLIANCE_OFFICER, on=system)
    owner = make_person(Role.MODEL_OWNER, on=system)
    protect()
    approved.add("2.0")

    with pytest.raises(NotPermitted, match="role compliance officer"):
        move(versions[1], actor=owner)
    with pytest.raises(NotPermitted):
        move(versions[1], actor=make_key("registry:write")[0])
    with pytest.raises(NotPermitted):  # nor does the command line get past it
        move(versions[1])
    with pytest.raises(AliasProtected, match="no approval in force in production"):
        move(versions[0], actor=officer)
    assert move(versions[1], actor=officer).version == versions[1]
    with pytest.raises(NotPermitted):
        remove(versions[1], actor=owner)
    assert move(versions[0], "challenger", owner).version == versions[0]
    immediate()


@pytest.mark.parametrize("hook", ["approved", "holds_role"])
def test_a_protection_fails_closed(
    versions: list[ModelVersion], approved: set[str], hook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = make_person(Role.COMPLIANCE_OFFICER, on=versions[0].model.system)
    approved.add("1.0")
    protect()
    monkeypatch.setattr(hooks, hook, None)
    with pytest.raises(AliasProtected if hook == "approved" else NotPermitted):
        move(versions[0], actor=officer)


def test_a_protection_fails_closed_when_approvals_cannot_be_told(
    versions: list[ModelVersion], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_: Any) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        return True

    monkeypatch.setattr(hooks, "approved", fails)
    protect()
    with pytest.raises(AliasProtected):
        move(versions[0], actor=make_person(Role.COMPLIANCE_OFFICER))
    assert not Alias.objects.exists()


@pytest.mark.parametrize(
    ("risk", "is_protected"), [("high_risk", True), ("not_high_risk", False), (None, True)]
)
def test_a_protection_of_some_classes(
    versions: list[ModelVersion], risk: str | None, is_protected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    protect(classes=["high_risk"])
    monkeypatch.setattr(hooks, "class_of", lambda system: risk)
    assert bool(selectors.protections_of(versions[0].model, "champion")) is is_protected


def test_an_ended_protection_holds_no_more(
    versions: list[ModelVersion], immediate: Callable[[], None]
) -> None:
    protection = protect()
    services.end_protection(protection_id=protection.pk, actor=OPERATOR, now=timezone.now())
    move(versions[0])
    with pytest.raises(AlreadyEnded):
        services.end_protection(protection_id=protection.pk, actor=OPERATOR, now=timezone.now())
    immediate()


def test_only_administrators_and_compliance_protect() -> None:
    for actor in (make_person(Role.MODEL_OWNER), make_key("registry:write")[0]):
        with pytest.raises(NotPermitted):
            protect(actor)
    assert protect(make_person(Role.COMPLIANCE_OFFICER)).pattern == "champ*"


def test_refuses_a_role_and_an_environment_that_are_not_there() -> None:
    with pytest.raises(BadInput) as refused:
        protect(role="king", environment="moon")
    assert {error.code for error in refused.value.errors} == {"UNKNOWN_ROLE", "UNKNOWN_ENVIRONMENT"}


@pytest.mark.parametrize("act", ["move", "remove", "protect", "end"])
def test_a_trail_that_cannot_be_written_leaves_everything_as_it_was(
    versions: list[ModelVersion], act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(versions[0])
    protection = protect(pattern="other")
    acts: dict[str, Callable[[], Any]] = {
        "move": lambda: move(versions[1]),
        "remove": lambda: remove(versions[0]),
        "protect": protect,
        "end": lambda: services.end_protection(
            protection_id=protection.pk, actor=OPERATOR, now=timezone.now()
        ),
    }

    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "_write", fail)
    with pytest.raises(RuntimeError, match="disk full"), transaction.atomic():
        acts[act]()

    assert Alias.objects.get().version == versions[0]
    assert Protection.objects.get().ended_at is None


@pytest.mark.parametrize(
    ("constraint", "statement"),
    [
        (
            "registry_alias_keeps_its_name",
            "UPDATE registry_alias SET name = 'x', event_version = event_version + 1",
        ),
        (
            "registry_alias_of_own_model",
            "UPDATE registry_alias SET event_version = event_version + 1, version_id = "
            "(SELECT id FROM registry_modelversion WHERE version = 'foreign')",
        ),
        ("audit_change_needs_event", "UPDATE registry_alias SET version_id = NULL"),
        (
            "registry_alias_named_once",
            "INSERT INTO registry_alias SELECT (jsonb_populate_record(a, "
            "jsonb_build_object('id', gen_random_uuid()))).* FROM registry_alias a",
        ),
        (
            "registry_alias_is_plain",
            "INSERT INTO registry_alias SELECT (jsonb_populate_record(a, "
            "jsonb_build_object('id', gen_random_uuid(), 'name', 'A b'))).* FROM registry_alias a",
        ),
        (
            "registry_protection_stands",
            "UPDATE registry_protection SET role = 'reviewer', event_version = event_version + 1",
        ),
        (
            "registry_protection_ended_by_somebody",
            "UPDATE registry_protection SET ended_at = now(), event_version = event_version + 1",
        ),
        ("audit_facts_are_only_added|permission denied", "DELETE FROM registry_protection"),
    ],
)
def test_the_database_refuses(versions: list[ModelVersion], constraint: str, statement: str) -> None:
    make_version(make_model(), "foreign")
    move(versions[0])
    protect()
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_over_the_interface(versions: list[ModelVersion], approved: set[str]) -> None:
    writer = caller("registry:write")
    put = writer.put("/models/fraud-screen/aliases/champion", {"version": "1.0"})
    assert put.status_code == 200
    assert (put.json()["alias"], put.json()["version"]) == ("champion", "1.0")
    assert writer.put("/models/fraud-screen/aliases/champion", {"version": "1.0"}).json() == put.json()
    assert writer.put("/models/fraud-screen/aliases/champion", {"version": "2.0"}).json()["version"] == "2.0"
    one = writer.get("/models/fraud-screen/aliases/champion").json()
    assert [each["version"] for each in one["history"]] == ["2.0", "1.0"]
    assert [each["alias"] for each in writer.get("/models/fraud-screen/aliases").json()["results"]] == [
        "champion"
    ]
    assert writer.delete("/models/fraud-screen/aliases/champion").status_code == 204
    assert writer.delete("/models/fraud-screen/aliases/champion").status_code == 404
    assert writer.put("/models/fraud-screen/aliases/A%20b", {"version": "1.0"}).status_code == 422
    assert writer.put("/models/fraud-screen/aliases/a", {}).json()["errors"][0]["pointer"] == "/version"
    assert writer.put("/models/fraud-screen/aliases/a", {"version": "9"}).status_code == 404

    admin = signed_in(make_person(Role.ADMINISTRATOR))
    made = admin.post("/alias-protections", PROTECTION)
    assert made.status_code == 201
    assert writer.put("/models/fraud-screen/aliases/champion", {"version": "1.0"}).status_code == 403
    officer = signed_in(make_person(Role.COMPLIANCE_OFFICER, on=versions[0].model.system))
    refused = officer.put("/models/fraud-screen/aliases/champion", {"version": "1.0"})
    assert (refused.status_code, refused.json()["code"]) == (409, "ALIAS_PROTECTED")
    assert refused.json()["reasons"][0]["code"] == "NOT_APPROVED"
    approved.add("1.0")
    assert officer.put("/models/fraud-screen/aliases/champion", {"version": "1.0"}).status_code == 200
    assert len(officer.get("/alias-protections?in_force=true").json()["results"]) == 1
    assert admin.delete(made["Location"].removeprefix("/api/v1")).status_code == 204
    assert admin.delete(made["Location"].removeprefix("/api/v1")).json()["code"] == "ALREADY_ENDED"
    wrong = admin.post("/alias-protections", {"pattern": "A", "classes": [1], "x": 1}).json()["errors"]
    assert {each["pointer"] for each in wrong} == {"/pattern", "/role", "/environment", "/classes/0", "/x"}


def test_in_pages(versions: list[ModelVersion]) -> None:
    owner = browser(make_person(Role.MODEL_OWNER))
    moved = owner.post("/models/fraud-screen/aliases/_move", {"alias": "champion", "version": "1.0"})
    assert "champion points to 1.0 now" in owner.get(moved["Location"]).content.decode()
    assert "champion" in owner.get("/models/fraud-screen").content.decode()
    same = owner.post("/models/fraud-screen/aliases/_move", {"alias": "champion", "version": "1.0"})
    assert "already" in owner.get(same["Location"]).content.decode()
    assert (
        owner.post("/models/fraud-screen/aliases/_move", {"alias": "A b", "version": "9"}).status_code == 422
    )
    officer = browser(make_person(Role.COMPLIANCE_OFFICER))
    officer.post("/alias-protections", {**PROTECTION, "classes": ""})
    assert "champ*" in officer.get("/alias-protections").content.decode()
    assert officer.post("/alias-protections", {"pattern": "A"}).status_code == 422
    assert "moved only by a compliance officer" in owner.get("/models/fraud-screen/aliases").content.decode()
    assert owner.post("/models/fraud-screen/aliases/champion/remove").status_code == 403
    officer.post(f"/alias-protections/{Protection.objects.get().pk}/end")
    assert owner.post("/models/fraud-screen/aliases/champion/remove").status_code == 302


def test_the_page_takes_as_many_queries_for_many_aliases_as_for_one(versions: list[ModelVersion]) -> None:
    owner = browser(make_person(Role.MODEL_OWNER))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert owner.get("/models/fraud-screen/aliases").status_code == 200
        return len(captured)

    move(versions[0])
    queries()
    before = queries()
    for name in ("a", "b", "c"):
        move(versions[1], name)
    assert queries() == before
