"""Every refusal of the domain has its row: a status, a code and a title."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import audit
import config
import governance
import registry
import reviews
from audit.refusals import Refusal
from config.problems import PROBLEMS

WINGS = (audit, registry, governance, reviews, config)


def _every(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for below in kind.__subclasses__():
        yield below
        yield from _every(below)


def _refusals() -> list[type[Refusal]]:
    for wing in WINGS:
        for module in pkgutil.walk_packages(wing.__path__, f"{wing.__name__}."):
            if module.name.endswith(".errors") or module.name in ("audit.refusals", "config.api"):
                importlib.import_module(module.name)
    return sorted({kind for kind in _every(Refusal) if not kind.__module__.startswith("tests.")}, key=str)


@pytest.mark.parametrize("kind", _refusals(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_each_refusal_has_a_row_of_its_own(kind: type[Refusal]) -> None:
    assert kind in PROBLEMS, "config/problems.py looks up by exact type."


@pytest.mark.parametrize("kind", _refusals(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_each_refusal_says_a_sentence(kind: type[Refusal]) -> None:
    assert re.match(r"[A-Z].+[.?]", (kind.__doc__ or "").strip()), "It is shown to the refused."


def test_one_code_has_one_title_and_one_status() -> None:
    meant: dict[str, set[tuple[int, str]]] = {}
    for problem in PROBLEMS.values():
        meant.setdefault(problem.code, set()).add((problem.status, problem.title))

    assert {code: said for code, said in meant.items() if len(said) > 1} == {}


def test_codes_are_screaming_snakes() -> None:
    assert [row.code for row in PROBLEMS.values() if not re.fullmatch(r"[A-Z]+(_[A-Z]+)*", row.code)] == []
