"""What judging says no with, beside the refusals of the queue."""

from audit.refusals import Refusal


class SubmissionConflict(Refusal):
    """Another judgement was sent under this submission_id. Send this one under a fresh id."""
