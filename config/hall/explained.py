"""Refusals explained: the page behind the `type` of each problem document."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from audit.refusals import NotFound
from config.problems import CRASH, FRAMEWORK, PROBLEMS, Problem

WHAT_TO_DO: Mapping[int, str] = MappingProxyType(
    {
        401: "Say who is asking: sign in, or send Authorization: Bearer with a key or token that works.",
        403: "You may know of it, and may not do this. Ask an administrator for a role or a scope that can.",
        404: "Check the address. What is outside everything you hold answers exactly like what is not there.",
        405: "Use a method that the address takes; the documentation of the interface lists them.",
        406: "Ask for application/json.",
        409: "Nobody can do this now: the state changed, or somebody else was first. Look again.",
        413: "Send less at once; the documentation of the interface says how much is taken.",
        415: "Send the media type that the documentation of the interface names.",
        422: "Correct what the members of errors point to, and send it again. Nothing was kept.",
        429: "Wait as long as Retry-After says.",
        500: "Nothing was changed. Try again; if it goes on, tell the administrator the request id.",
        503: "Nothing was changed. Try again after as long as Retry-After says.",
    }
)


class Explained(NamedTuple):
    """One code."""

    slug: str
    code: str
    status: int
    title: str
    means: tuple[str, ...]
    to_do: str


def everything() -> list[Explained]:
    """All codes, by status and name."""
    return sorted(_all().values(), key=lambda each: (each.status, each.code))


def one(slug: str) -> Explained:
    """The code with this slug.

    Raises:
        NotFound: no refusal carries it.
    """
    found = _all().get(slug)
    if found is None:
        raise NotFound("No refusal carries this code.")
    return found


def slug_of(problem: Problem) -> str:
    """How a code stands in an address."""
    return problem.code.lower().replace("_", "-")


def _all() -> dict[str, Explained]:
    found: dict[str, Explained] = {}
    for kind, problem in [*PROBLEMS.items(), *FRAMEWORK.items(), (RuntimeError, CRASH)]:
        slug = slug_of(problem)
        ours = kind in PROBLEMS and kind.__doc__
        means = (" ".join((kind.__doc__ or "").split()),) if ours else ()
        before = found.get(slug)
        found[slug] = Explained(
            slug=slug,
            code=problem.code,
            status=problem.status,
            title=problem.title,
            means=tuple(dict.fromkeys([*(before.means if before else ()), *means])),
            to_do=WHAT_TO_DO.get(problem.status, "Look at what was sent, and try again."),
        )
    return found
