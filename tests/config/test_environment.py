"""config.environment: text from the environment becomes values, or says which variable is wrong."""

from pathlib import Path

import pytest

from config import environment
from config.environment import SECTIONS, Misconfigured, Variable

VARIABLES = [variable for section in SECTIONS.values() for variable in section]


def test_every_variable_that_exists_stands_in_the_reference():
    defined = [value for value in vars(environment).values() if isinstance(value, Variable)]

    assert {variable.name for variable in defined} == {variable.name for variable in VARIABLES}


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_a_blank_variable_is_an_absent_one(variable: Variable[object]):
    assert variable.read({variable.name: "  "}) == variable.read({}) == variable.default


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "-1"),
        ("WEB_THREADS", "4.5"),
        ("TLS", "maybe"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(name: str, text: str):
    variable = next(variable for variable in VARIABLES if variable.name == name)

    with pytest.raises(Misconfigured, match=f"^{name}: "):
        variable.read({name: text})


def test_reads_words_and_folders():
    assert environment.ALLOWED_HOSTS.read({"ALLOWED_HOSTS": "a.example, b.example,"}) == (
        "a.example",
        "b.example",
    )
    assert environment.VAR_DIR.read({"VAR_DIR": "/srv/countersign"}) == Path("/srv/countersign")
    assert environment.VAR_DIR.read({"VAR_DIR": "other"}).is_absolute()
