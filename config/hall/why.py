"""Why somebody can, or cannot, do something to something: the policies' own sentences, asked by name.

`ACTIONS` names the rules that services raise and buttons show; it repeats none of them. Rooms add their rows.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

from audit.refusals import BadInput, FieldError, NotFound, NotPermitted
from audit.trail import policies as trail
from audit.trail.actors import Actor
from governance.access import policies as access
from governance.access.models import Person, RoleAssignment, ServiceKey
from governance.access.roles import VIEW_PEOPLE, Role
from governance.access.selectors import names_of
from governance.approvals import deciding_view
from governance.approvals import policies as approvals
from governance.approvals import selectors as approval_requests
from governance.evidence import policies as evidence
from governance.gate import policies as gate
from governance.risk import policies as risk
from governance.suspensions import policies as suspensions
from governance.suspensions import selectors as suspended
from governance.waivers import policies as waivers
from registry.catalog import selectors as catalog
from registry.deployments import policies as deployments
from registry.systems import policies as registry
from registry.systems import selectors as systems
from reviews.exports import policies as exports
from reviews.labels import policies as labels
from reviews.queue import policies as queues
from reviews.queue.models import Queue, ReviewItem
from reviews.routing import policies as routing

WhyNot = Callable[[Any, Any, dt.datetime], str | None]


class Action(NamedTuple):
    """Something that can be done to a thing of a type, or (without a type) at all."""

    type: str
    title: str
    why_not: WhyNot


class Answer(NamedTuple):
    """Whether somebody can, and the sentence why not."""

    action: str
    on: str
    who: Actor
    why_not: str | None
    held: list[dict[str, Any]]
    """What they hold that reaches the thing: role, where, since when and by whom."""


def _anything(rule: Callable[..., str | None]) -> WhyNot:
    return lambda actor, thing, now: rule(actor)


def _thing(rule: Callable[..., str | None]) -> WhyNot:
    return lambda actor, thing, now: rule(actor, thing)


def _timed(rule: Callable[..., str | None]) -> WhyNot:
    return lambda actor, thing, now: rule(actor, thing, now=now)


def _owned(rule: Callable[..., str | None]) -> WhyNot:
    """For rules about the system that a thing lies in."""
    return lambda actor, thing, now: rule(actor, getattr(thing, "system", None) or thing.model.system)


def _sign(actor: Any, request: Any, now: dt.datetime) -> str | None:
    """Keys and tokens never sign; of people, the policy, independence and what was signed already decide."""
    if not isinstance(actor, Person):
        return "Only people sign, each for themselves."
    return deciding_view.why_not_now(request, actor, now)


ACTIONS: dict[str, Action] = {
    "system.register": Action("", "Register an AI system", _anything(registry.why_not_register)),
    "environment.change": Action("", "Change environments", _anything(registry.why_not_change_environments)),
    "people.see": Action("", "See who has an account", _anything(access.why_not_view_people)),
    "people.change": Action("", "Change accounts", _anything(access.why_not_manage_people)),
    "keys.see": Action("", "See the service keys", _anything(access.why_not_view_keys)),
    "keys.change": Action("", "Make, rotate or revoke service keys", _anything(access.why_not_manage_keys)),
    "events.read": Action("", "Read the audit events", _anything(trail.why_not_view_events)),
    "gate.ask": Action("", "Ask the gate", _anything(gate.why_not_ask)),
    "risk.reclassify": Action("", "Classify the portfolio anew", _anything(risk.why_not_reclassify)),
    "approval-policy.draft": Action("", "Write their policies", _anything(approvals.why_not_edit_policies)),
    "system.read": Action("system", "Read about an AI system", _thing(registry.why_not_view)),
    "system.change": Action("system", "Change an AI system", _thing(registry.why_not_change)),
    "system.suspend": Action("system", "Suspend an AI system", _thing(suspensions.why_not_suspend)),
    "system.add-queue": Action("system", "Make a queue", _thing(queues.why_not_add_queue)),
    "system.assess": Action("system", "Answer the risk questions", _thing(risk.why_not_assess)),
    "system.set-class": Action("system", "Set a risk class by hand", _thing(risk.why_not_override)),
    "model.read": Action("model", "Read about a model", _thing(registry.why_not_view)),
    "model.change": Action("model", "Change a model, register versions", _thing(registry.why_not_change)),
    "model.suspend": Action("model", "Suspend a model", _owned(suspensions.why_not_suspend)),
    "model.deploy": Action("model", "Deploy or roll back a model", _thing(deployments.why_not_deploy)),
    "model.write-policy": Action("model", "Write routing policies", _thing(routing.why_not_draft)),
    "model.publish-policy": Action("model", "Publish a policy", _thing(routing.why_not_publish_here)),
    "model.export": Action("model", "Export labels", _thing(exports.why_not_export)),
    "model.read-labels": Action("model", "Read labels", _thing(labels.why_not_read)),
    "version.read": Action("version", "Read about a version", _thing(registry.why_not_view)),
    "version.revise-card": Action("version", "Revise the card", _thing(registry.why_not_change)),
    "version.deploy": Action("version", "Deploy a version", _thing(deployments.why_not_deploy)),
    "version.suspend": Action("version", "Suspend a version", _owned(suspensions.why_not_suspend)),
    "version.submit": Action("version", "Ask for an approval", _thing(approvals.why_not_request)),
    "version.add-evidence": Action("version", "Add evidence", _thing(evidence.why_not_add)),
    "version.propose-waiver": Action("version", "Propose a waiver", _thing(waivers.why_not_propose)),
    "approval.sign": Action("approval", "Sign an approval request", _sign),
    "approval.withdraw": Action("approval", "Take it back", _thing(approvals.why_not_withdraw)),
    "suspension.lift": Action("suspension", "Lift a suspension", _timed(suspended.why_not_lift)),
    "queue.see": Action("queue", "See a queue", _thing(queues.why_not_view)),
    "queue.work": Action("queue", "Review in a queue", _thing(queues.why_not_work)),
    "queue.manage": Action("queue", "Assign, unlock and reopen", _thing(queues.why_not_manage)),
    "review.see": Action("review", "See a review", _thing(queues.why_not_view)),
    "review.work": Action("review", "Decide a review", _thing(queues.why_not_work)),
    "review.reopen": Action("review", "Reopen a review", _timed(queues.why_not_reopen)),
    "review.withdraw-label": Action("review", "Take a label back", _thing(labels.why_not_withdraw)),
    "person.grant": Action("person", "Give a role to somebody", _thing(access.why_not_grant)),
    "person.deactivate": Action("person", "Deactivate an account", _thing(access.why_not_deactivate)),
    "person.set-group": Action("person", "Set an independence group", _thing(access.why_not_set_group)),
}  # fmt: skip
"""By name; `docs/how-to` and the page list them."""

OTHERS_NEED: Final = "Only an administrator, an auditor or a compliance officer can ask about somebody else."
OUT_OF_REACH: Final = "It lies outside everything they hold, so they are told that there is no such thing."
TYPES: Final = (
    "system:SLUG, model:SLUG, version:MODEL:VERSION, approval:ID, suspension:ID, queue:SLUG, review:ID, "
    "person:ID"
)


def why(*, actor: Actor, action: str, on: str = "", person: str = "", now: dt.datetime) -> Answer:
    """Whether somebody (without `person`: the actor) can do something, and why not.

    Raises:
        BadInput: there is no such action, or it is not about such a thing.
        NotFound: there is no such thing in the actor's reach, or no such person.
        NotPermitted: asking about others is not for this actor.
    """
    found, thing = _read(action, on, actor)
    who = _other(person, actor) if person else actor
    sentence = found.why_not(who, thing, now)
    if who is not actor and thing is not None and sentence and not _may_know(who, thing):
        sentence = OUT_OF_REACH
    return Answer(action, on, who, sentence, _held(who, thing))


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as the API gives it."""
    return {
        "action": answer.action,
        "on": answer.on or None,
        "who": answer.who.audit_ref,
        "can": answer.why_not is None,
        "why_not": answer.why_not,
        "held": answer.held,
    }


def _read(action: str, on: str, actor: Actor) -> tuple[Action, Any]:
    found = ACTIONS.get(action)
    if found is None:
        known = ", ".join(ACTIONS)
        raise BadInput([FieldError("/action", "UNKNOWN_ACTION", f"There are: {known}.")])
    type_, _, id_ = on.partition(":")
    if type_ != found.type or bool(id_) != bool(found.type):
        wanted = f"{found.type}:..., of: {TYPES}" if found.type else "left out for this action"
        raise BadInput([FieldError("/on", "BAD_VALUE", f"on is {wanted}.")])
    return found, FINDERS[type_](actor, id_) if type_ else None


def _other(person: str, actor: Actor) -> Person:
    if not actor.has_perm(VIEW_PEOPLE):
        raise NotPermitted(OTHERS_NEED)
    found = Person.objects.filter(email__iexact=person.replace("\x00", "").strip()).first()
    if found is None:
        raise NotFound("Nobody here has this address.")
    return found


def _version(actor: Actor, id_: str) -> Any:
    model, _, version = id_.partition(":")
    return catalog.version_of(catalog.known_model(actor, model), version)


def _approval(actor: Actor, id_: str) -> Any:
    return approval_requests.one(actor, _uuid(id_))


def _suspension(actor: Actor, id_: str) -> Any:
    return suspended.known_suspension(actor, _uuid(id_))


def _queue(actor: Any, id_: str) -> Any:
    return _reached(
        actor, Queue.objects.select_related("system").filter(slug=id_.replace("\x00", "")).first()
    )


def _review(actor: Any, id_: str) -> Any:
    return _reached(actor, ReviewItem.objects.select_related("queue").filter(pk=_uuid(id_)).first())


def _person(actor: Actor, id_: str) -> Any:
    found = Person.objects.filter(pk=_uuid(id_)).first()
    if found is None or not actor.has_perm(VIEW_PEOPLE):
        raise NotFound
    return found


FINDERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "system": systems.known_system,
    "model": catalog.known_model,
    "version": _version,
    "approval": _approval,
    "suspension": _suspension,
    "queue": _queue,
    "review": _review,
    "person": _person,
}


def _reached(actor: Any, thing: Any) -> Any:
    if thing is None or queues.why_not_view(actor, thing):
        raise NotFound
    return thing


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _may_know(who: Any, thing: Any) -> bool:
    return who.rights.reach(thing) or isinstance(thing, Person)


def _held(who: Actor, thing: Any) -> list[dict[str, Any]]:
    """Roles that reach the thing; of a key its scopes."""
    if isinstance(who, ServiceKey):
        return [{"scope": scope} for scope in who.scopes]
    if not isinstance(who, Person):
        return []
    rows = RoleAssignment.objects.filter(person=who, revoked_at=None).select_related("scope__system")
    found = [row for row in rows.order_by("granted_at") if _covers(row, thing)]
    names = names_of({row.granted_by for row in found})
    return [
        {
            "role": row.role,
            "title": Role(row.role).label,
            "at": row.scope.label,
            "since": row.granted_at,
            "by": names.get(row.granted_by, row.granted_by),
        }
        for row in found
    ]


def _covers(row: RoleAssignment, thing: Any) -> bool:
    if row.scope.kind == "everywhere" or thing is None:
        return row.scope.kind == "everywhere"
    system = partial(getattr, thing, "access_system_id", None)
    if row.scope.kind == "system":
        return bool(system() == row.scope.system_id)
    return getattr(thing, "access_queue_id", None) == row.scope.queue_id
