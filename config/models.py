"""Rows of the hall."""

from django.db import models

from audit.ids import uuid7
from config.idempotency.models import KeptAnswer

__all__ = ["KeptAnswer", "Landmark", "StoredMail"]


class StoredMail(models.Model):
    """A message that had no mail server to go to. Forgotten after a while (see `config.tasks`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    sender = models.TextField()
    recipients = models.TextField()
    subject = models.TextField()
    body = models.TextField()


class Landmark(models.Model):
    """When something that is worth remembering by name happened last."""

    WORKER_SEEN = "worker seen"
    DEMO_BEGUN = "demo begun"
    DEMO_DONE = "demo done"

    name = models.TextField(primary_key=True)
    at = models.DateTimeField()
