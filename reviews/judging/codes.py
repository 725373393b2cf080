"""Why a reviewer changed an answer, or could give none: the reason codes, as data. Pure."""

from typing import Final, NamedTuple


class ReasonCode(NamedTuple):
    """One code: its words on the page, and whether it says something only with a comment."""

    code: str
    label: str
    needs_comment: bool = False


DEFAULT: Final = (
    ReasonCode("wrong_label", "Wrong label"),
    ReasonCode("wrong_value", "Wrong value"),
    ReasonCode("missing_value", "Value missing"),
    ReasonCode("not_in_input", "Not in the input"),
    ReasonCode("bad_input", "Bad input"),
    ReasonCode("out_of_policy", "Out of policy"),
    ReasonCode("other", "Other", needs_comment=True),
)
"""For every model, as long as models bring no taxonomy of their own."""

CODES: Final = {reason.code: reason for reason in DEFAULT}
