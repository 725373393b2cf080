"""`/problems/<slug>`: every refusal's `type` leads to a page that explains it."""

import pytest
from django.test import Client

from config.hall import explained
from config.problems import CRASH, FRAMEWORK, PROBLEMS

pytestmark = pytest.mark.django_db

SLUGS = sorted({explained.slug_of(problem) for problem in [*PROBLEMS.values(), *FRAMEWORK.values(), CRASH]})


@pytest.mark.parametrize("slug", SLUGS)
def test_explains_every_code_to_anybody(client: Client, slug: str) -> None:
    page = client.get(f"/problems/{slug}")

    assert page.status_code == 200
    assert slug.upper().replace("-", "_") in page.content.decode()


def test_lists_them_all(client: Client) -> None:
    text = client.get("/problems").content.decode()

    assert all(f"/problems/{slug}" in text for slug in SLUGS)


def test_an_unknown_code_is_not_there(client: Client) -> None:
    assert client.get("/problems/nonsense").status_code == 404
