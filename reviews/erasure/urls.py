"""Addresses of this room."""

from django.urls import URLPattern, path

from reviews.erasure import api, web

api_urlpatterns: list[URLPattern] = [
    path("erasures", api.Erasures.as_view(), name="erasure-erasures"),
    path("erasures/preview", api.Preview.as_view(), name="erasure-preview"),
    path("erasures/<uuid:erasure_id>", api.OneErasure.as_view(), name="erasure-erasure"),
]
urlpatterns: list[URLPattern] = [
    path("erasures", web.listed, name="page-erasures"),
    path("erasures/_new", web.new, name="page-erasure-new"),
    path("erasures/<uuid:erasure_id>", web.one, name="page-erasure"),
]
