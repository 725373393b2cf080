"""Addresses of this room."""

from django.urls import URLPattern, path

from registry.portfolio import web

api_urlpatterns: list[URLPattern] = []
urlpatterns: list[URLPattern] = [path("portfolio", web.page, name="page-portfolio")]
