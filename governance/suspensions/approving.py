"""Tells the room below, where approvals are signed, what a suspension is."""

from uuid import UUID

from audit.canonical import utc_text
from governance.approvals import hooks
from governance.suspensions.selectors import whole


def offer() -> None:
    """Fill the hook of approvals in; harmless when done twice."""
    hooks.suspension = for_approval


def for_approval(suspension_id: UUID) -> hooks.Suspended | None:
    """A live suspension as an approval of its lifting binds it; None: there is nothing to lift."""
    row = whole().live().filter(pk=suspension_id).first()
    if row is None:
        return None
    return hooks.Suspended(
        id=row.pk,
        system_id=row.system_id,
        title=f"Lift the suspension of {row.target}",
        version=row.version,
        facts={
            "model": row.model.slug if row.model else "",
            "version": row.version.version if row.version else "",
            "reason": row.reason,
            "raised_by": row.raised_by,
            "raised_at": utc_text(row.raised_at),
        },
    )
