"""audit.fingerprint.digesting: one spelling of what PostgreSQL spells in two ways, and of nothing else."""

from itertools import product

import pytest
from django.db import connections

from audit.fingerprint.digesting import compare, settled

WRITTEN = "CHECK (((state)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))"
READ = "CHECK (((state)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])))"


@pytest.mark.parametrize(("before", "after"), list(product((WRITTEN, READ), repeat=2)))
def test_both_spellings_are_one(before: str, after: str) -> None:
    spelled = [settled({"constraints": {"known_state": text}}) for text in (before, after)]

    assert not compare(*spelled)
    assert settled(spelled[0]) == spelled[0]


@pytest.mark.parametrize(
    "changed",
    [
        READ.replace("'b'", "'c'"),
        READ.replace("ANY", "ALL"),
        READ.replace("= ANY", "<> ALL"),
        READ.replace("(state)", "(kind)"),
        READ.replace("('b'::character varying)::text", "('b'::character varying(1))::text"),
        READ.replace("('b'::character varying)::text", "NULL::text"),
        READ.replace(", ('b'::character varying)::text", ""),
    ],
)
def test_what_means_something_else_stays_another(changed: str) -> None:
    before, after = (settled({"constraints": {"known_state": text}}) for text in (WRITTEN, changed))

    assert compare(before, after).altered == ["constraints known_state"]


def test_the_source_of_a_function_is_left_alone() -> None:
    assert settled({"functions": {"f": WRITTEN}}) == {"functions": {"f": WRITTEN}}


@pytest.mark.django_db(databases=["default", "admin"])
@pytest.mark.parametrize(
    "condition",
    [
        "state IN ('a', 'b')",
        "NOT (state IN ('it''s', '', 'x, ''y''::character varying', '(a]') AND n > 1)",
        "state NOT IN ('a', E'back\\\\slash') OR state = 'c'",
        "state IN ('a') OR (state, n) IN (('a', 1), ('b', 2))",
        "state IN ('(ARRAY[''a''::character varying])::text[]', 'b')",
        "lower(state) IN ('a', 'b') AND length(state) < 5",
        "state IN ('a', NULL) OR n IN (1, 2)",
    ],
)
def test_what_postgresql_reads_again_is_spelled_the_same(condition: str) -> None:
    """As a dump does: write the constraint out, make it of that, write it out."""
    spelled = []
    with connections["admin"].cursor() as cursor:
        made_of = f"CHECK ({condition})"
        for _ in range(3):
            cursor.execute("DROP TABLE IF EXISTS t")
            cursor.execute(f"CREATE TABLE t (state varchar(40), n integer, CONSTRAINT c {made_of})")
            cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'c'")
            (made_of,) = cursor.fetchone()
            spelled.append(settled({"constraints": {"c": made_of}}))

    assert spelled[0] == spelled[1] == spelled[2]
