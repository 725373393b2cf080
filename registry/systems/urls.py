"""Addresses of this room."""

from django.urls import URLPattern, path

from registry.systems import api, web

api_urlpatterns: list[URLPattern] = [
    path("systems", api.Systems.as_view(), name="systems-systems"),
    path("systems/<str:slug>", api.System.as_view(), name="systems-system"),
]
urlpatterns: list[URLPattern] = [
    path("systems", web.listed, name="page-systems"),
    # No slug begins with an underscore.
    path("systems/_register", web.new, name="page-system-new"),
    path("systems/<str:slug>", web.one, name="page-system"),
    path("systems/<str:slug>/change", web.change, name="page-system-change"),
]
