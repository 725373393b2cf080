"""Queues, claims and judgements over REST: read, one call, answer."""

from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.rest import actor_of, keyset_page, query_parameters
from governance.access.models import Person
from governance.access.roles import VIEW_QUEUE, WORK_QUEUE
from governance.access.selectors import require
from registry.systems.selectors import known_system
from reviews.judging import listing, offers, reading, selectors, services
from reviews.judging.codes import DEFAULT
from reviews.queue import moves, policies
from reviews.queue import selectors as queue_selectors
from reviews.queue import services as queue_services
from reviews.queue.models import Queue


class Queues(APIView):
    """POST|GET /queues"""

    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, ("cursor", "limit"))
        queues = queue_selectors.queues_with(actor_of(request), VIEW_QUEUE)
        return keyset_page(queues, parameters, selectors.queue_json, newest_first=False)

    def post(self, request: Request) -> Response:
        selectors.require_adding_somewhere(actor_of(request))
        read = reading.read_queue(request.data)
        system = known_system(actor_of(request), read["system"])
        queue = queue_services.create_queue(
            slug=read["slug"],
            name=read["name"],
            system=system,
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response(
            selectors.queue_json(queue),
            status=201,
            headers={"Location": reverse("judging-queue", args=[queue.slug])},
        )


class OneQueue(APIView):
    """GET /queues/{slug}"""

    def get(self, request: Request, slug: str) -> Response:
        query_parameters(request, ())
        queue = queue_selectors.queue_by_slug(slug)
        require(actor_of(request), VIEW_QUEUE, queue, listing.CANNOT_VIEW)
        return Response(selectors.queue_json(queue))


class ClaimOfQueue(APIView):
    """POST /queues/{slug}/claim"""

    def post(self, request: Request, slug: str) -> Response:
        queue = queue_selectors.queue_by_slug(slug)
        moves.refuse(policies.why_not_work(actor_of(request), queue), actor_of(request), queue)
        _, hold = reading.read_claim(request.data)
        return _claimed(request, [queue], hold)


class Claim(APIView):
    """POST /claim"""

    def post(self, request: Request) -> Response:
        slugs, hold = reading.read_claim(request.data, with_queues=True)
        if slugs is None:
            queues = list(queue_selectors.queues_with(actor_of(request), WORK_QUEUE))
        else:
            queues = [queue_selectors.queue_by_slug(slug) for slug in dict.fromkeys(slugs)]
        return _claimed(request, queues, hold)


class Reviews(APIView):
    """GET /reviews"""

    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, listing.FILTERS)
        return Response(listing.page(actor_of(request), parameters))


class OneReview(APIView):
    """GET /reviews/{id}"""

    def get(self, request: Request, review_id: UUID) -> Response:
        query_parameters(request, ())
        item = listing.review_for(actor_of(request), review_id)
        if selectors.is_due(item) and services.settle(item_id=item.pk, now=timezone.now()):
            item = listing.review_for(actor_of(request), review_id)
        return Response(listing.in_full(item, actor_of(request)))


class ClaimOfReview(APIView):
    """POST /reviews/{id}/claim"""

    def post(self, request: Request, review_id: UUID) -> Response:
        listing.workable(actor_of(request), review_id)
        reading.read_claim(request.data)  # what else is held says nothing about a named one
        taken = queue_services.claim_named(item_id=review_id, actor=actor_of(request), now=timezone.now())
        return Response(offers.as_json(offers.offer(taken, _person(request))))


class Assign(APIView):
    """POST /reviews/{id}/assign"""

    def post(self, request: Request, review_id: UUID) -> Response:
        listing.manageable(actor_of(request), review_id)
        named, reason = reading.read_assignment(request.data)
        person = selectors.person_named(named) if named is not None else None
        queue_services.assign(
            item_id=review_id, person=person, reason=reason, actor=actor_of(request), now=timezone.now()
        )
        return _review(request, review_id)


class Unlock(APIView):
    """POST /reviews/{id}/unlock"""

    def post(self, request: Request, review_id: UUID) -> Response:
        listing.manageable(actor_of(request), review_id)
        reason = reading.read_reason(request.data, required=False)
        queue_services.unlock(item_id=review_id, actor=actor_of(request), reason=reason, now=timezone.now())
        return _review(request, review_id)


class Heartbeat(APIView):
    """POST /reviews/{id}/heartbeat"""

    def post(self, request: Request, review_id: UUID) -> Response:
        listing.workable(actor_of(request), review_id)
        token = reading.read_token(request.data)
        until = queue_services.heartbeat(item_id=review_id, token=token, actor=actor_of(request))
        return Response({"token": token, "expires_at": until})


class Release(APIView):
    """POST /reviews/{id}/release"""

    def post(self, request: Request, review_id: UUID) -> Response:
        listing.workable(actor_of(request), review_id)
        read = reading.read_release(request.data)
        queue_services.release(item_id=review_id, actor=actor_of(request), now=timezone.now(), **read)
        return _review(request, review_id)


class Draft(APIView):
    """PUT /reviews/{id}/draft"""

    def put(self, request: Request, review_id: UUID) -> Response:
        listing.workable(actor_of(request), review_id)
        read = reading.read_draft(request.data)
        now = timezone.now()
        services.keep_draft(item_id=review_id, actor=actor_of(request), now=now, **read)
        return Response({"draft": orjson.Fragment(read["body"]), "saved_at": now})


class Judge(APIView):
    """POST /reviews/{id}/judgement"""

    def post(self, request: Request, review_id: UUID) -> Response:
        submission = reading.read_submission(
            request.data, or_else=partial(listing.workable, actor_of(request), review_id)
        )
        judgement = services.judge(
            item_id=review_id, submission=submission, actor=actor_of(request), via="api", now=timezone.now()
        )
        return Response(judgement.answer, status=201)


class Undo(APIView):
    """POST /reviews/{id}/undo"""

    def post(self, request: Request, review_id: UUID) -> Response:
        listing.workable(actor_of(request), review_id)
        submission_id = reading.read_submission_id(request.data)
        taken = services.undo(
            item_id=review_id, submission_id=submission_id, actor=actor_of(request), now=timezone.now()
        )
        item = listing.review_for(actor_of(request), review_id)
        return Response(listing.in_full(item, actor_of(request)) | {"lease": offers.lease_json(taken.lease)})


class Escalate(APIView):
    """POST /reviews/{id}/escalate"""

    def post(self, request: Request, review_id: UUID) -> Response:
        listing.workable(actor_of(request), review_id)
        read = reading.read_token_and_reason(request.data)
        item = services.escalate(item_id=review_id, actor=actor_of(request), now=timezone.now(), **read)
        # Not `_review`: the escalation queue may lie outside the reach of whoever escalates.
        return Response(listing.as_json([item], actor_of(request))[0])


class Reopen(APIView):
    """POST /reviews/{id}/reopen"""

    def post(self, request: Request, review_id: UUID) -> Response:
        listing.review_for(actor_of(request), review_id)
        reason = reading.read_reason(request.data, required=True)
        services.reopen(item_id=review_id, reason=reason, actor=actor_of(request), now=timezone.now())
        return _review(request, review_id)


class ReasonCodes(APIView):
    """GET /models/{slug}/reason-codes"""

    def get(self, request: Request, slug: str) -> Response:
        query_parameters(request, ())
        selectors.require_knowing_model(actor_of(request), slug)
        return Response({"results": [reason._asdict() for reason in DEFAULT], "next": None})


def _claimed(request: Request, queues: list[Queue], hold: list[UUID]) -> Response:
    found = queue_services.claim_from(queues, actor=actor_of(request), hold=hold, now=timezone.now())
    if isinstance(found, queue_services.Nothing):
        return Response({"review": None, "why": found.why, "next_free_at": found.next_free_at})
    return Response(offers.as_json(offers.offer(found, _person(request))))


def _review(request: Request, review_id: UUID) -> Response:
    item = listing.review_for(actor_of(request), review_id)
    return Response(listing.in_full(item, actor_of(request)))


def _person(request: Request) -> Person:
    person: Any = request.user
    assert isinstance(person, Person)  # only people are given leases
    return person
