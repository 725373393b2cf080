"""Every refusal as one row of RFC 9457: status, code and title, for JSON and for pages alike.

Looked up by exact type: a new refusal gets a row of its own, or `tests/architecture` fails. The detail
is the refusal's own sentence.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from psycopg_pool import PoolTimeout
from rest_framework import exceptions as rest
from rest_framework.response import Response

from audit import refusals
from audit.bundles import errors as bundles
from audit.fingerprint import errors as fingerprint
from audit.log import errors as log_errors
from config.api import TooLarge
from config.idempotency import errors as idempotency
from governance.access import errors as access
from governance.approvals import errors as approvals
from governance.delegations import errors as delegations
from governance.gate import errors as gate
from governance.risk import errors as risk
from governance.suspensions import errors as suspensions
from governance.waivers import errors as waivers
from registry.aliases import errors as aliases
from registry.catalog import errors as catalog
from registry.deployments import errors as deployments
from registry.systems import errors as systems
from reviews.erasure import errors as erasure
from reviews.exports import errors as exports
from reviews.holds import errors as holds
from reviews.intake import errors as intake
from reviews.judging import errors as judging
from reviews.labels import errors as labels
from reviews.queue import errors as queue
from reviews.routing import errors as routing

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


class Problem(NamedTuple):
    """One row: what a refusal is called outside."""

    status: int
    code: str
    title: str


PROBLEMS: Mapping[type[Exception], Problem] = {
    # Anybody's
    refusals.BadInput: Problem(422, "BAD_INPUT", "Something has to be corrected"),
    refusals.Busy: Problem(503, "BUSY", "Not right now"),
    refusals.NotAvailableYet: Problem(422, "NOT_AVAILABLE_YET", "Not in this release"),
    refusals.NotFound: Problem(404, "NOT_FOUND", "Not found"),
    log_errors.OutsideLog: Problem(404, "NOT_FOUND", "Not found"),
    refusals.NotPermitted: Problem(403, "NOT_PERMITTED", "You may not do this"),
    refusals.RangeNotSatisfiable: Problem(416, "RANGE_NOT_SATISFIABLE", "Behind the end of the file"),
    refusals.SessionRequired: Problem(403, "SESSION_REQUIRED", "A signed-in person is needed"),
    refusals.TooManyRequests: Problem(429, "TOO_MANY_REQUESTS", "Too many requests"),
    # The trail
    fingerprint.NothingToExplain: Problem(409, "NOTHING_TO_EXPLAIN", "The schema is as it should be"),
    # People and keys
    access.AlreadyDeactivated: Problem(409, "ALREADY_DEACTIVATED", "Deactivated already"),
    access.AlreadyGranted: Problem(409, "ALREADY_GRANTED", "Granted already"),
    access.AlreadyRevoked: Problem(409, "ALREADY_REVOKED", "Revoked already"),
    access.EmailTaken: Problem(409, "EMAIL_TAKEN", "There is an account already"),
    access.KeyEnded: Problem(401, "NOT_AUTHENTICATED", "Who is asking?"),
    access.LastAdministrator: Problem(409, "LAST_ADMINISTRATOR", "The last administrator"),
    access.NotGranted: Problem(409, "NOT_GRANTED", "Not granted"),
    # Risk classes
    risk.AlreadyProposed: Problem(409, "ALREADY_PROPOSED", "Proposed already"),
    risk.CannotOverride: Problem(409, "CANNOT_OVERRIDE", "Not by hand"),
    risk.DraftChanged: Problem(409, "DRAFT_CHANGED", "Somebody else has the draft"),
    risk.NotTheNewest: Problem(409, "NOT_THE_NEWEST", "There is a newer assessment"),
    risk.OverrideDecided: Problem(409, "OVERRIDE_DECIDED", "Decided already"),
    # Approvals
    approvals.AlreadyDecided: Problem(409, "ALREADY_DECIDED", "Decided already"),
    approvals.AlreadyRequested: Problem(409, "ALREADY_REQUESTED", "Asked for already"),
    approvals.AlreadySigned: Problem(409, "ALREADY_SIGNED", "Signed already"),
    approvals.IllegalTransition: Problem(409, "ILLEGAL_TRANSITION", "Not in this state"),
    approvals.NotReady: Problem(409, "NOT_READY", "Something is missing"),
    approvals.PolicyFixed: Problem(409, "NOT_A_DRAFT", "Published policies do not change"),
    approvals.Reauthenticate: Problem(401, "REAUTHENTICATE", "Prove that it is you"),
    approvals.Stale: Problem(409, "STALE", "What it is about has changed"),
    approvals.WrongStage: Problem(409, "WRONG_STAGE", "Not this stage now"),
    delegations.DelegationEnded: Problem(409, "DELEGATION_ENDED", "Ended already"),
    waivers.WaiverDecided: Problem(409, "WAIVER_DECIDED", "Decided already"),
    # The registry
    aliases.AliasProtected: Problem(409, "ALIAS_PROTECTED", "The alias is protected"),
    aliases.AlreadyEnded: Problem(409, "ALREADY_ENDED", "It has ended already"),
    deployments.AlreadyLive: Problem(409, "ALREADY_LIVE", "It is live there already"),
    deployments.GateDenied: Problem(409, "GATE_DENIED", "The gate does not let it through"),
    deployments.NothingToRollBackTo: Problem(409, "NOTHING_TO_ROLL_BACK_TO", "There is no earlier version"),
    catalog.VersionExists: Problem(409, "VERSION_EXISTS", "Versions never change"),
    systems.SlugTaken: Problem(409, "SLUG_TAKEN", "The slug is in use"),
    # The gate and suspensions
    suspensions.AlreadyLifted: Problem(409, "ALREADY_LIFTED", "Lifted already"),
    suspensions.AlreadySuspended: Problem(409, "ALREADY_SUSPENDED", "Suspended already"),
    suspensions.LiftNotApproved: Problem(409, "LIFT_NOT_APPROVED", "The lifting is not approved"),
    gate.CannotSign: Problem(503, "CANNOT_SIGN", "Receipts cannot be signed"),
    # Bodies
    TooLarge: Problem(413, "TOO_LARGE", "The body is too large"),
    # Repeated requests
    idempotency.IdempotencyConflict: Problem(409, "IDEMPOTENCY_CONFLICT", "Another request had this key"),
    idempotency.IdempotencyInProgress: Problem(409, "IDEMPOTENCY_IN_PROGRESS", "Still running"),
    # Bundles of the log
    bundles.BundleFinished: Problem(409, "BUNDLE_FINISHED", "The bundle has ended"),
    bundles.BundleNotDone: Problem(409, "BUNDLE_NOT_DONE", "The bundle is not done"),
    bundles.NoSample: Problem(409, "NO_SAMPLE", "The bundle is no sample"),
    bundles.BundlePurged: Problem(410, "BUNDLE_PURGED", "The file was deleted"),
    bundles.BundleFileMissing: Problem(503, "BUNDLE_FILE_MISSING", "The file cannot be read"),
    bundles.IllegalBundleMove: Problem(409, "ILLEGAL_TRANSITION", "Not in this state"),
    # Labels and exports
    exports.ExportFinished: Problem(409, "EXPORT_FINISHED", "The export has ended"),
    exports.ExportNotDone: Problem(409, "EXPORT_NOT_DONE", "The export is not done"),
    exports.ExportPurged: Problem(410, "EXPORT_PURGED", "The files were deleted"),
    exports.FileUnavailable: Problem(503, "FILE_UNAVAILABLE", "The file cannot be read"),
    exports.IllegalTransition: Problem(409, "ILLEGAL_TRANSITION", "Not in this state"),
    labels.LabelSuperseded: Problem(409, "LABEL_SUPERSEDED", "There is a later label"),
    labels.NothingToWithdraw: Problem(409, "NOTHING_TO_WITHDRAW", "No label is in force"),
    # Intake
    intake.AlreadyFinal: Problem(409, "ALREADY_FINAL", "Final already"),
    intake.BrokenEncoding: Problem(422, "BROKEN_ENCODING", "The encoding cannot be read"),
    intake.ExternalIdConflict: Problem(
        409, "EXTERNAL_ID_CONFLICT", "Another prediction has this external id"
    ),
    intake.KeyEnded: Problem(401, "NOT_AUTHENTICATED", "Who is asking?"),
    intake.MalformedJson: Problem(422, "MALFORMED_JSON", "The JSON cannot be read"),
    intake.NotFinal: Problem(409, "NOT_FINAL", "There is no outcome yet"),
    intake.PredictionErased: Problem(409, "PREDICTION_ERASED", "Its content is erased"),
    intake.TooMuch: Problem(413, "TOO_LARGE", "The body is too large"),
    intake.UnknownField: Problem(422, "UNKNOWN_FIELD", "There is no such member"),
    intake.UnknownModel: Problem(404, "UNKNOWN_MODEL", "There is no such model"),
    # Erasure and legal holds
    erasure.AlreadyAsked: Problem(409, "ALREADY_ASKED", "Asked for already"),
    erasure.IllegalTransition: Problem(409, "ILLEGAL_TRANSITION", "Not in this state"),
    holds.AlreadyLifted: Problem(409, "ALREADY_LIFTED", "Lifted already"),
    # Routing policies
    routing.NotADraft: Problem(409, "NOT_A_DRAFT", "Published policies do not change"),
    # Queues and reviews
    judging.SubmissionConflict: Problem(409, "IDEMPOTENCY_CONFLICT", "Another request had this key"),
    queue.AlreadyDecided: Problem(409, "ALREADY_DECIDED", "Decided already"),
    queue.AlreadyOpen: Problem(409, "ALREADY_OPEN", "Under review already"),
    queue.IllegalTransition: Problem(409, "ILLEGAL_TRANSITION", "Not in this state"),
    queue.LeaseLost: Problem(409, "LEASE_LOST", "The lease has ended"),
    queue.Leased: Problem(409, "LEASED", "Somebody else is working on it"),
    queue.NotLeased: Problem(409, "NOT_LEASED", "Nobody holds it"),
    queue.QueueExists: Problem(409, "QUEUE_EXISTS", "There is such a queue already"),
    queue.TooLate: Problem(409, "TOO_LATE", "It is final"),
    queue.TooManyLeases: Problem(409, "TOO_MANY_LEASES", "Two reviews are held already"),
    queue.TooManySkips: Problem(409, "TOO_MANY_SKIPS", "Too many passed over"),
}

FRAMEWORK: Mapping[type[Exception], Problem] = {
    Http404: Problem(404, "NOT_FOUND", "Not found"),
    PermissionDenied: Problem(403, "NOT_PERMITTED", "You may not do this"),
    RequestDataTooBig: Problem(413, "TOO_LARGE", "The body is too large"),
    rest.AuthenticationFailed: Problem(401, "NOT_AUTHENTICATED", "Who is asking?"),
    rest.MethodNotAllowed: Problem(405, "METHOD_NOT_ALLOWED", "This address does not take that method"),
    rest.NotAcceptable: Problem(406, "NOT_ACCEPTABLE", "No such representation"),
    rest.NotAuthenticated: Problem(401, "NOT_AUTHENTICATED", "Who is asking?"),
    rest.NotFound: Problem(404, "NOT_FOUND", "Not found"),
    rest.ParseError: Problem(422, "MALFORMED_JSON", "The JSON cannot be read"),
    rest.PermissionDenied: Problem(403, "NOT_PERMITTED", "You may not do this"),
    rest.Throttled: Problem(429, "TOO_MANY_REQUESTS", "Too many requests"),
    rest.UnsupportedMediaType: Problem(415, "UNSUPPORTED_MEDIA_TYPE", "This media type is not understood"),
    rest.ValidationError: Problem(422, "BAD_INPUT", "Something has to be corrected"),
    OperationalError: Problem(503, "DATABASE_UNAVAILABLE", "The database does not answer"),
    InterfaceError: Problem(503, "DATABASE_UNAVAILABLE", "The database does not answer"),
    PoolTimeout: Problem(503, "BUSY", "Not right now"),
}
"""What Django, DRF and the database raise, in our words."""

CRASH = Problem(500, "INTERNAL_ERROR", "Something went wrong here")
KEPT = "Nothing was changed. Try again; if it goes on, tell the administrator the request id."
UNAVAILABLE = "The service is busy or its database does not answer. Nothing was changed; try again shortly."

_NOT_THERE = "There is no such thing, or it is not yours to know."
_DETAILS: Mapping[type[Exception], str] = {
    Http404: _NOT_THERE,
    rest.NotFound: _NOT_THERE,
    RequestDataTooBig: "Send a smaller body.",
    OperationalError: UNAVAILABLE,
    InterfaceError: UNAVAILABLE,
    PoolTimeout: UNAVAILABLE,
}


def problem_of(error: Exception) -> Problem | None:
    """The row of an exception; None for what is a bug."""
    kind = type(error)
    if row := PROBLEMS.get(kind) or FRAMEWORK.get(kind):
        return row
    for base in (OperationalError, Http404, PermissionDenied):
        if isinstance(error, base):
            return FRAMEWORK[base]
    return None


def body_of(error: Exception, problem: Problem) -> dict[str, Any]:
    """The members of the problem document."""
    slug = problem.code.lower().replace("_", "-")
    body: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": _detail(error, problem),
        "code": problem.code,
    }
    if isinstance(error, approvals.Reauthenticate):
        body["methods"] = error.methods
    if isinstance(error, approvals.NotReady):
        body["errors"] = [item.as_json() for item in error.errors]
    if isinstance(error, refusals.BadInput):
        body["errors"] = [item.as_json() for item in error.errors]
        codes = {item.code for item in error.errors}
        if len(codes) == 1 and problem.code == "BAD_INPUT":
            # One kind of mistake: its own code says more than the general one.
            body["code"] = codes.pop()
    return body | getattr(error, "members", {})


def headers_of(error: Exception, problem: Problem) -> dict[str, str]:
    """`Retry-After` and `WWW-Authenticate`, where the status demands them."""
    headers = {}
    if problem.status in (429, 503):
        wait = getattr(error, "retry_after", None) or getattr(error, "wait", None) or 1
        headers["Retry-After"] = str(int(wait) or 1)
    if problem.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="countersign"'
    if problem.status == 416:
        headers["Content-Range"] = f"bytes */{getattr(error, 'size', 0)}"
    if isinstance(error, rest.MethodNotAllowed) and (allow := getattr(error, "auth_header", None)):
        headers["Allow"] = allow
    return headers


def as_problem_json(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler. A bug becomes a 500 that says what was kept, and a line in the log."""
    problem = problem_of(error)
    if problem is None:
        log.error("request.crashed", exc_info=error)
        problem = CRASH
    elif problem.status == 503:
        log.warning("request.unavailable", error=type(error).__name__)
    return Response(
        body_of(error, problem),
        status=problem.status,
        headers=headers_of(error, problem),
        content_type=MEDIA_TYPE,
    )


def as_http(error: Exception) -> HttpResponse:
    """The same document outside DRF's views."""
    problem = problem_of(error) or CRASH
    return HttpResponse(
        orjson.dumps(body_of(error, problem)),
        status=problem.status,
        headers=headers_of(error, problem),
        content_type=MEDIA_TYPE,
    )


class ProblemPageMiddleware:
    """Renders a refusal that a page raised: a whole page, or the fragment that htmx swaps in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        problem = problem_of(error)
        if problem is None:
            return None
        if is_for_programs(request):
            return as_http(error)
        return as_page(request, error, problem)


def as_page(request: HttpRequest, error: Exception, problem: Problem) -> HttpResponse:
    """The refusal as people read it."""
    template = "_problem.html" if request.headers.get("HX-Request") else "problem.html"
    context = {
        "problem": body_of(error, problem),
        "kept": "" if problem.status < 500 else "Nothing was changed.",
        "back_url": _back_url(request),
        "request_id": request.headers.get("X-Request-ID", ""),
    }
    response = render(request, template, context, status=problem.status)
    for name, value in headers_of(error, problem).items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    return response


def is_for_programs(request: HttpRequest) -> bool:
    """Whether the address is one that programs call."""
    return request.path.startswith(("/api/", "/audit/log/", "/.well-known/"))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler for addresses that do not exist."""
    error = Http404()
    return as_http(error) if is_for_programs(request) else as_page(request, error, FRAMEWORK[Http404])


def crashed(request: HttpRequest) -> HttpResponse:
    """Django's handler for bugs. It must not need the database."""
    error = RuntimeError(KEPT)
    return as_http(error) if is_for_programs(request) else as_page(request, error, CRASH)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's view for a form without its token."""
    error = refusals.NotPermitted(
        "This form is too old or came from elsewhere. Open its page again; what you typed is still in it."
    )
    return as_http(error) if is_for_programs(request) else as_page(request, error, PROBLEMS[type(error)])


def _detail(error: Exception, problem: Problem) -> str:
    if problem is CRASH:
        return KEPT
    if text := _DETAILS.get(type(error)):
        return text
    if isinstance(error, rest.APIException):
        return re.sub(r"\s+", " ", str(error.detail))
    if problem.status == 503 and not isinstance(error, refusals.Refusal):
        return UNAVAILABLE
    return str(error) or problem.title


def _back_url(request: HttpRequest) -> str:
    referrer = request.headers.get("Referer", "")
    own = f"{request.scheme}://{request.get_host()}/"
    return "/" + referrer.removeprefix(own) if referrer.startswith(own) else ""
