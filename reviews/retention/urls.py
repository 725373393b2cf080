"""Addresses of this room."""

from django.urls import URLPattern, path

from reviews.retention import api, web

api_urlpatterns: list[URLPattern] = [
    path("systems/<str:slug>/retention", api.Retention.as_view(), name="retention-retention"),
]
urlpatterns: list[URLPattern] = [
    path("systems/<str:slug>/retention", web.one, name="page-retention"),
]
