"""An export in words and numbers, for its pages. Plain values in and out."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from reviews.exports.models import Export
from reviews.exports.states import ExportState

MOVING: Final = frozenset({ExportState.QUEUED, ExportState.RUNNING})
CLASSES_SHOWN: Final = 12


def progress_of(export: Export) -> dict[str, Any]:
    """How far it is: for a bar, and in words."""
    share = min(export.done / export.total, 1.0) if export.total else 0.0
    words = {
        ExportState.QUEUED: "waits for a worker",
        ExportState.RUNNING: f"{export.done:,} of {export.total:,} labels" if export.total else "counting",
    }
    rows = (export.manifest or {}).get("rows")
    return {
        "moving": export.state in MOVING,
        "percent": round(share * 100),
        "words": words.get(ExportState(export.state), "" if rows is None else f"{rows:,} rows"),
    }


def described(export: Export) -> dict[str, Any]:
    """What was asked, and what came out of it."""
    manifest = export.manifest or {}
    return {
        "files": manifest.get("files", []) if export.state == ExportState.DONE else [],
        "chart": _chart(manifest.get("label_counts", {}), manifest.get("unclassified", 0)),
        "asked": list(_asked(export.request)),
        "body": _body(export.request),
    }


def _asked(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each restriction as a title and words; what was not asked for is not there."""
    filter_ = request["filter"]
    changed = {True: "only corrected ones", False: "only confirmed ones", None: ""}[filter_["changed"]]
    split = ", ".join(f"{name} {share * 100:g} %" for name, share in (request["split"] or {}).items())
    lines = [
        ("Decided from", _moment(filter_["decided_after"])),
        ("Decided before", _moment(filter_["decided_before"])),
        ("Labels", changed),
        ("Versions", ", ".join(filter_["versions"] or ())),
        ("Classes", ", ".join(filter_["classes"] or ())),
        ("Queues", ", ".join(filter_["queues"] or ())),
        ("Environments", ", ".join(request["environments"] or ())),
        ("Split", split),
        ("Dropped", ", ".join(request["drop"])),
        ("Pseudonymised", ", ".join(request["pseudonymise"])),
    ]
    return [(title, words) for title, words in lines if words]


def _moment(text: str | None) -> str:
    return "" if text is None else f"{dt.datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"


def _body(request: Mapping[str, Any]) -> dict[str, Any]:
    """What asks for the same over the API, without defaults."""
    filter_ = {name: value for name, value in request["filter"].items() if value not in (None, False)}
    if request["filter"]["changed"] is False:
        filter_["changed"] = False
    body = {"model": request["model"], "format": request["format"], "filter": filter_}
    body |= {name: request[name] for name in ("split", "drop", "pseudonymise")}
    return {name: value for name, value in body.items() if value}


def _chart(counts: Mapping[str, int], unclassified: int) -> dict[str, Any] | None:
    """The most frequent classes as bars."""
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    shown, others = ranked[:CLASSES_SHOWN], sum(count for _, count in ranked[CLASSES_SHOWN:])
    bars = [*shown, *([("other classes", others)] if others else [])]
    bars += [("without a class", unclassified)] if unclassified else []
    if not bars:
        return None
    largest = max(count for _, count in bars)
    first, most = bars[0]
    return {
        "id": "classes",
        "title": "Labels by class",
        "description": f"{len(ranked)} classes; the most frequent is {first} with {most:,} labels.",
        "label_head": "Class",
        "value_head": "Labels",
        "rows": [
            {"label": name, "value": f"{count:,}", "share": round(100 * count / largest)}
            for name, count in bars
        ],
    }
