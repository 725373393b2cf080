"""Answered questionnaires that tests begin with."""

import datetime as dt
from typing import Any

from django.utils import timezone

NOW = timezone.now()
DAY = NOW.date()
SOON = DAY + dt.timedelta(days=30)
RECRUITING: dict[str, Any] = {
    "ai_system": True, "outside": ["none"], "role": ["provider"], "acts_for": "private",
    "practices": ["none"], "product": "none", "areas": ["work"], "work_use": ["recruit"],
    "part": "influences", "transparency": ["none"], "gpai": "no",
}  # fmt: skip
EXTRACTING: dict[str, Any] = RECRUITING | {"part": "narrow", "profiling": False, "taken_over": False}
FILTERING_SPAM: dict[str, Any] = {
    name: value for name, value in RECRUITING.items() if name not in ("work_use", "part")
} | {"areas": ["none"]}
PROHIBITED: dict[str, Any] = RECRUITING | {"practices": ["scraping"]}
STATEMENTS = {
    "task": "Copies fields out of CVs.",
    "no_influence": "People read the CVs themselves.",
    "no_profiling": "Nobody is judged.",
    "no_harm": "A slip is noticed.",
}
