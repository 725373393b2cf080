"""Who may read the log itself, and why not."""

from audit.trail import policies as trail
from audit.trail.actors import Actor


def why_not_read_log(actor: Actor) -> str | None:
    """Tiles and entries hold the events of every AI system, so a view of some is not enough."""
    if trail.why_not_view_events(actor) is None and trail.systems_of(actor) is None:
        return None
    return (
        "Only an auditor everywhere, or a key with audit:read that is not limited to AI systems, "
        "can read the log: it holds the events of all of them."
    )
