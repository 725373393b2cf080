"""Fingerprints of the schema: one row whenever it changed, or somebody explained a change."""

from django.db import models


class Fingerprint(models.Model):
    """What the guards looked like from then on. Only added; the event with the digest is in the log."""

    seq = models.BigAutoField(primary_key=True)
    digest = models.TextField()
    objects_by_part = models.JSONField()
    """What `digest` is over: part, name, definition."""
    changed = models.JSONField(default=list)
    """What differs from the row before, one line for each object."""
    explanation = models.TextField(blank=True, default="")
    """Why it changed: the first look, migrations, or an operator's reason. Empty: nobody knows."""
    at = models.DateTimeField()

    class Meta:
        db_table = "audit_fingerprint"
