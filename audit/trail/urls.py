"""Addresses of this room."""

from django.urls import URLPattern, path

from audit.trail import api, web

api_urlpatterns: list[URLPattern] = [
    path("audit/events", api.EventFeed.as_view(), name="trail-events"),
]
urlpatterns: list[URLPattern] = [
    path("audit/events", web.listed, name="page-events"),
    path("audit/kinds", web.kinds_explained, name="page-kinds"),
]
