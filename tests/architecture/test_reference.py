"""docs/reference: writing the generated pages again changes nothing."""

import pytest

from config.environment import BASE_DIR
from config.reference import PAGES


@pytest.mark.parametrize("name", sorted(PAGES))
def test_is_what_the_tables_say(name: str) -> None:
    written = (BASE_DIR / "docs" / "reference" / name).read_text()

    assert written == PAGES[name](), "run `manage.py reference`"
