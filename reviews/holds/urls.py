"""Addresses of this room."""

from django.urls import URLPattern, path

from reviews.holds import api, web

api_urlpatterns: list[URLPattern] = [
    path("legal-holds", api.Holds.as_view(), name="holds-holds"),
    path("legal-holds/<uuid:hold_id>", api.OneHold.as_view(), name="holds-hold"),
    path("legal-holds/<uuid:hold_id>/lift", api.Lift.as_view(), name="holds-lift"),
]
urlpatterns: list[URLPattern] = [
    path("legal-holds", web.listed, name="page-holds"),
    path("legal-holds/<uuid:hold_id>/lift", web.lift, name="page-hold-lift"),
]
