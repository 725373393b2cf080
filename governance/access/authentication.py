"""Who a REST request speaks for: a service key, or a person by token or session."""

import datetime as dt
from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from audit.prepared import execute, pipelined
from governance.access import secrets
from governance.access.models import RIGHTS, Person, PersonalToken, ServiceKey, rights_of

SEEN_EVERY = dt.timedelta(minutes=1)
"""`last_used_at` is as exact as this, so that a busy key does not write with every request."""


_TOKEN_FIELDS = PersonalToken._meta.concrete_fields
_PERSON_FIELDS = Person._meta.concrete_fields
_TOKEN = f"""
SELECT {", ".join(f"t.{field.column}" for field in _TOKEN_FIELDS)},
    {", ".join(f"p.{field.column}" for field in _PERSON_FIELDS)}
FROM governance_personaltoken t JOIN governance_person p ON p.id = t.person_id WHERE t.secret_hash = %s
"""
_RIGHTS_BY_TOKEN = RIGHTS.replace(
    "a.person_id = %s",
    "a.person_id = (SELECT person_id FROM governance_personaltoken WHERE secret_hash = %s)",
)


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <service key or personal token>`."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = timezone.now()
        text = text.strip()
        digest = secrets.digest(text)
        if text.startswith(secrets.TOKEN):
            return _as_person(digest, now)
        key = ServiceKey.objects.filter(secret_hash=digest).first()
        if key is None or not key.is_live(now=now):
            raise AuthenticationFailed("This key is unknown, expired or revoked.")
        _touch(key, now)
        return key, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="countersign"'


def _as_person(digest: bytes, now: dt.datetime) -> tuple[Person, PersonalToken]:
    """The token's person, with their rights. By hand, in one round trip: every request begins with it."""
    with pipelined():
        asked = execute(_TOKEN, [digest])
        rights = execute(_RIGHTS_BY_TOKEN, [digest])
        row, held = asked.fetchone(), rights.fetchall()
    if row is None:
        raise AuthenticationFailed("This token is unknown, expired or revoked.")
    width = len(_TOKEN_FIELDS)
    token = PersonalToken.from_db("default", [field.attname for field in _TOKEN_FIELDS], row[:width])
    token.person = Person.from_db("default", [field.attname for field in _PERSON_FIELDS], row[width:])
    token.person.__dict__["rights"] = rights_of(held)  # as `Person.rights` would keep it
    if not token.is_live(now=now) or not token.person.is_active:
        raise AuthenticationFailed("This token is unknown, expired or revoked.")
    _touch(token, now)
    return token.person, token


def _touch(credential: ServiceKey | PersonalToken, now: dt.datetime) -> None:
    if credential.last_used_at is None or now - credential.last_used_at > SEEN_EVERY:
        type(credential).objects.filter(pk=credential.pk).update(last_used_at=now)
