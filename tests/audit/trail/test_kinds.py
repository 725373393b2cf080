"""What kinds of events say in words."""

from audit.trail import catalogue, kinds


def test_a_kind_says_the_sentence_of_its_row() -> None:
    assert kinds.sentence(kinds.ROUTED) == "posted a prediction"


def test_a_kind_that_is_not_in_the_catalogue_says_its_own_words() -> None:
    assert kinds.sentence("reviews.review.turned_over") == "review: turned over"
    assert kinds.sentence("odd") == "odd"


def test_an_entity_is_called_what_people_call_it() -> None:
    assert kinds.entity_word("system") == "AI system"
    assert kinds.entity_word("some_thing") == "some thing"


def test_words_are_for_what_events_are_about() -> None:
    """Nothing else belongs there: sentences stand in `audit/trail/declared`."""
    assert set(kinds.ENTITIES) - {row.about for row in catalogue.rows()} == set()
    assert set(kinds.ACTORS) == {"person:<id>", "key:<id>", "clock", "operator", "stranger"}
