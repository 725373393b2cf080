"""Named reads of exports."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from audit.refusals import NotFound, NotPermitted
from audit.trail import feeds
from audit.trail.actors import Actor
from audit.trail.models import Feed
from governance.access.selectors import reaches
from reviews.exports import files, policies
from reviews.exports.errors import ExportNotDone, ExportPurged, FileUnavailable
from reviews.exports.models import Export
from reviews.exports.states import ExportState
from reviews.labels.selectors import readable_environments, readable_systems


def exports_for(actor: Actor) -> QuerySet[Export]:
    """The exports of every system whose labels the actor may read.

    Raises:
        NotPermitted: there is no such system.
    """
    systems = readable_systems(actor)
    every = Export.objects.select_related("model__system")
    if (environments := readable_environments(actor)) is not None:
        every = every.filter(request__environments__contained_by=environments)
    return every if systems is None else every.filter(model__system_id__in=systems)


def export_for(actor: Actor, export_id: UUID) -> Export:
    """One export.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: within reach, but its labels are not the actor's to read.
    """
    export = Export.objects.select_related("model__system").filter(pk=export_id).first()
    if export is None or _outside_environments(actor, export):
        readable_systems(actor)
        raise NotFound
    if reason := policies.why_not_read(actor, export):
        readable_systems(actor)
        raise NotPermitted(reason) if reaches(actor, export) else NotFound
    return export


def _outside_environments(actor: Actor, export: Export) -> bool:
    environments = readable_environments(actor)
    of_export = export.request["environments"]
    return environments is not None and (of_export is None or not set(of_export) <= set(environments))


def as_json(export: Export) -> dict[str, Any]:
    """The contract's members, and what was asked."""
    return {
        "id": export.pk,
        "model": export.model.slug,
        "format": export.request["format"],
        "state": export.state,
        "progress": {"done": export.done, "total": export.total},
        "manifest": export.manifest,
        "failure": export.failure or None,
        "request": export.request,
        "through": feeds.cursor_of(Feed.LABELS, export.through),
        "requested_by": export.requested_by,
        "requested_at": export.requested_at,
        "started_at": export.started_at,
        "finished_at": export.finished_at,
    }


def require_files(export: Export) -> None:
    """Let through an export whose files are there.

    Raises:
        ExportPurged: they were deleted.
        ExportNotDone: there are none yet, or there never will be.
    """
    if export.state == ExportState.PURGED:
        raise ExportPurged
    if export.state != ExportState.DONE:
        raise ExportNotDone(f"This export is {export.get_state_display()}, so it has no files.")


def file_of(export: Export, name: str) -> tuple[dict[str, Any], Path]:
    """A file of an export that is done: its entry in the manifest, and where it lies.

    Raises:
        NotFound: the manifest lists no such file.
        FileUnavailable: it is listed and not there.
        ExportPurged, ExportNotDone: as `require_files`.
    """
    require_files(export)
    # Looked up, never joined from what was asked for: names lead nowhere else.
    entry = next((each for each in (export.manifest or {})["files"] if each["name"] == name), None)
    if entry is None:
        raise NotFound
    path = files.folder_of(export.pk) / entry["name"]
    if not path.is_file() or path.stat().st_size != entry["bytes"]:
        raise FileUnavailable
    return entry, path
