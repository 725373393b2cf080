"""What kinds of events say in words."""

import re

from audit.trail import kinds
from config.environment import BASE_DIR

WINGS = ("audit", "registry", "governance", "reviews", "config")
WRITTEN = re.compile(r'kind=\s*"([a-z_]+\.[a-z_]+\.[a-z_]+)"')


def test_every_kind_that_is_written_by_name_has_its_sentence() -> None:
    written = {
        kind
        for wing in WINGS
        for path in (BASE_DIR / wing).rglob("*.py")
        for kind in WRITTEN.findall(path.read_text())
    }

    assert written
    assert written - set(kinds.SENTENCES) == set(), "Add them to audit/trail/kinds.py."


def test_a_kind_that_is_not_in_the_table_says_its_own_words() -> None:
    assert kinds.sentence("reviews.review.turned_over") == "review: turned over"
    assert kinds.sentence("odd") == "odd"


def test_an_entity_is_called_what_people_call_it() -> None:
    assert kinds.entity_word("system") == "AI system"
    assert kinds.entity_word("some_thing") == "some thing"
