"""POST /gate and the published keys: what pipelines see."""

import base64
import datetime as dt
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import verifier
from audit.ids import uuid7
from audit.log.models import LogKey
from audit.note import Signer
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access import credentials
from governance.access.roles import Role
from governance.gate import facts, keys, known, naming, services, statements
from governance.gate.models import GateAnswer
from governance.gate.reading import Question
from governance.suspensions import services as suspensions
from registry.catalog.models import Environment, ModelVersion
from registry.catalog.reading import NewArtifact
from registry.systems.reasons import Reason
from tests.governance.gate.conftest import Said
from tests.registry.factories import (
    Caller,
    caller,
    make_key,
    make_model,
    make_person,
    make_system,
    make_version,
    signed_in,
)
from tests.sequencing import as_sequencer

pytestmark = pytest.mark.django_db

NAMED = {"environment": "e", "model": "m", "version": "1"}
WEIGHTS, RULES, OTHER = "a1" * 32, "b2" * 32, "c3" * 32


def artifacts(*digests: str) -> list[NewArtifact]:
    return [NewArtifact(f"file-{n}", f"file:{n}", sha256, 1) for n, sha256 in enumerate(digests)]


@pytest.fixture
def version() -> ModelVersion:
    model = make_model(make_system("payments"), "fraud-screen")
    return make_version(model, "1.0", artifacts=artifacts(WEIGHTS, RULES))


@pytest.fixture
def pipeline(version: ModelVersion, said: Said) -> Caller:
    return caller("gate:read", on=[version.model.system])


def ask(it: Caller, **more: Any) -> Any:
    question = {"model": "fraud-screen", "version": "1.0", "environment": "production"} | more
    response = it.post("/gate", {name: value for name, value in question.items() if value is not None})
    assert response.status_code == 200, response.content
    return response.json()


def by_artifacts(*digests: str) -> dict[str, Any]:
    return {"model": None, "version": None, "artifacts": [{"sha256": each} for each in digests]}


def codes(answer: Any) -> list[str]:
    return [reason["code"] for reason in answer["reasons"]]


def checked(answer: Any, **given: Any) -> Any:
    """What the receipt says, verified with the published key."""
    listed = Client().get("/.well-known/countersign/keys.json").content.decode()
    at = given.pop("at", timezone.now())
    report = verifier.check_receipt(json.dumps(answer), verifier.read_keys(listed), at=at, **given)
    return report.facts


def test_allows_what_is_signed_with_a_receipt_that_says_so(pipeline: Caller, said: Said) -> None:
    answer = ask(pipeline, nonce="run-7", context={"tests": "green", "share": 0.5})

    assert set(answer) == {"decision", "reasons", "approval", "expires_at", "receipt"}
    assert said.approval is not None
    assert (answer["decision"], answer["reasons"]) == ("allow", [])
    assert answer["approval"] == str(said.approval.id)
    told = checked(answer, nonce="run-7", artifacts=[("weights", WEIGHTS)], require="allow")
    assert {name: told[name] for name in ("model", "version", "environment", "mode", "approval")} == {
        "model": "fraud-screen", "version": "1.0", "environment": "production", "mode": "block",
        "approval": answer["approval"],
    }  # fmt: skip
    assert [each["sha256"] for each in told["subjects"]] == [WEIGHTS, RULES]
    with pytest.raises(verifier.Disproved, match="expired"):
        checked(answer, at=timezone.now() + dt.timedelta(minutes=15))
    row = GateAnswer.objects.get()
    assert (row.decision, row.version.version, str(row.id)) == ("allow", "1.0", told["answer"])  # type: ignore[union-attr]
    assert (row.asked_by, row.context_sha256) == (told["caller"], told["context_sha256"])


@pytest.mark.parametrize("class_", [None, "high_risk"])
def test_denies_without_approval_and_says_why(pipeline: Caller, said: Said, class_: str | None) -> None:
    said.approval, said.class_ = None, class_

    answer = ask(pipeline)

    assert answer["decision"] == "deny"
    assert codes(answer) == (["NOT_APPROVED"] if class_ else ["UNCLASSIFIED", "NOT_APPROVED"])
    assert checked(answer)["decision"] == "deny"
    assert answer["approval"] is None


@pytest.mark.parametrize(("mode", "decision"), [("block", "deny"), ("warn", "warn"), ("allow", "allow")])
def test_the_environment_says_how_strict_it_is(
    pipeline: Caller, said: Said, mode: str, decision: str
) -> None:
    said.approval = None
    place = Environment(slug="of-test", kind="test", mode=mode)
    trail.record(kind="test.made", actor=OPERATOR, entity=place, details={}, now=timezone.now())

    assert ask(pipeline, environment="of-test")["decision"] == decision


def test_conditions_see_the_context_and_the_environment(pipeline: Caller, said: Said) -> None:
    assert said.approval is not None
    said.approval.conditions = [{"name": "tests", "check": "context.tests == 'green'", "text": ""}]
    said.unfulfilled = (Reason("CONDITION_KEY_MISSING", "It needs 'tests'."),)

    answer = ask(pipeline, context={"tests": "red", "environment": "mine"})

    assert (answer["decision"], codes(answer)) == ("deny", ["CONDITION_KEY_MISSING"])
    assert said.contexts == [
        {"tests": "red", "environment": {"slug": "production", "kind": "production", "regions": []}}
    ]


def test_knows_a_version_by_exactly_its_artifacts(pipeline: Caller, version: ModelVersion) -> None:
    assert ask(pipeline, **by_artifacts(RULES, WEIGHTS.upper(), RULES))["decision"] == "allow"
    for digests in ([WEIGHTS], [WEIGHTS, RULES, OTHER], [OTHER]):
        answer = ask(pipeline, **by_artifacts(*digests))
        assert (answer["decision"], codes(answer)) == ("deny", ["UNKNOWN_ARTIFACTS"])
        assert {each["sha256"] for each in checked(answer)["subjects"]} == set(digests)
    make_version(version.model, "1.1", artifacts=artifacts(RULES, WEIGHTS))
    assert codes(ask(pipeline, **by_artifacts(WEIGHTS, RULES))) == ["AMBIGUOUS"]


def test_foreign_is_as_good_as_missing(pipeline: Caller, version: ModelVersion) -> None:
    make_version(make_model(make_system("elsewhere"), "secret"), "1.0", artifacts=artifacts(OTHER))

    for foreign, missing in (
        ({"model": "secret"}, {"model": "no-such"}),
        (by_artifacts(OTHER), by_artifacts("d4" * 32)),
    ):
        answers = [ask(pipeline, **each) for each in (foreign, missing)]
        assert [codes(each) for each in answers] == 2 * [codes(answers[0])]
        assert {each["decision"] for each in answers} == {"deny"}
        told = [checked(each) for each in answers]
        differing = {"answer", "subjects", "model", "asked_at", "expires_at"}
        plain = [{k: v for k, v in each.items() if k not in differing} for each in told]
        assert plain[0] == plain[1]
    assert GateAnswer.objects.filter(version=None).count() == 4


def test_unknown_environment_is_a_denial(pipeline: Caller) -> None:
    assert codes(ask(pipeline, environment="moon")) == ["UNKNOWN_ENVIRONMENT"]


@pytest.mark.parametrize("of", ["system", "model", "version"])
def test_a_suspension_denies_at_once_and_its_lifting_allows(
    pipeline: Caller, version: ModelVersion, of: str, said: Said
) -> None:
    assert ask(pipeline)["decision"] == "allow"
    said.lifting = True

    row = suspensions.suspend(
        system_id=version.model.system_id,
        model_id=None if of == "system" else version.model_id,
        version_id=version.pk if of == "version" else None,
        actor=OPERATOR, reason="It drifts.", now=timezone.now(),
    )  # fmt: skip

    answer = ask(pipeline)
    assert (answer["decision"], codes(answer)) == ("deny", ["SUSPENDED"])
    assert "It drifts" not in json.dumps(answer)
    suspensions.lift(suspension_id=row.pk, actor=OPERATOR, reason="Mended.", now=timezone.now())
    assert ask(pipeline)["decision"] == "allow"


def test_an_event_tells_of_the_first_answer_and_of_every_change(pipeline: Caller, said: Said) -> None:
    ask(pipeline), ask(pipeline)
    said.approval = None
    known._current = None
    ask(pipeline), ask(pipeline), ask(pipeline, model="no-such")

    events = Event.objects.filter(kind="governance.gate.answered").order_by("seq")
    assert [json.loads(bytes(each.body))["details"]["decision"] for each in events] == ["allow", "deny"]
    assert GateAnswer.objects.count() == 5


def test_what_cannot_be_read_is_a_denial(
    pipeline: Caller, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall_over(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(facts, "approval_of", fall_over)

    assert codes(ask(pipeline)) == ["UNDECIDABLE"]


def test_without_a_key_there_is_no_answer(pipeline: Caller, settings: Any) -> None:
    settings.RECEIPT_KEY_FILE = "/nowhere/key.pem"

    response = pipeline.post("/gate", {"model": "m", "version": "1", "environment": "production"})

    assert (response.status_code, response.json()["code"]) == (503, "CANNOT_SIGN")
    assert GateAnswer.objects.count() == 0


def test_who_may_ask(version: ModelVersion, said: Said) -> None:
    system = version.model.system
    assert ask(signed_in(make_person(Role.REVIEWER, on=system)))["decision"] == "allow"
    for stranger in (signed_in(make_person()), caller("gate:read", on=[make_system()])):
        assert codes(ask(stranger)) == ["UNKNOWN_VERSION"]
    refused = caller("registry:write").post("/gate", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "NOT_PERMITTED")
    assert Caller("csk_nonsense").post("/gate", {}).status_code == 401


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/environment", "/model", "/version"}),
        ({"environment": "production", "artifacts": []}, {"/artifacts"}),
        (
            {"environment": 7, "artifacts": [{"sha256": "xy"}, {}]},
            {"/environment", "/artifacts/0/sha256", "/artifacts/1/sha256"},
        ),
        ({**NAMED, "artifacts": [{"sha256": WEIGHTS}]}, {"/artifacts"}),
        ({**NAMED, "nonce": 5, "mode": "allow"}, {"/nonce", "/mode"}),
        ({**NAMED, "environment": "e" * 101, "context": []}, {"/environment", "/context"}),
    ],
)
def test_refuses_what_is_no_question_all_at_once(pipeline: Caller, body: Any, pointers: set[str]) -> None:
    response = pipeline.post("/gate", body)

    assert response.status_code == 422
    assert {error["pointer"] for error in response.json()["errors"]} == pointers


def test_costs_few_round_trips(
    pipeline: Caller, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(naming, "_named", set())
    with django_capture_on_commit_callbacks(execute=True):
        ask(pipeline)  # and from the commit on this process knows that the log names the key

    with CaptureQueriesContext(connection) as queries:
        ask(pipeline)

    # The key is looked up through the ORM; the answer is kept by one prepared statement beside it.
    assert len(queries) <= 1


def test_publishes_its_keys_to_anybody() -> None:
    response = Client().get("/.well-known/countersign/keys.json")

    (key,) = response.json()["keys"]
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert (key["keyid"], key["state"], key["use"]) == (keys.signer().keyid, "active", "receipts")
    assert len(base64.b64decode(key["public_key"])) == 32


def test_publishes_the_keys_of_the_audit_log_beside_its_own() -> None:
    log = Signer("countersign.local/log/1", Ed25519PrivateKey.generate()).verifier
    with as_sequencer():
        LogKey.objects.create(log=1, vkey=log.vkey, since=timezone.now())

    own, other = Client().get("/.well-known/countersign/keys.json").json()["keys"]

    assert own["use"] == "receipts"
    assert (other["use"], other["vkey"], other["state"]) == ("audit log", log.vkey, "active")


def test_the_database_lets_nobody_rewrite_an_answer(pipeline: Caller) -> None:
    ask(pipeline)

    for statement in (
        "UPDATE governance_gateanswer SET decision = 'deny'",
        "DELETE FROM governance_gateanswer",
    ):
        with pytest.raises(DatabaseError, match="audit_facts_are_only_added"):
            run(statement)
    same = "asked_by, asked_at, asked_for, environment, context_sha256, receipt_sha256"
    for values, name in (
        ("'deny', '{}', version_id", "governance_denial_has_reasons"),
        ("'allow', '{}', NULL", "governance_gate_lets_known_versions_through"),
        ("'maybe', '{X}', version_id", "governance_known_gate_decision"),
    ):
        with pytest.raises(DatabaseError, match=name):
            run(
                f"INSERT INTO governance_gateanswer (id, {same}, decision, reasons, version_id) "
                f"SELECT gen_random_uuid(), {same}, {values} FROM governance_gateanswer"
            )


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_key_that_has_ended_is_nobodys(pipeline: Caller, version: ModelVersion) -> None:
    key, secret = make_key("gate:read")
    it = Caller(secret)
    assert ask(it)["decision"] == "allow"

    credentials.revoke_key(key_id=key.pk, actor=OPERATOR, now=timezone.now() - dt.timedelta(seconds=1))

    for body in (NAMED, {}, {"environment": "production", "model": "fraud-screen", "version": "1.0"}):
        refused = it.post("/gate", body)
        assert (refused.status_code, refused.json()["code"]) == (401, "NOT_AUTHENTICATED")
    assert GateAnswer.objects.count() == 1


def test_an_event_that_cannot_be_written_leaves_no_answer(
    pipeline: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "event_row", lambda **_: (uuid7(), *[None] * 7, b"x" * 70_000))
    question = Question("production", "fraud-screen", "1.0")

    with pytest.raises(DatabaseError, match="audit_leaf_fits"), transaction.atomic():
        services.answer(question=question, actor=OPERATOR, now=timezone.now())

    assert GateAnswer.objects.count() == 0
