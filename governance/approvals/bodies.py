"""Bodies of requests about approvals, read member by member; all errors at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from audit.refusals import FieldError
from governance.access.models import Person
from governance.access.roles import Role
from governance.approvals import conditions
from governance.approvals.defaults import CLASSES
from governance.approvals.states import Verdict
from registry.systems.body import Body
from registry.systems.selectors import person_with

MOST_STAGES: Final = 10
LONGEST_YEARS: Final = 3_660
ITEM: Final = r"[a-z0-9]+(?:[-_.][a-z0-9]+)*"
ITEM_WORDS: Final = "An item is lower-case letters and digits, joined by - _ or a dot."


@dataclass(frozen=True, slots=True)
class Asked:
    """A body of `POST /approvals`: one version in one environment, or one suspension."""

    model: str
    version: str
    environment: str
    suspension: UUID | None
    requester: str
    note: str


@dataclass(frozen=True, slots=True)
class Verdicted:
    """A body of `POST /approvals/{id}/signatures`, without its proof."""

    verdict: Verdict
    meaning: str
    comment: str
    conditions: list[dict[str, str]]
    stage: int | None


def read_request(value: object) -> Asked:
    """A body of `POST /approvals`.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    suspension = read_id(body, "suspension")
    needed = not body.given("suspension")
    asked = Asked(
        model=body.text("model", required=needed, longest=100),
        version=body.text("version", required=needed, longest=100),
        environment=body.text("environment", required=needed, longest=64),
        suspension=suspension,
        requester=body.text("requester", longest=254),
        note=body.text("note", longest=5_000),
    )
    if not needed:
        for name in ("model", "version", "environment"):
            if body.given(name):
                body.refuse(name, "BAD_VALUE", "Give a suspension, or model, version and environment.")
    body.finish()
    return asked


def read_signature(value: object) -> tuple[Verdicted, dict[str, str]]:
    """A body of `POST /approvals/{id}/signatures`, and the proofs in it by name.

    Raises:
        BadInput: with all errors; a condition's with line and column.
    """
    body = Body(value)
    given = {name: body.text(name, longest=1_000) for name in ("password", "otp")}
    verdict = body.text("verdict", required=True)
    if verdict and verdict not in Verdict.values:
        body.refuse("verdict", "BAD_VALUE", f"verdict is one of {', '.join(Verdict.values)}.")
    found = Verdicted(
        verdict=Verdict(verdict) if verdict in Verdict.values else Verdict.REJECT,
        meaning=body.text("meaning", required=True, longest=500),
        comment=body.text("comment", longest=10_000),
        conditions=_conditions(body),
        stage=body.whole_number("stage", least=1, most=MOST_STAGES) if body.given("stage") else None,
    )
    body.errors += faults_of_verdict(found)
    body.finish()
    return found, {name: text for name, text in given.items() if text}


def faults_of_verdict(said: Verdicted) -> list[FieldError]:
    """What does not fit together in a verdict."""
    errors = []
    if said.verdict is not Verdict.APPROVE and not said.comment.strip():
        errors.append(FieldError("/comment", "REQUIRED", "Say in the comment why, or what has to change."))
    if said.verdict is not Verdict.APPROVE and said.conditions:
        errors.append(FieldError("/conditions", "BAD_VALUE", "Conditions belong to an approval."))
    return errors


def _conditions(body: Body) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for n, part in enumerate(body.parts("conditions", most=conditions.MOST)):
        said = {
            "name": part.text("name", required=True, longest=100, pattern=ITEM, looks_like=ITEM_WORDS),
            "check": part.text("check", required=True, longest=conditions.LONGEST),
            "text": part.text("text", longest=1_000),
        }
        if said["check"]:
            body.errors += conditions.faults_of(said["check"], f"/conditions/{n}/check")
        if said["name"] and said["name"] in {each["name"] for each in found}:
            part.refuse("name", "DUPLICATE", "Another condition has this name.")
        found.append(said)
    return found


def read_policy(value: object) -> dict[str, Any]:
    """A body of `POST /approval-policies`: `risk_class`, `environment` and the policy as `body`.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    risk_class = body.text("risk_class", required=True)
    if risk_class and risk_class not in CLASSES:
        body.refuse("risk_class", "BAD_VALUE", f"risk_class is one of {', '.join(CLASSES)}.")
    environment = body.text("environment", required=True, longest=64)
    policy = _policy(body)
    body.finish()
    return {"risk_class": risk_class, "environment": environment, "body": policy}


def read_policy_body(value: object) -> dict[str, Any]:
    """A policy alone, as a form of a page or a changed draft gives it.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    policy = _policy(body)
    body.finish()
    return policy


def _policy(body: Body) -> dict[str, Any]:
    parts = body.parts("stages", most=MOST_STAGES)
    stages = [_stage(part) for part in parts]
    if not stages:
        body.refuse("stages", "REQUIRED", "A policy has at least one stage.")
    revalidate = _days(body, "revalidate_days", least=1) if body.given("revalidate_days") else None
    return {
        "stages": stages,
        "distinct_signers": body.boolean("distinct_signers", otherwise=True),
        "valid_days": _days(body, "valid_days", least=1) if body.given("valid_days") else 365,
        "revalidate_days": revalidate,
        "grace_days": _days(body, "grace_days", least=0) if body.given("grace_days") else 30,
        "evidence": _checklist(body),
    }


def _days(body: Body, name: str, *, least: int) -> int:
    return body.whole_number(name, least=least, most=LONGEST_YEARS)


def _stage(part: Body) -> dict[str, Any]:
    people = _people(part)
    quorum = part.whole_number("quorum", least=1, most=50) if part.given("quorum") else 1
    stage = {
        "name": part.text("name", required=True, longest=200),
        "quorum": quorum,
        "roles": _roles(part, "roles"),
        "people": people,
        "deadline_hours": part.whole_number("deadline_hours", least=1, most=24 * 365)
        if part.given("deadline_hours")
        else 72,
        "escalate_to": _roles(part, "escalate_to"),
    }
    if not stage["roles"] and not people:
        part.refuse("roles", "REQUIRED", "Name the roles, or the people, who sign at this stage.")
    elif not stage["roles"] and quorum > len(people):
        part.refuse("quorum", "BAD_VALUE", "More signatures are asked for than people are named.")
    return stage


def _roles(part: Body, name: str) -> list[str]:
    said = part.structure(name, list)
    for n, role in enumerate(said):
        if role not in Role.values:
            part.refuse(f"{name}", "BAD_VALUE", f"Entry {n} is no role; there are: {', '.join(Role.values)}.")
            return []
    return list(dict.fromkeys(said))


def _people(part: Body) -> list[str]:
    """Ids of people that are named by their addresses."""
    found: list[str] = []
    for n, email in enumerate(part.structure("people", list)):
        person = person_with(email) if isinstance(email, str) else None
        if person is None:
            part.refuse(
                "people", "UNKNOWN_PERSON", f"Entry {n}: nobody with an active account has this address."
            )
        else:
            found.append(str(person.pk))
    return list(dict.fromkeys(found))


def _checklist(body: Body) -> list[dict[str, Any]]:
    return [
        {
            "item": part.text("item", required=True, longest=100, pattern=ITEM, looks_like=ITEM_WORDS),
            "title": part.text("title", longest=200),
            "required": part.boolean("required", otherwise=True),
        }
        for part in body.parts("evidence", most=100)
    ]


def read_id(body: Body, name: str) -> UUID | None:
    """An id, or None."""
    text = body.text(name, longest=36)
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        body.refuse(name, "BAD_VALUE", f"{name} is an id, a UUID.")
        return None


def with_addresses(policy: Mapping[str, Any]) -> dict[str, Any]:
    """A policy as the API gives it: people by their addresses."""
    ids = {each for stage in policy["stages"] for each in stage["people"]}
    emails = {str(pk): email for pk, email in Person.objects.filter(pk__in=ids).values_list("pk", "email")}
    stages = [
        {**stage, "people": [emails.get(each, each) for each in stage["people"]]}
        for stage in policy["stages"]
    ]
    return {**policy, "stages": stages}
