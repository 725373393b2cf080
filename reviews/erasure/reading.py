"""What is posted about erasures: pure."""

from registry.systems.body import Body
from reviews.holds.reading import About, read_about, read_reason


def read_erasure(value: object) -> tuple[About, str]:
    """A body of `POST /erasures`: of whom and of what, and the reason.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    about, reason = read_about(body, needs_subject=True), read_reason(body)
    body.finish()
    return about, reason


def read_preview(value: object) -> About:
    """A body of `POST /erasures/preview`: the same without a reason.

    Raises:
        BadInput: with all errors.
    """
    body = Body(value)
    about = read_about(body, needs_subject=True)
    body.finish()
    return about
