"""What is posted about risk: pure but for the packs on disk."""

import datetime as dt
from typing import Any, Final

from audit.refusals import BadInput, FieldError
from governance.risk.answers import read_answers
from governance.risk.pack import Pack
from governance.risk.packs import pack_at
from registry.systems.body import Body

LONGEST_NOTE: Final = 10_000
MOST_ANSWERS: Final = 20_000


def read_classify(value: object, *, today: dt.date) -> dict[str, Any]:
    """A body of `POST /risk/classify`: pack, answers (read) and the day.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    pack = _pack(body)
    answers = body.structure("answers", dict, required=True, largest=MOST_ANSWERS)
    on = read_date(body, "on") or today
    return _finished(body, pack, answers) | {"on": on}


def read_assessment(value: object, *, today: dt.date) -> dict[str, Any]:
    """A body of `POST /systems/{slug}/assessments`, as keyword arguments of `services.assess`.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    pack = _pack(body)
    answers = body.structure("answers", dict, required=True, largest=MOST_ANSWERS)
    on = read_date(body, "on") or today
    parent = body.whole_number("parent", least=1, most=2**31 - 1) if body.given("parent") else None
    note = body.text("note", longest=LONGEST_NOTE)
    return _finished(body, pack, answers) | {"on": on, "parent": parent, "note": note, "answers": answers}


def read_override(value: object) -> dict[str, Any]:
    """A body of `POST .../overrides`: a class with a reason, or the statements of an exemption.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    expires_on = read_date(body, "expires_on")
    if body.has("statements"):
        said = body.structure("statements", dict, required=True)
        _require_texts(body, said)
        body.finish()
        return {"statements": said, "expires_on": expires_on}
    found = {
        "to_class": body.text("class", required=True, longest=40),
        "reason": body.text("reason", required=True, longest=LONGEST_NOTE),
        "expires_on": expires_on,
    }
    body.finish()
    return found


def read_decision(value: object) -> dict[str, Any]:
    """A body of `POST .../decision`.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    verdict = body.text("verdict", required=True, longest=10)
    if verdict and verdict not in ("approve", "refuse"):
        body.refuse("verdict", "BAD_VALUE", "verdict is approve or refuse.")
    note = body.text("note", longest=LONGEST_NOTE)
    body.finish()
    return {"approve": verdict == "approve", "note": note}


def read_reason(value: object) -> str:
    """A body that holds a reason alone.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    reason = body.text("reason", required=True, longest=LONGEST_NOTE)
    body.finish()
    return reason


def read_date(body: Body, name: str) -> dt.date | None:
    """A day as YYYY-MM-DD."""
    text = body.text(name, longest=10)
    if not text:
        return None
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        body.refuse(name, "BAD_VALUE", f"{name} is a day: YYYY-MM-DD.")
        return None


def _pack(body: Body) -> Pack | None:
    name = body.text("pack", required=True, longest=100)
    version = body.text("pack_version", longest=50) or None
    pack = pack_at(name, version) if name else None
    if name and pack is None:
        known = pack_at(name, None)
        where = "pack_version" if known else "pack"
        body.refuse(where, "UNKNOWN_PACK", "There is no such rule pack." if not known else "No such version.")
    return pack


def _finished(body: Body, pack: Pack | None, answers: Any) -> dict[str, Any]:
    """Pack and answers; everything that is wrong with either is said together."""
    read = {}
    if pack is not None and not any(error.pointer.startswith("/answers") for error in body.errors):
        try:
            read = read_answers(pack, answers)
        except BadInput as refused:
            body.errors.extend(refused.errors)
    body.finish()
    return {"pack": pack, "answers": read}


def _require_texts(body: Body, said: dict[str, Any]) -> None:
    for name, text in said.items():
        if not isinstance(text, str) or len(text) > LONGEST_NOTE:
            detail = f"A statement is a string of at most {LONGEST_NOTE} characters."
            body.errors.append(FieldError(f"/statements/{name[:100]}", "WRONG_TYPE", detail))
