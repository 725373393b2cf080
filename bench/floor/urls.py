"""A view that keeps, and one that looks up."""

from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.floor.models import Kept


class PredictionSerializer(serializers.Serializer[Kept]):
    """What a prediction must have."""

    model = serializers.CharField(max_length=100)
    version = serializers.CharField(max_length=100)
    external_id = serializers.CharField(max_length=200)
    input = serializers.JSONField()
    output = serializers.JSONField()
    confidence = serializers.FloatField(min_value=0, max_value=1)


class Predictions(APIView):
    def post(self, request: Request) -> Response:
        serializer = PredictionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        kept = Kept.objects.create(**serializer.validated_data)
        return Response({"id": kept.pk, **serializer.data}, status=201)


class OnePrediction(APIView):
    def get(self, request: Request, prediction_id: int) -> Response:
        kept = get_object_or_404(Kept, pk=prediction_id)
        return Response({"id": kept.pk, **PredictionSerializer(kept).data})


urlpatterns = [
    path("api/v1/predictions", Predictions.as_view()),
    path("api/v1/predictions/<int:prediction_id>", OnePrediction.as_view()),
]
