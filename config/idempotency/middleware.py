"""`Idempotency-Key`: the same request sent again is answered again, and nothing happens twice.

The key's row, what the request changes, and its answer commit in one transaction, so a crash leaves
none of them. A second request waits on the row's unique index for the first to end.
"""

import datetime as dt
import gzip
import hashlib
import hmac
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from psycopg.errors import LockNotAvailable
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from audit.refusals import BadInput, FieldError
from config import problems
from config.bodies import read_ahead
from config.idempotency.errors import IdempotencyConflict, IdempotencyInProgress
from config.idempotency.models import KeptAnswer
from governance.access.authentication import BearerAuthentication

KEPT_FOR = dt.timedelta(hours=24)
KEPT_FOR_PREDICTIONS = dt.timedelta(days=30)
LONGEST_WAIT = "10s"
LARGEST_BODY = 33 * 1024 * 1024
LONGEST_KEY = 200
ANSWERED_AFRESH = ("/claim", "/heartbeat", "/gate", "/risk/classify")
WITH_SECRETS = "/signatures"
REPEATED_HEADERS = ("Content-Type", "Location", "ETag")

TAKE = """
INSERT INTO config_keptanswer (caller, method, path, key, body_digest, headers, body, expires_at)
VALUES (%s, %s, %s, %s, %s, '{}', '', %s)
ON CONFLICT (caller, method, path, key) DO UPDATE
    SET body_digest = excluded.body_digest, status = NULL, expires_at = excluded.expires_at
    WHERE config_keptanswer.expires_at < now()
RETURNING id
"""

Next = Callable[[HttpRequest], HttpResponseBase]


class _NotKept(Exception):
    """Rolls the transaction back around an answer that is not kept."""


class IdempotencyMiddleware:
    """Around POSTs to the API that carry a key and say who is asking."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.headers.get("Idempotency-Key")
        if (
            key is None
            or request.method != "POST"
            or not request.path.startswith("/api/v1/")
            or request.path.endswith(ANSWERED_AFRESH)
        ):
            return self.get_response(request)
        caller = _caller(request)
        if caller is None:
            return self.get_response(request)
        if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
            detail = f"An Idempotency-Key is 1 to {LONGEST_KEY} printable ASCII characters."
            return problems.as_http(BadInput([FieldError("", "BAD_IDEMPOTENCY_KEY", detail)]))
        try:
            return self._once(request, caller, key)
        except (IdempotencyConflict, IdempotencyInProgress) as refusal:
            return problems.as_http(refusal)

    def _once(self, request: HttpRequest, caller: str, key: str) -> HttpResponseBase:
        digest = _digest_body(request)
        response: HttpResponseBase | None = None
        try:
            with transaction.atomic():
                taken = _take(request, caller, key, digest)
                if taken is None:
                    return _answer_again(request, caller, key, digest)
                response = self.get_response(request)
                if response.status_code in (401, 429) or response.status_code >= 500:
                    raise _NotKept
                _keep(taken, response)
        except _NotKept:
            assert response is not None
            for act in getattr(request, "after_rollback", ()):
                act()  # what has to be counted although nothing was changed, such as a wrong password
        return response


def _take(request: HttpRequest, caller: str, key: str, digest: bytes) -> int | None:
    """Make the key's row; None if another request has made it, however long that took to know.

    Raises:
        IdempotencyInProgress: the other one runs for longer than anybody should wait.
    """
    predictions = request.path == "/api/v1/predictions"
    expires_at = timezone.now() + (KEPT_FOR_PREDICTIONS if predictions else KEPT_FOR)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'")
        try:
            with transaction.atomic():
                cursor.execute(TAKE, [caller, request.method, request.path, key, digest, expires_at])
                row = cursor.fetchone()
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise IdempotencyInProgress from None
            raise
        cursor.execute("SET LOCAL lock_timeout = 0")
    return int(row[0]) if row else None


def _keep(id_: int, response: HttpResponseBase) -> None:
    if isinstance(response, StreamingHttpResponse):
        body = response.getvalue()
        response.streaming_content = [body]
    else:
        assert isinstance(response, HttpResponse)  # Django has no third kind
        body = response.content
    headers = {name: response[name] for name in REPEATED_HEADERS if name in response}
    KeptAnswer.objects.filter(pk=id_).update(status=response.status_code, headers=headers, body=body)


def _answer_again(request: HttpRequest, caller: str, key: str, digest: bytes) -> HttpResponse:
    kept = KeptAnswer.objects.get(caller=caller, method=request.method, path=request.path, key=key)
    if bytes(kept.body_digest) != digest:
        raise IdempotencyConflict
    if kept.status is None:
        raise IdempotencyInProgress
    response = HttpResponse(bytes(kept.body), status=kept.status, headers=kept.headers)
    response["Idempotency-Replayed"] = "true"
    return response


def _caller(request: HttpRequest) -> str | None:
    """Who is asking, without refusing anybody: that is the view's to do."""
    try:
        found: Any = BearerAuthentication().authenticate(Request(request))
    except APIException:
        return None
    if found is not None:
        return str(found[0].audit_ref)
    return request.user.audit_ref if request.user.is_authenticated else None


def _digest_body(request: HttpRequest) -> bytes:
    """SHA-256 of the body after decompression; the view reads the body again."""
    raw = read_ahead(request, LARGEST_BODY)
    if request.headers.get("Content-Encoding", "").lower() == "gzip":
        raw = _decompressed(raw)
    if request.path.endswith(WITH_SECRETS):
        # A password is in it, so nobody may be able to try passwords against what is kept.
        return hmac.digest(settings.SECRET_KEY.encode(), raw, "sha256")
    return hashlib.sha256(raw).digest()


def _decompressed(raw: bytes) -> bytes:
    """The content, up to the limit; what cannot be read stands for itself, for the view to refuse."""
    try:
        with gzip.GzipFile(fileobj=BytesIO(raw)) as stream:
            return stream.read(LARGEST_BODY)
    except (OSError, EOFError, zlib.error):
        return raw
