"""Addresses of this room."""

from django.urls import URLPattern, path

from reviews.routing import api, web

_MODEL = "models/<str:slug>/policies"

api_urlpatterns: list[URLPattern] = [
    path(_MODEL, api.Policies.as_view(), name="routing-policies"),
    path(f"{_MODEL}/<int:n>", api.Policy.as_view(), name="routing-policy"),
    path(f"{_MODEL}/<int:n>/publish", api.Publish.as_view(), name="routing-publish"),
    path(f"{_MODEL}/<int:n>/replay", api.Replay.as_view(), name="routing-replay"),
]
urlpatterns: list[URLPattern] = [
    path(_MODEL, web.listed, name="page-policies"),
    path(f"{_MODEL}/_draft", web.new, name="page-policy-new"),
    path(f"{_MODEL}/<int:n>", web.one, name="page-policy"),
    path(f"{_MODEL}/<int:n>/discard", web.discard, name="page-policy-discard"),
]
