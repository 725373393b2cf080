"""What each kind of event says in words, after the name of who did it. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from audit.trail import catalogue

ROUTED = "reviews.prediction.routed"
"""The bulk of all events: one for each prediction that was posted."""

ACTORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "person:<id>": "somebody with an account",
        "key:<id>": "a service key",
        "clock": "what falls due by itself",
        "operator": "whoever holds the command line of the machine",
        "stranger": "whoever stands before the sign-in page",
    }
)
"""Who an event can name as the one who did something."""

ENTITIES: Mapping[str, str] = MappingProxyType(
    {
        "assessment": "risk assessment",
        "override": "risk class set by hand",
        "approval": "approval request",
        "approval_policy": "approval policy",
        "audit_log": "audit log",
        "bundle": "bundle of the log",
        "hold": "legal hold",
        "person": "account",
        "personal_token": "personal token",
        "retention_rule": "retention",
        "role_assignment": "role",
        "schema": "database's schema",
        "service_key": "service key",
        "sign_in": "sign-in",
        "system": "AI system",
        "version": "model version",
    }
)


def sentence(kind: str) -> str:
    """What an event of this kind says; of one that is not in the catalogue, its own words."""
    if found := catalogue.row(kind):
        return found.sentence
    return kind.partition(".")[2].replace(".", ": ").replace("_", " ") or kind


def entity_word(entity_type: str) -> str:
    """What a person calls this type of entity."""
    return ENTITIES.get(entity_type, entity_type.replace("_", " "))
