"""Everything that happened to a prediction as one list in the order of time."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from uuid import UUID

from reviews.cases import words
from reviews.cases.selectors import TOLD, Case, Happening, is_provisional
from reviews.intake.models import Outcome
from reviews.labels.models import Label
from reviews.queue.models import Judgement
from reviews.queue.states import Verdict

POSTED, DONE, JUDGED, TOLD_RANK, LABELLED = range(5)
"""What stands first among things of the same moment."""
CLOCK_REFS: Final = {"clock": "Countersign", "operator": "the operator"}


@dataclass(frozen=True, slots=True)
class Viewer:
    """What the person looking at the page may be told."""

    ref: str
    names: bool
    answers: bool
    notes: bool

    def called(self, case: Case, ref: str) -> str:
        """An actor's name, pseudonym or office; "You" for oneself."""
        if ref == self.ref:
            return "You"
        if ref in CLOCK_REFS:
            return CLOCK_REFS[ref]
        known = case.names.get(ref)
        if known is None:
            return "somebody"
        return known.full if self.names or ref.startswith("key:") else known.pseudonym


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history, as the template shows it."""

    at: dt.datetime
    rank: int
    title: str
    tone: str = ""
    who: str = ""
    answer: str = ""
    text: str = ""
    reasons: list[str] = field(default_factory=list)
    diff: list[dict[str, str | None]] | None = None
    comment: str = ""
    small: str = ""


def history(case: Case, viewer: Viewer) -> list[Entry]:
    """Postings, judgements, outcomes, labels and what people did in between, oldest first."""
    entries = [_posted(case, viewer)]
    entries += [_judged(case, each, viewer) for each in case.judgements if _may_know(case, each, viewer)]
    entries += [_outcome(case, each, viewer) for each in case.outcomes]
    entries += [_label(case, each, viewer) for each in case.labels]
    entries += [_happened(case, each, viewer) for each in case.happenings if each.kind in TOLD]
    return sorted(entries, key=lambda entry: (entry.at, entry.rank))


def _not_before(case: Case, judgement_id: UUID | None, at: dt.datetime) -> dt.datetime:
    """A decision's moment: judgements have the database's clock, which may be a little ahead of ours."""
    return max([at, *(each.at for each in case.judgements if each.pk == judgement_id)])


def _may_know(case: Case, judgement: Judgement, viewer: Viewer) -> bool:
    assert case.item is not None  # it has a judgement
    return _is_own(judgement, viewer) or not is_provisional(judgement, case.item)


def _is_own(judgement: Judgement, viewer: Viewer) -> bool:
    return f"person:{judgement.reviewer_id}" == viewer.ref


def _posted(case: Case, viewer: Viewer) -> Entry:
    standing = case.standing
    by = viewer.called(case, standing.posted_by)
    went = "went to people" if standing.decision == "review" else "was accepted"
    return Entry(standing.routed_at, POSTED, f"Posted, and {went}", who=by)


def _judged(case: Case, judgement: Judgement, viewer: Viewer) -> Entry:
    shown = viewer.answers or _is_own(judgement, viewer)
    tells = judgement.verdict == Verdict.ANSWER
    title = "Could not tell" if not tells else "Changed the answer" if judgement.changed else "Confirmed"
    small = [
        f"took {_seconds(judgement.seconds)}",
        f"{'on the page' if judgement.via == 'page' else 'over the API'}",
    ]
    if judgement.round > 1:
        small.insert(0, f"round {judgement.round}")
    if not judgement.shown_suggestion:
        small.append("without a suggestion")
    if case.item is not None and is_provisional(judgement, case.item):
        small.append("may still be taken back")
    return Entry(
        judgement.at,
        JUDGED,
        title,
        tone="accent" if judgement.changed else "good" if tells else "warn",
        who=viewer.called(case, f"person:{judgement.reviewer_id}"),
        answer=words.json_words(judgement.output) if tells and shown else "",
        reasons=words.reasons_said(judgement),
        diff=words.diff_rows(judgement) if shown and judgement.changed else None,
        comment=judgement.comment if shown else "",
        small=" · ".join(small),
    )


def _outcome(case: Case, outcome: Outcome, viewer: Viewer) -> Entry:
    title = f"Outcome {outcome.version}"
    if outcome.supersedes:
        title += f" replaces {outcome.supersedes}"
    text = words.SOURCES.get(outcome.source, outcome.source)
    answer = outcome_answer(case, outcome) if _tells(outcome, viewer) else ""
    at = _not_before(case, outcome.judgement_id, outcome.decided_at)
    return Entry(at, TOLD_RANK, title, tone="good", text=text, answer=answer)


def _tells(outcome: Outcome, viewer: Viewer) -> bool:
    return viewer.answers or (viewer.notes and outcome.judgement_id is None)


def outcome_answer(case: Case, outcome: Outcome) -> str:
    """What the calling service was told, in a few words."""
    if outcome.judgement_id is not None:
        by_id: dict[UUID, Judgement] = {each.pk: each for each in case.judgements}
        judgement = by_id.get(outcome.judgement_id)
        return words.json_words(judgement.output) if judgement else ""
    if outcome.source == "model":
        return words.output_words(case.standing.posted().get("output")) if case.standing.body else ""
    return "nothing"


def _label(case: Case, label: Label, viewer: Viewer) -> Entry:
    if label.withdrawn:
        text = "It must no longer be trained on."
        return Entry(label.decided_at, LABELLED, f"Label {label.version}: withdrawn", tone="bad", text=text)
    weight = "no sampling weight" if label.sample_weight is None else f"weight {label.sample_weight:.4g}"
    title = f"Label {label.version} written"
    at = _not_before(case, label.judgement_id, label.decided_at)
    return Entry(at, LABELLED, title, tone="good", text=f"for training, {weight}")


def _happened(case: Case, each: Happening, viewer: Viewer) -> Entry:
    title = words.HAPPENED[each.kind].capitalize()
    by = words.DISPUTED_BY.get(str(each.details.get("by")), "")
    return Entry(
        each.at,
        DONE,
        title,
        tone="warn",
        who=viewer.called(case, each.actor),
        text=" ".join(filter(None, [by, _details(case, each, viewer)])),
        comment=_note(case, each) if viewer.notes else "",
    )


def _details(case: Case, each: Happening, viewer: Viewer) -> str:
    name: Callable[[Any], str] = partial(_called, case, viewer)
    match each.kind.rpartition(".")[2], each.details:
        case "assigned", {"to": None}:
            return "to everybody again"
        case "assigned", {"to": to}:
            return f"to {name(to)}"
        case "unlocked", {"holders": list(holders)}:
            return "held by " + ", ".join(map(name, holders))
        case "escalated", {"to_queue": queue}:
            return f"to the queue {queue}"
    return ""


def _called(case: Case, viewer: Viewer, ref: object) -> str:
    return viewer.called(case, str(ref))


def _note(case: Case, each: Happening) -> str:
    """What was written with it. A dispute's words stand at the review that it opened."""
    if each.kind != "reviews.prediction.flagged":
        return case.notes.get((each.entity_type, each.entity_version), "")
    for other in case.happenings:
        if other.kind == "reviews.review.flagged" and other.at == each.at:
            return case.notes.get((other.entity_type, other.entity_version), "")
    return ""


def _seconds(seconds: float) -> str:
    if seconds < 1:
        return "under a second"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
