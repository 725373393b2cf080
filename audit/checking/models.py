"""Where the last check of the log ended, and what it found."""

from django.db import models


class CheckState(models.Model):
    """One row per kind of run. `position`: events up to there were checked; `roots` are the trees then."""

    WHOLE, SINCE_LAST = "whole", "since_last"

    name = models.TextField(primary_key=True)
    position = models.BigIntegerField(default=0)
    roots = models.JSONField(default=dict)
    """By number of the log: size and root in hex. What was checked must not change behind the check."""
    at = models.DateTimeField()
    ok = models.BooleanField()
    result = models.JSONField()

    class Meta:
        db_table = "audit_checkstate"
