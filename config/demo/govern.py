"""The demo's governance: questions answered, one version signed for and live, another waiting for it."""

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.cookiejar import CookieJar
from typing import Any

from config.demo.client import Client, Refused
from config.demo.story import ENVIRONMENT, OWNERS, SIGNERS, VERSION, Part


class Browser:
    """Somebody signed in: signatures take a session and a password, whatever key there is."""

    def __init__(self, root: str, email: str, password: str) -> None:
        self.root, self.password = root, password
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        self._opener.open(f"{root}/sign-in", timeout=60).close()
        form = {"login": email, "password": password, "csrfmiddlewaretoken": self._token()}
        self._send("/sign-in", urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded")

    def sign(self, approval: str, meaning: str) -> None:
        """Approve a request, with the password once more."""
        body = {"verdict": "approve", "meaning": meaning, "password": self.password}
        self._send(f"/api/v1/approvals/{approval}/signatures", json.dumps(body).encode(), "application/json")

    def _token(self) -> str:
        return next((cookie.value or "" for cookie in self._cookies if cookie.name.endswith("csrftoken")), "")

    def _send(self, path: str, body: bytes, media_type: str) -> None:
        request = urllib.request.Request(  # noqa: S310 - the address is our own
            self.root + path,
            data=body,
            headers={"Content-Type": media_type, "X-CSRFToken": self._token(), "Referer": self.root + path},
        )
        self._opener.open(request, timeout=60).close()


def classify(client: Client, part: Part) -> None:
    """Answer the risk questions of the system, unless somebody has."""
    path = f"/systems/{part.system['slug']}/assessments"
    if not client.get(path)["results"]:
        client.post(path, {"pack": "eu-ai-act", "answers": part.answers})


def submit(client: Client, part: Part) -> str | None:
    """Ask for the approval of the version in production; None: an earlier run did."""
    about = {"model": part.model["slug"], "version": VERSION, "environment": ENVIRONMENT}
    try:
        asked: dict[str, Any] = client.post("/approvals", {**about, "requester": OWNERS["product_owner"]})
    except Refused as refusal:
        if refusal.status == 409:
            return None
        raise
    return str(asked["id"])


def sign_and_deploy(client: Client, part: Part, approval: str, passwords: Mapping[str, str]) -> None:
    """Have everybody sign whom the policy asks, and put the version live."""
    for email, meaning in SIGNERS.items():
        Browser(client.root, email, passwords[email]).sign(approval, meaning)
    client.ensure(
        "/deployments", {"model": part.model["slug"], "version": VERSION, "environment": ENVIRONMENT}
    )
