"""Addresses of this room."""

from django.urls import URLPattern, path

from reviews.labels import api

api_urlpatterns: list[URLPattern] = [
    path("labels", api.LabelFeed.as_view(), name="labels-feed"),
    path("labels/<uuid:label_id>/withdraw", api.WithdrawLabel.as_view(), name="labels-withdraw"),
]
urlpatterns: list[URLPattern] = []
