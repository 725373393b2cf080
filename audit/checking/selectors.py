"""Named reads of the last checks, for the health page."""

from audit.checking.models import CheckState


def last_checks() -> list[CheckState]:
    """The last whole check and the last one of what was new, the newest first."""
    return list(CheckState.objects.order_by("-at"))


def last_result() -> CheckState | None:
    """The newest check, or None before the first."""
    return CheckState.objects.order_by("-at").first()
