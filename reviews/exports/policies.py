"""Who may do what to an export, and why not."""

from audit.trail.actors import Actor
from governance.access.models import ServiceKey
from governance.access.roles import READ_LABELS
from registry.catalog.models import Model
from reviews.exports.models import Export
from reviews.exports.states import ExportState
from reviews.labels.policies import NO_LABELS


def why_not_export(actor: Actor, model: Model) -> str | None:
    """An export is a copy of labels, so it takes the right to read them."""
    if not actor.has_perm(READ_LABELS, model):
        return NO_LABELS
    return None


def why_not_read(actor: Actor, export: Export) -> str | None:
    """Exports of a system belong to everybody who may read its labels, whoever asked for them."""
    return why_not_export(actor, export.model)


def why_not_cancel(actor: Actor, export: Export) -> str | None:
    """Whoever may read an export may stop it: nothing is lost, it can be asked for again."""
    return why_not_read(actor, export)


def why_not_purge(actor: Actor, export: Export) -> str | None:
    """A key deletes what it asked for itself; a person what anybody did."""
    if reason := why_not_read(actor, export):
        return reason
    if isinstance(actor, ServiceKey) and export.requested_by != actor.audit_ref:
        return "Another asked for this export; a key can delete only the files of its own."
    return None


def too_late_to_cancel(export: Export) -> str | None:
    """Why nobody can cancel it any more: the sentence beside the disabled button."""
    if export.state in (ExportState.QUEUED, ExportState.RUNNING):
        return None
    return f"This export is {export.get_state_display()} already."
