"""Secrets that requests carry: how they look, and what is kept of them. Pure."""

import hashlib
import secrets
from typing import NamedTuple

KEY = "csk"
"""Begins a service key."""
TOKEN = "cst"  # noqa: S105 - a prefix, not a secret
"""Begins a personal token."""


class Secret(NamedTuple):
    """A fresh secret: `text` is shown once, `prefix` names it in lists, `digest` is kept."""

    text: str
    prefix: str
    digest: bytes


def fresh(kind: str) -> Secret:
    """A new secret with 256 random bits. A slow hash would add nothing to those."""
    prefix = f"{kind}_{secrets.token_hex(4)}"
    text = f"{prefix}_{secrets.token_urlsafe(32)}"
    return Secret(text, prefix, digest(text))


def digest(text: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(text.encode()).digest()


def fresh_password() -> str:
    """A password for a new account, to be shown once: 100 bits, readable aloud."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))


def fresh_pseudonym() -> str:
    """How a reviewer is called in labels: random, so that nothing leads back but the account itself."""
    return "r-" + "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(10))
