"""registry.catalog.cards: what a version's card says, numbered, and for good."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.refusals import BadInput, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access.roles import Role
from registry.catalog import cards
from registry.catalog.models import CardRevision, Epoch, ModelVersion
from tests.registry.factories import browser, caller, make_model, make_person, make_version

pytestmark = pytest.mark.django_db


def revise(version: ModelVersion, card: dict[str, Any], actor: Any = OPERATOR) -> cards.Card:
    return cards.revise(version_id=version.pk, actor=actor, card=card, now=timezone.now())


def test_the_registered_card_is_the_first_and_a_revision_the_next(immediate: Callable[[], None]) -> None:
    version = make_version(make_model(), card={"use": "screening"})
    before = Epoch.objects.get().n

    card = revise(version, {"use": "screening", "limits": "none"})

    assert (card.number, cards.current(version)) == (2, card)
    assert [each.number for each in cards.cards_of(version, most=9)] == [2, 1]
    assert ModelVersion.objects.get(pk=version.pk).card == {"use": "screening"}
    assert Epoch.objects.get().n == before + 1
    event = Event.objects.get(kind="registry.card.revised")
    assert card.sha256 in bytes(event.body).decode()
    assert "limits" not in bytes(event.body).decode()
    immediate()


def test_a_version_of_which_nothing_was_said_has_no_card() -> None:
    assert cards.current(make_version(make_model())) is None


def test_the_digest_is_that_of_rfc_8785() -> None:
    text = cards.canonical_text({"b": 1.0, "a": [2**60, True, None, "é"], "aa": 0.1})
    assert text == '{"a":[1152921504606847000,true,null,"é"],"aa":0.1,"b":1}'
    assert cards.digest_of({"b": 1}) == hashlib.sha256(b'{"b":1}').hexdigest()


def test_a_stored_digest_is_that_of_the_body_however_it_was_spelled() -> None:
    version = make_version(make_model(), card={"a": 2**63, "b": 1.5e300})
    revise(version, {"z": 1.0, "a": [2**60, 0.1, "é", {"k": None}], "long": -(2**63)})
    for card in cards.cards_of(ModelVersion.objects.get(pk=version.pk), most=9):
        assert hashlib.sha256(card.body.encode()).hexdigest() == card.sha256


def test_refuses_a_card_that_says_the_same() -> None:
    version = make_version(make_model(), card={"a": 1})
    with pytest.raises(BadInput, match="exactly this"):
        revise(version, {"a": 1.0})


def test_refuses_who_may_not_change_the_registry() -> None:
    model = make_model()
    with pytest.raises(NotPermitted):
        revise(make_version(model), {"a": 1}, make_person(Role.RISK_OFFICER, on=model.system))


def test_a_trail_that_cannot_be_written_leaves_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    version = make_version(make_model())

    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "_write", fail)
    with pytest.raises(RuntimeError, match="disk full"), transaction.atomic():
        revise(version, {"a": 1})
    assert not CardRevision.objects.exists()


@pytest.mark.parametrize(
    ("constraint", "statement"),
    [
        (
            "registry_card_stands",
            "UPDATE registry_cardrevision SET card = '{}', event_version = event_version + 1",
        ),
        ("audit_change_needs_event", "UPDATE registry_cardrevision SET number = 7"),
        (
            "registry_card_numbered",
            "INSERT INTO registry_cardrevision SELECT (jsonb_populate_record(c, "
            "jsonb_build_object('id', gen_random_uuid()))).* FROM registry_cardrevision c",
        ),
        (
            "registry_card_follows_the_registered_one",
            "INSERT INTO registry_cardrevision SELECT (jsonb_populate_record(c, "
            "jsonb_build_object('id', gen_random_uuid(), 'number', 1))).* FROM registry_cardrevision c",
        ),
        (
            "registry_card_has_digest",
            "INSERT INTO registry_cardrevision SELECT (jsonb_populate_record(c, "
            "jsonb_build_object('id', gen_random_uuid(), 'number', 3, 'sha256', 'x'))).* "
            "FROM registry_cardrevision c",
        ),
        (
            "audit_event_is_missing",
            "INSERT INTO registry_cardrevision SELECT (jsonb_populate_record(c, "
            "jsonb_build_object('id', gen_random_uuid(), 'number', 3))).* FROM registry_cardrevision c; "
            "SET CONSTRAINTS ALL IMMEDIATE",
        ),
        ("audit_facts_are_only_added|permission denied", "DELETE FROM registry_cardrevision"),
    ],
)
def test_the_database_refuses(constraint: str, statement: str) -> None:
    revise(make_version(make_model()), {"a": 1})
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_revises_and_reads_over_the_interface() -> None:
    make_version(make_model(slug="fraud-screen"), card={"use": "old"})
    writer = caller("registry:write")

    made = writer.post("/models/fraud-screen/versions/1.0.0/card", {"card": {"use": "new"}})

    assert (made.status_code, made.json()["number"]) == (201, 2)
    assert made["Location"] == "/api/v1/models/fraud-screen/versions/1.0.0/card/2"
    assert writer.get("/models/fraud-screen/versions/1.0.0/card/2").json() == made.json()
    shown = writer.get("/models/fraud-screen/versions/1.0.0").json()
    assert (shown["card"], shown["card_revision"]) == ({"use": "new"}, 2)
    listed = writer.get("/models/fraud-screen/versions/1.0.0/card").json()["results"]
    assert [(each["number"], each["card"]["use"]) for each in listed] == [(2, "new"), (1, "old")]
    assert writer.get("/models/fraud-screen/versions/1.0.0/card/3").status_code == 404


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        ({}, "/card", "REQUIRED"),
        ({"card": []}, "/card", "WRONG_TYPE"),
        ({"card": {}, "a": 1}, "/a", "UNKNOWN_FIELD"),
        ({"card": {"a": "x" * 70_000}}, "/card", "TOO_LARGE"),
        ({"card": {}}, "/card", "NOTHING_TO_CHANGE"),
    ],
)
def test_says_what_is_wrong_with_a_card(said: Any, pointer: str, code: str) -> None:
    make_version(make_model(slug="fraud-screen"))
    refused = caller("registry:write").post("/models/fraud-screen/versions/1.0.0/card", said)
    assert refused.status_code == 422
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in refused.json()["errors"]]


def test_the_page_shows_the_newest_card_and_the_earlier_ones() -> None:
    version = make_version(make_model(slug="m"), card={"use": "first words"})
    revise(version, {"use": "later words"})
    page = browser(make_person(Role.MODEL_OWNER)).get("/models/m/versions/1.0.0").content.decode()
    assert page.index("later words") < page.index("first words")
    assert "revision 2" in page


def test_revises_in_a_page() -> None:
    make_version(make_model(slug="m"), card={"use": "old"})
    owner = browser(make_person(Role.MODEL_OWNER))
    path = "/models/m/versions/1.0.0/card"
    assert "old" in owner.get(path).content.decode()
    for wrong in ("[]", "{", '{"a": NaN}', '{"a": 1, "a": 2}', "", '{"a": "\\u0000"}'):
        assert owner.post(path, {"card": wrong}).status_code == 422
    same = owner.post(path, {"card": '{"use":   "old"}'})
    assert "Nothing was different" in owner.get(same["Location"]).content.decode()
    owner.post(path, {"card": '{"use": "new"}'})
    assert CardRevision.objects.get().card == {"use": "new"}
    assert browser(make_person(Role.RISK_OFFICER)).get(path).status_code == 403


def test_lists_cards_in_pages() -> None:
    version = make_version(make_model(slug="m"))
    for n in range(3):
        revise(version, {"n": n})
    writer, path = caller("registry:write"), "/models/m/versions/1.0.0/card"
    first = writer.get(f"{path}?limit=2").json()
    second = writer.get(f"{path}?limit=2&cursor={first['next']}").json()
    assert [each["number"] for each in first["results"] + second["results"]] == [4, 3, 2, 1]
    assert second["next"] is None
    assert writer.get(f"{path}?limit=1&cursor=1").json()["results"] == []
    for query in ("limit=0", "cursor=x", "cursor=99999999999", "colour=red"):
        assert writer.get(f"{path}?{query}").status_code == 422
    assert writer.get(f"{path}/99999999999999999999").status_code == 404
