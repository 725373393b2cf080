"""What the gate is asked, as posted: pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from audit.ids import first_at
from audit.refusals import BadInput, FieldError
from registry.deployments.reading import moment_of
from registry.systems.body import Body

FILTERS: Final = ("model", "version", "environment", "decision", "after", "before")
DECISIONS: Final = ("allow", "warn", "deny")
_COLUMNS: Final = {
    "model": "version__model__slug",
    "version": "version__version",
    "environment": "environment",
    "decision": "decision",
}
MOST_ARTIFACTS: Final = 200
LONGEST_NONCE: Final = 200
LONGEST_ENVIRONMENT: Final = 100
LARGEST_CONTEXT: Final = 65_536
_DIGEST: Final = re.compile(r"[0-9A-Fa-f]{64}")


@dataclass(frozen=True, slots=True)
class Question:
    """May this go live there? `model` and `version`, or the `artifacts` (sha256, sorted, each once)."""

    environment: str
    model: str = ""
    version: str = ""
    artifacts: Sequence[str] = ()
    context: Mapping[str, Any] = field(default_factory=dict)
    nonce: str | None = None

    @property
    def asked_for(self) -> str:
        """What was named, for the record."""
        if not self.artifacts:
            return f"{self.model} {self.version}"
        more = f" and {len(self.artifacts) - 3} more" if len(self.artifacts) > 3 else ""
        return "sha256 " + ", ".join(self.artifacts[:3]) + more

    def as_json(self) -> dict[str, Any]:
        """The question as its digest is made: the subject of an answer that is about nothing known."""
        about: dict[str, Any] = {"model": self.model, "version": self.version}
        if self.artifacts:
            about = {"artifacts": [{"sha256": sha256} for sha256 in self.artifacts]}
        return {"environment": self.environment, **about}


def read_question(value: object) -> Question:
    """A body of `POST /gate`.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    environment = body.text("environment", required=True, longest=LONGEST_ENVIRONMENT)
    artifacts = _artifacts(body)
    by_name = not body.given("artifacts")
    model = body.text("model", required=by_name)
    version = body.text("version", required=by_name)
    if not by_name and (body.given("model") or body.given("version")):
        body.refuse("artifacts", "ONE_OF", "Ask by model and version or by artifacts, not by both.")
    context = body.structure("context", dict, largest=LARGEST_CONTEXT)
    nonce = body.text("nonce", longest=LONGEST_NONCE) if body.given("nonce") else None
    body.finish()
    return Question(environment, model, version, artifacts, context, nonce)


def read_filter(parameters: Mapping[str, str]) -> dict[str, Any]:
    """The columns that a query of `GET /gate/answers` asks for; `after` and `before` are times.

    Raises:
        BadInput: an unknown decision, or no time.
    """
    decision = parameters.get("decision")
    if decision is not None and decision not in DECISIONS:
        detail = f"decision is one of {', '.join(DECISIONS)}."
        raise BadInput([FieldError("/decision", "BAD_VALUE", detail)])
    found: dict[str, Any] = {
        column: parameters[name] for name, column in _COLUMNS.items() if name in parameters
    }
    for name, column in (("after", "pk__gte"), ("before", "pk__lt")):
        if (moment := moment_of(parameters, name)) is not None:
            found[column] = first_at(moment)
    return found


def _artifacts(body: Body) -> tuple[str, ...]:
    if not body.given("artifacts"):
        return ()
    found = set()
    parts = body.parts("artifacts", most=MOST_ARTIFACTS)
    if not parts:
        body.refuse("artifacts", "REQUIRED", "Name at least one artifact by its sha256.")
    for part in parts:
        sha256 = part.text("sha256", required=True, longest=64)
        part.text("name", longest=300)  # may stand there; what counts is the digest
        if sha256 and not _DIGEST.fullmatch(sha256):
            part.refuse("sha256", "BAD_VALUE", "sha256 is 64 hexadecimal digits.")
        found.add(sha256.lower())
    return tuple(sorted(found))
