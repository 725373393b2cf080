"""Addresses of this room."""

from django.urls import URLPattern, path

from registry.lineage import api, web

api_urlpatterns: list[URLPattern] = [path("lineage", api.Lineage.as_view(), name="lineage-lineage")]
urlpatterns: list[URLPattern] = [path("lineage", web.page, name="page-lineage")]
