"""Tasks and answers, nothing else."""

from django.db import models
from django.db.models import Q


class Task(models.Model):
    body = models.JSONField()
    leased_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(name="floor_task_free", fields=["id"], condition=Q(leased_until=None))]


class Answer(models.Model):
    task = models.ForeignKey(Task, on_delete=models.PROTECT)
    output = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)
