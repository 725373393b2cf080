"""Addresses of this room."""

from django.urls import URLPattern, path

from audit.trail import api, web

api_urlpatterns: list[URLPattern] = [
    path("audit/events", api.EventFeed.as_view(), name="trail-events"),
    path("audit/events/<uuid:event_id>", api.OneEvent.as_view(), name="trail-event"),
]
urlpatterns: list[URLPattern] = [
    path("audit/events", web.listed, name="page-events"),
    path("audit/events/<uuid:event_id>", web.one, name="page-event"),
]
