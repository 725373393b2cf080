"""One table."""

from django.db import models


class Kept(models.Model):
    """A prediction as posted."""

    model = models.CharField(max_length=100)
    version = models.CharField(max_length=100)
    external_id = models.CharField(max_length=200)
    input = models.JSONField()
    output = models.JSONField()
    confidence = models.FloatField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="floor_named_once", fields=["model", "external_id"]),
        ]
