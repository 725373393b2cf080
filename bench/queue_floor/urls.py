"""Two views: claim, answer."""

import datetime as dt

from django.db import transaction
from django.urls import path
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.queue_floor.models import Answer, Task


class AnswerSerializer(serializers.Serializer[Answer]):
    task = serializers.IntegerField()
    output = serializers.JSONField()


class Claim(APIView):
    @transaction.atomic
    def post(self, request: Request) -> Response:
        free = Task.objects.filter(leased_until=None).order_by("id").select_for_update(skip_locked=True)
        task = free.first()
        if task is None:
            return Response({"task": None})
        task.leased_until = timezone.now() + dt.timedelta(minutes=5)
        task.save(update_fields=["leased_until"])
        return Response({"task": task.pk, "body": task.body})


class Answers(APIView):
    def post(self, request: Request) -> Response:
        serializer = AnswerSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        answer = Answer.objects.create(
            task_id=serializer.validated_data["task"], output=serializer.validated_data["output"]
        )
        return Response({"id": answer.pk}, status=201)


urlpatterns = [path("claim", Claim.as_view()), path("answers", Answers.as_view())]
