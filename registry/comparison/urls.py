"""Addresses of this room."""

from django.urls import URLPattern, path

from registry.comparison import api, web

api_urlpatterns: list[URLPattern] = [
    path("models/<str:slug>/compare", api.Comparison.as_view(), name="comparison-compare"),
]
urlpatterns: list[URLPattern] = [path("models/<str:slug>/compare", web.page, name="page-compare")]
