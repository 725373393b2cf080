"""Addresses of this room."""

from django.urls import URLPattern, path

from reviews.intake import api

api_urlpatterns: list[URLPattern] = [
    path("predictions", api.Predictions.as_view(), name="intake-predictions"),
    path("predictions/<uuid:prediction_id>", api.OnePrediction.as_view(), name="intake-prediction"),
    path("predictions/<uuid:prediction_id>/flag", api.FlagPrediction.as_view(), name="intake-flag"),
    path("predictions/<uuid:prediction_id>/cancel", api.CancelPrediction.as_view(), name="intake-cancel"),
    path("outcomes", api.Outcomes.as_view(), name="intake-outcomes"),
]
urlpatterns: list[URLPattern] = []
