"""reviews.workbench.showing: payloads as plain values to look at."""

import base64
import zlib

import pytest

from reviews.workbench.pixels import image_of
from reviews.workbench.showing import explanation_view, input_view, number_text, percent


def test_shows_scalars_as_a_record() -> None:
    view = input_view({"amount": 1200.5, "new_customer": True, "note": None})

    assert view["kind"] == "record"
    assert [(row["name"], row["value"]) for row in view["rows"]] == [
        ("amount", "1200.5"),
        ("new customer", "yes"),
        ("note", "none"),
    ]


def test_shows_a_long_text_as_something_to_read_with_the_other_members_below() -> None:
    view = input_view({"text": "A letter. " * 20, "language": "en"})

    assert view["kind"] == "text"
    assert [row["name"] for row in view["rows"]] == ["language"]


def test_shows_a_grid_of_levels_as_an_image() -> None:
    view = input_view({"pixels": [[0, 16, 0, 8]] * 4, "page": 3})

    assert (view["kind"], view["width"], view["height"]) == ("image", 4, 4)
    assert view["rows"][0]["value"] == "3"


def test_writes_the_levels_into_the_png() -> None:
    image = image_of([[0, 16, 0, 8]] * 4)

    assert image is not None
    png = base64.b64decode(image.data_uri.partition(",")[2])
    length = int.from_bytes(png[33:37], "big")
    assert zlib.decompress(png[41 : 41 + length])[:5] == bytes([0, 255, 0, 255, 127])


@pytest.mark.parametrize(
    "value", [[], [[1, 2]], [[1] * 4] * 3 + [[1] * 5], [["x"] * 4] * 4, [[True] * 4] * 4, [[-1] * 4] * 4, "x"]
)
def test_takes_nothing_else_for_an_image(value: object) -> None:
    assert image_of(value) is None


def test_puts_the_largest_contribution_first_and_keeps_the_small_ones() -> None:
    features = [{"name": f"f{n}", "value": n, "contribution": n / 10 * (-1) ** n} for n in range(11)]

    view = explanation_view({"features": features})

    assert view is not None
    assert [feature["name"] for feature in view["features"][:2]] == ["f10", "f9"]
    assert view["features"][1] == {
        "name": "f9", "value": "9", "contribution": "\u22120.90", "positive": False, "share": 90,
    }  # fmt: skip
    assert len(view["features"]) + len(view["rest"]) == 11


@pytest.mark.parametrize(
    "explanation", [None, [], {}, {"features": {}}, {"features": [{"name": 1, "contribution": "x"}]}, "x"]
)
def test_shows_no_explanation_that_cannot_be_read(explanation: object) -> None:
    assert explanation_view(explanation) is None


@pytest.mark.parametrize(
    ("contributions", "shown"),
    [
        ([0.63, -0.309, 0.01], ["+0.63", "\u22120.31", "+0.01"]),
        ([-1234.5, 3], ["\u22121234", "+3"]),
        ([0.0123, 0.004], ["+0.012", "+0.004"]),
        ([1e-9], ["+1e\u221209"]),
        ([1e300, 1], ["+1e+300", "+1"]),
        ([0.0], ["+0.00"]),
    ],
)
def test_writes_contributions_with_the_same_decimals(contributions: list[float], shown: list[str]) -> None:
    features = [{"name": f"f{n}", "contribution": each} for n, each in enumerate(contributions)]

    view = explanation_view({"features": features})

    assert view is not None
    assert [feature["contribution"] for feature in view["features"]] == shown


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.61, "61 %"),
        (0.029, "3 %"),
        (0.994, "99.4 %"),
        (0.99999, "99.9 %"),
        (1e-9, "0.1 %"),
        (0, "0 %"),
        (1, "100 %"),
        (True, ""),
        ("x", ""),
    ],
)
def test_writes_shares_as_percent(share: object, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1200, "1200"), (12000, "12\u2009000"), (0.1234567, "0.123457"), (-1234567.5, "-1.23457e+06")],
)
def test_writes_numbers_to_be_read(value: float, text: str) -> None:
    assert number_text(value) == text
