"""One posted prediction, member by member: what is refused, what is odd and goes to a person, what is fine.

Refused is only what leaves nothing to keep: no model, version, external id or input, or a member that the
contract does not know. Everything else that is odd is kept as it came (the payload holds all of it), says
so in `warnings`, and sends the prediction to a person: a member of the wrong type breaks the data contract.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from audit.refusals import BadInput, FieldError
from reviews.intake.content import fits_double, is_double, stored_text
from reviews.intake.errors import UnknownField
from reviews.routing.reasons import FAILSAFE_ENVIRONMENT, FAILSAFE_INPUT, FAILSAFE_OUTPUT

LONGEST_EXTERNAL_ID = 200

REQUIRED: Final = ("model", "version", "external_id", "input")
OPTIONAL: Final = (
    "output",
    "confidence",
    "scores",
    "explanation",
    "segment",
    "signals",
    "subject",
    "training_use",
    "correlation",
    "usage",
    "environment",
    "occurred_at",
)
MEMBERS: Final = frozenset(REQUIRED + OPTIONAL)
USAGE_NUMBERS: Final = ("latency_ms", "cost", "tokens_in", "tokens_out")

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(slots=True)
class Posted:
    """A prediction as posted. Members typed `object` are as they came, whatever that is; absent ones are
    None.

    `odd` are the FAILSAFE reasons that reading alone can tell, in the order of the reasons' table; what
    needs the model (schemas, version, environment) is judged later. `warnings` are sentences for the caller.
    """

    model: str
    version: str
    external_id: str
    input: dict[str, object]
    output: object = None
    has_output: bool = False
    confidence: object = None
    scores: object = None
    explanation: object = None
    segment: object = None
    signals: object = None
    subject: str | None = None
    training_use: bool = True
    correlation: object = None
    usage: object = None
    environment: str = "production"
    occurred_at: dt.datetime | None = None
    warnings: list[str] = field(default_factory=list)
    odd: tuple[str, ...] = ()


def read_prediction(value: object, *, ordinary: bool = False) -> Posted:
    """Take a body that was read apart.

    `ordinary` is `Reading.ordinary`: true spares the search for numbers beyond a double.

    Raises:
        UnknownField: a member that the contract does not know (all errors are listed).
        BadInput: a required member is missing or of the wrong type.
    """
    if type(value) is not dict:
        raise BadInput([FieldError("", "NOT_AN_OBJECT", "A prediction is a JSON object.")])
    model, version = value.get("model"), value.get("version")
    external_id, input_ = value.get("external_id"), value.get("input")
    if not (
        type(model) is str
        and type(version) is str
        and type(external_id) is str
        and 1 <= len(external_id) <= LONGEST_EXTERNAL_ID
        and type(input_) is dict
        and MEMBERS.issuperset(value)
    ):
        _refuse(value)
    posted = Posted(
        model=model,  # type: ignore[arg-type]  # checked together above, once, because this is a hot path
        version=version,  # type: ignore[arg-type]
        external_id=external_id,  # type: ignore[arg-type]
        input=input_,  # type: ignore[arg-type]
        output=value.get("output"),
        has_output="output" in value,
        confidence=value.get("confidence"),
        correlation=value.get("correlation"),
    )
    odd: set[str] = set()
    for name, take in _TAKERS:
        if name in value:
            take(posted, value[name], odd)
    if not ordinary:
        _search_numbers(posted, odd)
    if odd:
        posted.odd = tuple(reason for reason in _ORDER if reason in odd)
    return posted


_ORDER = (FAILSAFE_ENVIRONMENT, FAILSAFE_INPUT, FAILSAFE_OUTPUT)


def _refuse(value: Mapping[str, object]) -> None:
    """Say everything that is wrong at once."""
    errors = [
        FieldError(pointer(name), "UNKNOWN_FIELD", f"There is no member {name[:60]!r}.")
        for name in value
        if name not in MEMBERS
    ]
    unknown = bool(errors)
    errors += [error for name in REQUIRED if (error := _fault(name, value))]
    raise UnknownField(errors) if unknown else BadInput(errors)


def _fault(name: str, value: Mapping[str, object]) -> FieldError | None:
    if name not in value:
        return FieldError(pointer(name), "REQUIRED", f"The member {name} is required.")
    given = value[name]
    if name == "input":
        if type(given) is dict:
            return None
        return FieldError("/input", "NOT_AN_OBJECT", "The input is a JSON object.")
    if type(given) is not str:
        return FieldError(pointer(name), "NOT_A_STRING", f"The member {name} is a string.")
    if name == "external_id" and not 1 <= len(given) <= LONGEST_EXTERNAL_ID:
        return FieldError(
            "/external_id",
            "BAD_LENGTH",
            f"The external_id has 1 to {LONGEST_EXTERNAL_ID} characters, not {len(given)}.",
        )
    return None


def pointer(*names: str) -> str:
    """The JSON pointer (RFC 6901) of a member."""
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)


# One function for each optional member that has a shape. Each keeps what came, and notes what is odd about
# it.


def _take_scores(posted: Posted, given: object, odd: set[str]) -> None:
    posted.scores = given
    if given is not None and not (type(given) is dict and all(map(is_double, given.values()))):
        _note(posted, odd, FAILSAFE_OUTPUT, "scores is not an object of numbers")


def _take_explanation(posted: Posted, given: object, odd: set[str]) -> None:
    posted.explanation = given
    if given is not None and type(given) is not dict:
        _note(posted, odd, FAILSAFE_INPUT, "explanation is not an object")


def _take_segment(posted: Posted, given: object, odd: set[str]) -> None:
    posted.segment = given
    if given is not None and not (type(given) is dict and all(map(_is_flat, given.values()))):
        _note(posted, odd, FAILSAFE_INPUT, "segment is not a flat object of strings, numbers and booleans")


def _take_signals(posted: Posted, given: object, odd: set[str]) -> None:
    posted.signals = given
    if given is not None and not (
        type(given) is dict and all(type(each) is bool or is_double(each) for each in given.values())
    ):
        _note(posted, odd, FAILSAFE_INPUT, "signals is not a flat object of numbers and booleans")


def _take_subject(posted: Posted, given: object, odd: set[str]) -> None:
    """A subject of another type still has to be found when it is to be erased: its JSON text stands for
    it."""
    if given is None:
        return
    posted.subject = given if type(given) is str else stored_text(given)
    if type(given) is not str or not given:
        _note(posted, odd, FAILSAFE_INPUT, "subject is not a string with content")


def _take_training_use(posted: Posted, given: object, odd: set[str]) -> None:
    """Anything but true forbids: a caller who tried to say no must not be misunderstood."""
    posted.training_use = given is True
    if type(given) is not bool:
        _note(posted, odd, FAILSAFE_INPUT, "training_use is not a boolean, and is taken as false")


def _take_usage(posted: Posted, given: object, odd: set[str]) -> None:
    posted.usage = given
    if given is None:
        return
    if type(given) is not dict or not all(
        given.get(name) is None or is_double(given[name]) for name in USAGE_NUMBERS
    ):
        _note(posted, odd, FAILSAFE_INPUT, "usage is not an object of numbers")


def _take_environment(posted: Posted, given: object, odd: set[str]) -> None:
    if type(given) is str:
        posted.environment = given
    else:
        posted.environment = stored_text(given)
        _note(posted, odd, FAILSAFE_ENVIRONMENT, "environment is not a string")


def _take_occurred_at(posted: Posted, given: object, odd: set[str]) -> None:
    if given is None:
        return
    posted.occurred_at = _moment(given)
    if posted.occurred_at is None:
        _note(posted, odd, FAILSAFE_INPUT, "occurred_at is not a time as in RFC 3339, with its zone")


_TAKERS: Final[tuple[tuple[str, Callable[[Posted, object, set[str]], None]], ...]] = (
    ("scores", _take_scores),
    ("explanation", _take_explanation),
    ("segment", _take_segment),
    ("signals", _take_signals),
    ("subject", _take_subject),
    ("training_use", _take_training_use),
    ("usage", _take_usage),
    ("environment", _take_environment),
    ("occurred_at", _take_occurred_at),
)


def _note(posted: Posted, odd: set[str], reason: str, what: str) -> None:
    odd.add(reason)
    posted.warnings.append(f"{what[0].upper()}{what[1:]}; kept as posted and sent to a person.")


def _is_flat(value: object) -> bool:
    return value is None or type(value) in (str, bool) or is_double(value)


def _moment(given: object) -> dt.datetime | None:
    if type(given) is not str or not _TIME.fullmatch(given):
        return None
    try:
        return dt.datetime.fromisoformat(given.upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _search_numbers(posted: Posted, odd: set[str]) -> None:
    """NaN, infinities and integers beyond a double. `segment`, `signals` and `scores` were looked at when
    taken."""
    if not fits_double(posted.input):
        _note(posted, odd, FAILSAFE_INPUT, "input has a number that is NaN, infinite or beyond a double")
    if not fits_double(posted.output):
        _note(posted, odd, FAILSAFE_OUTPUT, "output has a number that is NaN, infinite or beyond a double")
