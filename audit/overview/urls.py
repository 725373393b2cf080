"""Addresses of this room."""

from django.urls import URLPattern, path

from audit.overview import web

api_urlpatterns: list[URLPattern] = []
urlpatterns: list[URLPattern] = [path("audit/log", web.page, name="page-log")]
