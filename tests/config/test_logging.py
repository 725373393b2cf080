"""config.logging: one JSON object per line, and nothing of what a client sent."""

import json
from pathlib import Path

import psycopg
import pytest
import structlog
from django.db import IntegrityError, connection, transaction

from config import logging as our_logging


def described_by(error: BaseException) -> str:
    return json.dumps(our_logging.described(error))


def raised(function) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it raises is what we look at
        function()
    return caught.value


def test_an_exception_is_told_by_kind_and_place_without_its_message():
    told = described_by(raised(lambda: float("card 4711 0000")))

    assert "ValueError" in told
    assert "test_logging.py" in told
    assert "4711" not in told


def test_what_the_machine_says_is_told():
    assert "No such file" in described_by(raised(lambda: Path("/nonexistent").read_text()))


@pytest.mark.django_db
def test_a_refusal_of_the_database_is_told_by_its_state_and_constraint_without_the_row():
    def insert() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO audit_feedstate (feed, size) VALUES (1, 4711)")

    error = raised(insert)
    assert isinstance(error, (IntegrityError, psycopg.Error)) or error.__cause__ is not None
    told = described_by(error)

    assert '"sqlstate"' in told
    assert "4711" not in told


def test_a_cause_is_told_with_what_it_caused():
    def fail() -> None:
        try:
            int("x")
        except ValueError as error:
            raise RuntimeError("y") from error

    assert [entry["type"] for entry in our_logging.described(raised(fail))] == [
        "builtins.RuntimeError",
        "builtins.ValueError",
    ]


def test_a_line_is_one_json_object():
    line = our_logging.as_line(structlog.get_logger(), "info", {"event": "two\nlines", "n": 1, 2: object})

    assert "\n" not in line
    assert json.loads(line)["event"] == "two\nlines"
