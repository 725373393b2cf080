"""Data subjects as keyed hashes: enough to find their predictions for erasure, not enough to name them."""

import hashlib
import hmac
from functools import lru_cache
from typing import Final

from django.conf import settings

LABEL: Final = b"countersign: subjects of predictions, version 1"
"""Derives the key from SECRET_KEY, so that no other use of that secret can be turned against this one."""


def subject_hash(subject: str) -> bytes:
    """What is stored beside a payload in place of the subject: 32 bytes."""
    return hmac.digest(_key(settings.SECRET_KEY), subject.encode(), "sha256")


def subject_hashes(subject: str) -> list[bytes]:
    """Every hash under which the subject may be stored: also those from before SECRET_KEY was replaced."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [hmac.digest(_key(secret), subject.encode(), "sha256") for secret in secrets]


@lru_cache(maxsize=8)
def _key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), LABEL, hashlib.sha256)
