"""A running copy as its callers see it: over HTTP, with keys and tokens from the command line,
nothing else."""

import contextlib
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from config.environment import BASE_DIR

API = "/api/v1"
NDJSON = "application/x-ndjson"
CLASSES = ["fraud", "ok", "blocked"]
OUTPUT_SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": CLASSES}, "amount": {"type": "number"}},
    "required": ["label"],
    "additionalProperties": False,
}
INPUT_SCHEMA = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}
PASSWORD = "countersign-contract-1"

_COMMANDS = """
import contextlib, io, json, sys
import django
django.setup()
from django.core.management import CommandError, call_command
from django.db import connections
for line in sys.stdin:
    connections.close_all()  # a real command has a connection of its own
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(err):
        try:
            call_command(*json.loads(line), stdout=out, stderr=err)
            answer = {"out": out.getvalue().strip()}
        except CommandError as error:
            answer = {"refused": str(error)}
    print(json.dumps(answer), flush=True)
"""
"""Runs commands of `manage.py` as they are sent, so that Django is started once for all of them."""


@dataclass
class Desk:
    """A queue with a model of its own whose policy sends there."""

    queue: str
    model: str
    version: str = "1.0"

    def prediction(self, **members: Any) -> dict[str, Any]:
        """A body that the policy accepts; `members` replace members, `...` leaves one out."""
        body: dict[str, Any] = {
            "model": self.model,
            "version": self.version,
            "external_id": unique("x"),
            "input": {"amount": 12.5},
            "output": {"label": "ok"},
            "confidence": 0.99,
        }
        return {name: value for name, value in {**body, **members}.items() if value is not ...}


@dataclass
class World:
    """Two AI systems, and somebody of every kind on the first one. Tests add what they need."""

    url: str
    environment: Mapping[str, str]
    secrets: dict[str, str] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    ours: str = ""
    theirs: str = ""

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=60)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _COMMANDS],
            cwd=BASE_DIR,
            env={
                **self.environment,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "PYTHONPATH": str(BASE_DIR),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        self.http.close()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def command(self, *arguments: str) -> str:
        """What a command of `manage.py` prints on stdout."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        answer: dict[str, str] = json.loads(self._process.stdout.readline())
        assert "out" in answer, (arguments, answer)
        return answer["out"]

    def person(self, who: str, *roles: str, **where: str) -> None:
        """An account with these roles, and a token that acts as it."""
        self.emails[who] = f"{unique(who)}@example.org"
        given = [part for role in roles for part in ("--role", role)]
        scope = [part for kind, slug in where.items() for part in (f"--{kind}", slug)]
        self.command("user", "create", self.emails[who], *given, *scope)
        self.secrets[who] = self.command("user", "token", self.emails[who])

    def call(
        self,
        method: str,
        path: str,
        who: str | None = "root",
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """A request below `/api/v1` with somebody's key or token. Whatever comes back is no crash."""
        sent = {**({"Authorization": f"Bearer {self.secrets[who]}"} if who else {}), **(headers or {})}
        url = path if path.startswith("http") else API + path
        answer = self.http.request(method, url, headers=sent, **more)
        assert answer.status_code < 500, (method, path, more, answer.status_code, answer.text)
        return answer

    def get(self, path: str, who: str | None = "root", **more: Any) -> httpx.Response:
        return self.call("GET", path, who, **more)

    def post(self, path: str, body: Any = None, who: str | None = "root", **more: Any) -> httpx.Response:
        return self.call("POST", path, who, **({"json": body} if "content" not in more else {}), **more)

    def done(self, method: str, path: str, body: Any = None, who: str = "root") -> Any:
        """The same, where it must succeed: the body of the answer."""
        answer = self.call(method, path, who, **({} if body is None else {"json": body}))
        assert answer.is_success, (method, path, body, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def batch(self, lines: Sequence[Any], who: str = "root", **more: Any) -> httpx.Response:
        """Post lines as NDJSON; those that are bytes go as they are."""
        body = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
        return self.call("POST", "/predictions", who, content=body, headers={"Content-Type": NDJSON}, **more)

    def desk(self, policy: Mapping[str, Any] | None = None, *, publish: bool = True, **model: Any) -> Desk:
        """A fresh queue, model, version and published policy on our system."""
        slug = unique("desk")
        self.done("POST", "/queues", {"slug": slug, "name": "A desk", "system": self.ours})
        body = {"slug": slug, "system": self.ours, "task": "screening", "output_schema": OUTPUT_SCHEMA}
        self.done("POST", "/models", {**body, "queue": slug, **model})
        self.done("POST", f"/models/{slug}/versions", {"version": "1.0"})
        if publish:
            self.publish(slug, {"queue": slug, "threshold": 0.85, **(policy or {})})
        return Desk(slug, slug)

    def publish(self, model: str, policy: Mapping[str, Any]) -> int:
        """Draft and publish a policy; its number."""
        number: int = self.done("POST", f"/models/{model}/policies", policy)["number"]
        self.done("POST", f"/models/{model}/policies/{number}/publish", {})
        return number

    def waiting(self, desk: Desk, who: str = "root", **members: Any) -> dict[str, Any]:
        """Post a prediction that goes to a person; the answer."""
        answer: dict[str, Any] = self.done(
            "POST", "/predictions", desk.prediction(**{"confidence": 0.5, **members}), who
        )
        assert answer["decision"] == "review", answer
        return answer

    def claimed(self, desk: Desk, who: str = "reviewer", **body: Any) -> Any:
        """The answer to a claim on the desk's queue."""
        return self.done("POST", f"/queues/{desk.queue}/claim", body, who)

    def judge(self, claim: Any, who: str = "reviewer", label: str = "ok", **more: Any) -> httpx.Response:
        """Submit an answer to a claimed review."""
        body = {
            "token": claim["lease"]["token"],
            "submission_id": str(uuid.uuid4()),
            "output": {"label": label},
            "reasons": [],
            "comment": "",
            **more,
        }
        body = {name: value for name, value in body.items() if value is not ...}
        return self.post(f"/reviews/{claim['review']['id']}/judgement", body, who)

    def decided(self, desk: Desk, label: str = "ok", **members: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Post a prediction and have it decided: the answer to the post, and to the judgement."""
        posted = self.waiting(desk, **members)
        claim = self.done("POST", f"/reviews/{posted['review']['id']}/claim", {}, "reviewer")
        suggested = (members.get("output") or {"label": "ok"}).get("label")
        answer = self.judge(claim, label=label, reasons=[] if label == suggested else ["wrong_label"])
        assert answer.status_code == 201, answer.text
        return posted, answer.json()

    @contextlib.contextmanager
    def signed_in(self, who: str) -> Iterator[httpx.Client]:
        """A browser's session of a person, without its CSRF token in any header."""
        with httpx.Client(base_url=self.url, timeout=60) as browser:
            browser.get("/sign-in")
            token = browser.cookies["csrftoken"]
            form = {"login": self.emails[who], "password": PASSWORD, "csrfmiddlewaretoken": token}
            answer = browser.post("/sign-in", data=form, headers={"Referer": f"{self.url}/sign-in"})
            assert answer.status_code == 302, answer.text
            yield browser


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def eventually(look: Callable[[], Any], *, seconds: float = 15.0) -> Any:
    """What `look` answers as soon as it is something."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found, "it did not come to pass"
    return found


def problem(answer: httpx.Response, status: int, code: str | None = None, pointer: str | None = None) -> Any:
    """An answer that is a problem document of RFC 9457, as the contract has it; its body."""
    assert answer.status_code == status, (answer.request.url, answer.status_code, answer.text[:500])
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    return check_problem(body, status, code, pointer)


def check_problem(body: Any, status: int, code: str | None = None, pointer: str | None = None) -> Any:
    """The same for a document that stands in a line of a batch."""
    for member in ("type", "title", "detail", "code"):
        assert isinstance(body[member], str), (member, body)
        assert body[member], (member, body)
    assert body["status"] == status, body
    assert body["code"].replace("_", "").isalnum(), body
    assert body["code"] == body["code"].upper(), body
    if code is not None:
        assert body["code"] == code, body
    for error in body.get("errors", []):
        assert set(error) == {"pointer", "code", "detail"}, body
    if pointer is not None:
        assert pointer in [error["pointer"] for error in body["errors"]], body
    return body
