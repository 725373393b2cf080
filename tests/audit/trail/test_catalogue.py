"""audit.trail.catalogue: each kind of event with its members. The suite's own events are held to it, too."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from audit import verifier
from audit.trail import catalogue
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.declaring import COMMITMENT, DECIMAL, NUMBER, PERSON, SCOPE, TEXT, TIME, Type, maybe, thing
from config.environment import BASE_DIR

WINGS = ("audit", "registry", "governance", "reviews", "config")
LITERAL = re.compile(r'"((?:access|approvals|governance|registry|reviews|audit|config)\.[a-z_]+\.[a-z_]+)"')
COMPOSED = re.compile(r'f"((?:[a-z_]+\.){2})\{')
WORD = re.compile(r'"([a-z_]+)"')
DIGEST = "ab" * 32


def sources() -> dict[str, str]:
    """The program, without the catalogue and without what migrations made long ago."""
    return {
        str(path.relative_to(BASE_DIR)): path.read_text()
        for wing in WINGS
        for path in (BASE_DIR / wing).rglob("*.py")
        if not {"declared", "migrations"} & set(path.parts)
    }


def is_of_a_module(name: str) -> bool:
    """A module, or something in one, rather than a kind."""
    wing, room, last = name.split(".")
    return (BASE_DIR / wing / f"{room}.py").exists() or (BASE_DIR / wing / room / f"{last}.py").exists()


def written() -> set[str]:
    """Kinds that stand in the program as they are."""
    return {kind for text in sources().values() for kind in LITERAL.findall(text) if not is_of_a_module(kind)}


def test_every_kind_that_is_written_has_its_row() -> None:
    found = written()

    assert found
    assert found - {row.kind for row in catalogue.rows()} == set(), "Add them to audit/trail/declared."


def test_every_row_is_of_a_kind_that_is_written() -> None:
    texts = sources().values()
    beginnings = {beginning for text in texts for beginning in COMPOSED.findall(text)}
    words = {word for text in texts for word in WORD.findall(text)}
    idle = [
        row.kind
        for row in catalogue.rows()
        if row.kind not in written()
        and not (row.kind.startswith(tuple(beginnings)) and row.kind.rpartition(".")[2] in words)
    ]

    assert idle == []


def test_each_kind_and_each_member_is_declared_once() -> None:
    kinds = [row.kind for area in catalogue.AREAS for row in area.rows]

    assert len(kinds) == len(set(kinds))
    for row in catalogue.rows():
        names = [member.name for member in row.members]
        assert len(names) == len(set(names)), row.kind


def test_the_offline_verifier_counts_as_commitments_what_is_declared_as_one() -> None:
    """It stands alone, so it has a list of its own."""
    members = [(row.kind, member) for row in catalogue.rows() for member in row.members]
    commitments = {member.name for _, member in members if member.type is COMMITMENT}
    others = [
        (kind, member.name)
        for kind, member in members
        if member.type not in (COMMITMENT, TEXT) and member.type.fits(DIGEST)
    ]

    assert all(verifier.is_commitment(name, DIGEST) for name in commitments)
    assert commitments >= verifier.COMMITMENTS
    assert others
    assert [each for each in others if verifier.is_commitment(each[1], DIGEST)] == []
    assert not verifier.is_commitment("reason", "The disk was lost.")
    assert not verifier.is_commitment("former_root", DIGEST)


def test_commitments_are_called_what_they_are() -> None:
    """A member named a commitment is one: what is in it never stands in the log itself."""
    wrong = [
        f"{row.kind} {member.name}"
        for row in catalogue.rows()
        for member in row.members
        if member.name.endswith("commitment") and member.type is not COMMITMENT
    ]

    assert wrong == []


def event(kind: str = "access.person.created", about: str = "person", **details: Any) -> dict[str, Any]:
    return {"kind": kind, "entity_type": about, "details": details}


def test_finds_nothing_wrong_with_an_event_as_declared() -> None:
    assert catalogue.faults(event(email=DIGEST, name=DIGEST)) == []
    assert catalogue.faults(event("reviews.review.assigned", "review", to=None)) == []


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (event("access.person.flown"), "the kind has no row"),
        (event(about="bird", email=DIGEST, name=DIGEST), "it is about a person, not a bird"),
        (event(email=DIGEST), "the member 'name' is missing"),
        (event(email=DIGEST, name=DIGEST, phone=DIGEST), "the member 'phone' is not declared"),
        (event(email=DIGEST, name="Ada"), "name is no commitment, hex: 'Ada'"),
    ],
)
def test_finds_what_is_not_as_declared(said: dict[str, Any], fault: str) -> None:
    assert catalogue.faults(said) == [f"{said['kind']}: {fault}"]


@pytest.mark.parametrize(
    ("type_", "right", "wrong"),
    [
        (NUMBER, [0, -3], [True, "3", 1.5, None]),
        (DECIMAL, [1, "0.61", "1e-07"], ["high", True, 0.61]),
        (TIME, ["2026-11-20T20:00:00.000000Z"], ["2026-11-20", "2026-11-20T20:00:00Z", 5]),
        (PERSON, [f"person:{uuid4()}"], ["person:ada", f"key:{uuid4()}", "person:", None]),
        (SCOPE, ["everywhere", f"queue:{uuid4()}"], ["nowhere", str(uuid4())]),
        (maybe(NUMBER), [None, 1], ["1"]),
        (thing(a=NUMBER), [{"a": 1}], [{}, {"a": 1, "b": 2}, {"a": "1"}, []]),
    ],
)
def test_a_type_takes_what_the_log_holds_of_it(type_: Type, right: list[Any], wrong: list[Any]) -> None:
    assert [value for value in right if not type_.fits(value)] == []
    assert [value for value in wrong if type_.fits(value)] == []


@pytest.mark.usefixtures("db")
def test_the_suite_refuses_an_event_that_is_not_declared(undeclared: list[str]) -> None:
    with pytest.raises(AssertionError, match="the member 'mood' is not declared"):
        trail.remark(
            kind="access.sign_in.done",
            actor=OPERATOR,
            entity_type="sign_in",
            details={"mood": "good"},
            now=timezone.now(),
        )

    assert undeclared
    undeclared.clear()


@pytest.mark.usefixtures("db", "forging")
def test_the_suite_lets_through_what_is_forged_on_purpose() -> None:
    details = {"mood": "good"}

    trail.remark(
        kind="access.sign_in.done", actor=OPERATOR, entity_type="sign_in", details=details, now=timezone.now()
    )


def test_explains_the_details_of_an_event_in_the_order_of_the_reference() -> None:
    said = catalogue.explained("access.person.created", {"phone": "1", "name": DIGEST, "email": DIGEST})

    assert [(name, member and member.meaning) for name, _, member in said] == [
        ("email", "the account's e-mail address"),
        ("name", "the name of its holder"),
        ("phone", None),
    ]


def test_explains_the_details_of_a_kind_that_nobody_knows() -> None:
    assert catalogue.explained("odd.one.out", {"a": 1}) == [("a", 1, None)]


def test_groups_kinds_under_the_titles_of_their_areas() -> None:
    grouped = catalogue.by_area(["reviews.review.judged", "access.sign_in.done", "odd.one.out"])

    assert [(title, [row.kind for row in rows]) for title, rows in grouped] == [
        ("Accounts and access", ["access.sign_in.done"]),
        ("Reviews", ["reviews.review.judged"]),
    ]
