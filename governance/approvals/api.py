"""Approvals and their policies over REST: read, one call, answer."""

from functools import partial
from typing import Any, Final
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit import waiting
from audit.downloads import FORM, page_or_csv
from audit.refusals import BadInput, FieldError, SessionRequired
from audit.rest import actor_of, keyset_page, query_parameters, uuid_of, wait_of
from governance.access.models import Person
from governance.approvals import (
    bodies,
    drafting,
    policies,
    proofs,
    selectors,
    services,
    showing,
    submitting,
)
from governance.approvals.bodies import Asked
from governance.approvals.models import ApprovalRequest
from governance.approvals.states import State
from registry.catalog.models import Environment
from registry.catalog.selectors import environments_for, known_model, version_of
from registry.systems.body import Body
from registry.systems.selectors import person_with, require, require_reading

FILTERS: Final = ("model", "version", "environment", "state", "system", "suspension")


class Approvals(APIView):
    """POST|GET /approvals"""

    def get(self, request: Request) -> HttpResponseBase:
        parameters = query_parameters(request, ("cursor", "limit", FORM, *FILTERS))
        actor, now = actor_of(request), timezone.now()
        require_reading(actor)
        found = _filtered(selectors.requests_for(actor), parameters)
        return page_or_csv(
            found, parameters, partial(showing.request_as_json, now=now),
            name="approvals", columns=showing.COLUMNS, actor=actor,
        )  # fmt: skip

    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        selectors.require_some_asking(actor)
        asked = bodies.read_request(request.data)
        before = timezone.now()
        made = _submit(actor, asked, before)
        is_new = made.requested_at == before
        answer = showing.whole_request_as_json(selectors.one(actor, made.pk), now=timezone.now())
        headers = {"Location": reverse("approvals-approval", args=[made.pk])}
        return Response(answer, status=201 if is_new else 200, headers=headers)


class OneApproval(APIView):
    """GET /approvals/{id}?wait="""

    def get(self, request: Request, approval_id: UUID) -> Response:
        parameters = query_parameters(request, ("wait",))
        actor, seconds = actor_of(request), wait_of(parameters)
        found = selectors.one(actor, approval_id)
        headers = {}
        if seconds and found.state == State.OPEN:
            waited = waiting.room.wait(selectors.decided, found.pk, seconds=seconds)
            headers = {"Retry-After": "1"} if waited is waiting.Waited.NO_PLACE else {}
            found = selectors.one(actor, approval_id)
        return Response(showing.whole_request_as_json(found, now=timezone.now()), headers=headers)


class Signatures(APIView):
    """POST /approvals/{id}/signatures"""

    def post(self, request: Request, approval_id: UUID) -> Response:
        person = _signing_person(request)
        found = selectors.one(person, approval_id)
        said, given = bodies.read_signature(request.data)
        now = timezone.now()
        services.require_signable(found, person, said.stage, now=now)
        proof = proofs.prove(request._request, person, given)
        services.sign(request_id=found.pk, actor=person, said=said, proof=proof, now=now)
        signed = selectors.one(person, approval_id)
        headers = {"Location": reverse("approvals-approval", args=[found.pk])}
        return Response(showing.whole_request_as_json(signed, now=now), status=201, headers=headers)


class Withdraw(APIView):
    """POST /approvals/{id}/withdraw {"reason"?}"""

    def post(self, request: Request, approval_id: UUID) -> Response:
        actor, now = actor_of(request), timezone.now()
        found = selectors.one(actor, approval_id)
        require(policies.why_not_withdraw(actor, found))
        body = Body(request.data)
        reason = body.text("reason", longest=5_000)
        body.finish()
        services.withdraw(request_id=found.pk, actor=actor, reason=reason, now=now)
        return Response(showing.whole_request_as_json(selectors.one(actor, found.pk), now=now))


class Policies(APIView):
    """POST|GET /approval-policies"""

    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, ("cursor", "limit", "risk_class", "environment", "state"))
        environments_for(actor_of(request))  # whoever may read about no system is refused
        found = selectors.policies_written(parameters)
        page = keyset_page(found, parameters, showing.policy_as_json)
        if page.data["next"] is None:
            page.data["results"] += [
                showing.built_in_as_json(template, slug)
                for slug, template in selectors.built_in_policies(parameters)
            ]
        return page

    def post(self, request: Request) -> Response:
        require(policies.why_not_edit_policies(actor_of(request)))
        said = bodies.read_policy(request.data)
        policy = drafting.draft(**said, actor=actor_of(request), now=timezone.now())
        headers = {"Location": reverse("approvals-policy", args=[policy.pk])}
        return Response(showing.policy_as_json(policy), status=201, headers=headers)


class OnePolicy(APIView):
    """GET|PUT|DELETE /approval-policies/{id}"""

    def get(self, request: Request, policy_id: UUID) -> Response:
        query_parameters(request, ())
        environments_for(actor_of(request))
        return Response(showing.policy_as_json(selectors.policy_of(policy_id)))

    def put(self, request: Request, policy_id: UUID) -> Response:
        require(policies.why_not_edit_policies(actor_of(request)))
        policy = selectors.policy_of(policy_id)
        body = bodies.read_policy_body(request.data)
        if policy.body != body or policies.why_policy_fixed(policy):  # else the same request again
            policy = drafting.change(
                policy_id=policy.pk, body=body, actor=actor_of(request), now=timezone.now()
            )
        return Response(showing.policy_as_json(policy))

    def delete(self, request: Request, policy_id: UUID) -> Response:
        require(policies.why_not_edit_policies(actor_of(request)))
        policy = selectors.policy_of(policy_id)
        drafting.discard(policy_id=policy.pk, actor=actor_of(request), now=timezone.now())
        return Response(status=204)


class PublishPolicy(APIView):
    """POST /approval-policies/{id}/publish"""

    def post(self, request: Request, policy_id: UUID) -> Response:
        require(policies.why_not_edit_policies(actor_of(request)))
        policy = selectors.policy_of(policy_id)
        Body(request.data).finish()
        policy = drafting.publish(policy_id=policy.pk, actor=actor_of(request), now=timezone.now())
        return Response(showing.policy_as_json(policy))


def _signing_person(request: Request) -> Person:
    """Whoever has a session. Keys and tokens are refused before anything is looked up."""
    if request.auth is not None or not isinstance(request.user, Person):
        raise SessionRequired
    return request.user


def _submit(actor: Any, asked: Asked, now: Any) -> ApprovalRequest:
    requester = _requester(asked)
    if asked.suspension is not None:
        selectors.reachable_suspension(actor, asked.suspension)
        return submitting.request_lifting(
            suspension_id=asked.suspension, actor=actor, requester=requester, note=asked.note, now=now
        )
    model = known_model(actor, asked.model)
    require(policies.why_not_request(actor, model))
    version = version_of(model, asked.version)
    if not Environment.objects.filter(pk=asked.environment).exists():
        detail = "There is no such environment."
        raise BadInput([FieldError("/environment", "UNKNOWN_ENVIRONMENT", detail)])
    return submitting.request(
        version_id=version.pk,
        environment=asked.environment,
        actor=actor,
        requester=requester,
        note=asked.note,
        now=now,
    )


def _requester(asked: Asked) -> Person | None:
    found: Person | None = person_with(asked.requester) if asked.requester else None
    if asked.requester and found is None:
        detail = "Nobody with an active account here has this address."
        raise BadInput([FieldError("/requester", "UNKNOWN_PERSON", detail)])
    return found


def _filtered(found: Any, parameters: dict[str, str]) -> Any:
    columns = {
        "model": "version__model__slug",
        "version": "version__version",
        "environment": "environment",
        "system": "system__slug",
        "state": "state",
    }
    if "state" in parameters and parameters["state"] not in State.values:
        detail = f"state is one of {', '.join(State.values)}."
        raise BadInput([FieldError("/state", "BAD_VALUE", detail)])
    if "suspension" in parameters:
        found = found.filter(suspension=uuid_of(parameters["suspension"], "suspension"))
    named = {columns[name]: value for name, value in parameters.items() if name in columns}
    return found.filter(**named)
