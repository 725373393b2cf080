"""config.templatetags.pages: how pages write times, states and structures."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from config.templatetags import pages

NOW = dt.datetime(2026, 11, 20, 10, 0, 4, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-10, "just now"),
        (10, "in a moment"),
        (-240, "4 min ago"),
        (52 * 60, "in 52 min"),
        (-(3 * 3600 + 240), "3 h 4 min ago"),
        (-7 * 3600, "7 h ago"),
        (-3 * 86_400, "17 Nov 10:00"),
        (-500 * 86_400, "8 Jul 2025"),
    ],
)
def test_ago_says_a_moment_as_people_do(seconds: int, said: str) -> None:
    assert pages.ago(NOW + dt.timedelta(seconds=seconds)) == said


def test_exact_names_the_zone_of_the_person() -> None:
    with timezone.override(ZoneInfo("Europe/Lisbon")):
        assert pages.exact(NOW) == "20 Nov 2026, 10:00:04 Europe/Lisbon"


def test_a_time_carries_its_exact_form_for_people_and_programs() -> None:
    markup = render_to_string("_time.html", {"at": NOW - dt.timedelta(minutes=4)})

    assert 'datetime="2026-11-20T09:56:04Z"' in markup
    assert 'title="20 Nov 2026, 09:56:04 UTC"' in markup
    assert "4 min ago" in markup


def test_no_moment_is_said_in_words() -> None:
    assert "none waits" in render_to_string("_time.html", {"at": None, "otherwise": "none waits"})


def test_an_unknown_state_is_shown_quietly_by_its_own_word() -> None:
    markup = render_to_string("_state.html", {"state": "some_new_state"})

    assert "pill--quiet" in markup
    assert "some new state" in markup


def test_a_structure_is_escaped() -> None:
    markup = render_to_string("_json.html", {"value": {"label": "</code><script>alert(1)</script>"}})

    assert "<script>" not in markup
    assert "&lt;script&gt;" in markup


@pytest.mark.parametrize(("seconds", "shown"), [(272, "4:32"), (0, "0:00"), (-5, "0:00"), (None, "0:00")])
def test_clock_never_runs_below_nothing(seconds: float | None, shown: str) -> None:
    assert pages.clock(seconds) == shown


def test_a_long_digest_shows_its_two_ends() -> None:
    assert pages.short_digest("4be0" + "0" * 56 + "91c7") == "4be0…91c7"
    assert pages.short_digest("short") == "short"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"done": 3, "total": 5}, "done 3, total 5"),
        (["a", "b"], "a, b"),
        (list(range(25)), ", ".join(map(str, range(20))) + " and 5 more"),
        ({"filter": {"to": None, "openings": True}}, "filter to none, openings yes"),
        ("as it is", "as it is"),
    ],
)
def test_details_of_an_event_are_said_in_words(value: object, shown: str) -> None:
    assert pages.said(value) == shown
