"""Answers kept for the same request sent again."""

from django.db import models


class KeptAnswer(models.Model):
    """What a POST with an `Idempotency-Key` was answered. The request is kept as a digest only."""

    id = models.BigAutoField(primary_key=True)
    caller = models.TextField()
    method = models.TextField()
    path = models.TextField()
    key = models.TextField()
    body_digest = models.BinaryField()
    status = models.SmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="config_one_answer_per_key", fields=["caller", "method", "path", "key"]
            ),
        ]
