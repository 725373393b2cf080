"""Addresses of this room."""

from django.urls import URLPattern, path

from governance.waivers import api, web

api_urlpatterns: list[URLPattern] = [
    path("waivers", api.Waivers.as_view(), name="waivers-waivers"),
    path("waivers/<uuid:waiver_id>", api.OneWaiver.as_view(), name="waivers-waiver"),
    path("waivers/<uuid:waiver_id>/approve", api.ApproveWaiver.as_view(), name="waivers-approve"),
    path("waivers/<uuid:waiver_id>/refuse", api.RefuseWaiver.as_view(), name="waivers-refuse"),
    path("waivers/<uuid:waiver_id>/end", api.EndWaiver.as_view(), name="waivers-end"),
]
urlpatterns: list[URLPattern] = [
    path("models/<str:slug>/versions/<str:version>/waivers", web.of_version, name="page-waivers"),
    path("waivers/<uuid:waiver_id>/approve", web.approve, name="page-waiver-approve"),
    path("waivers/<uuid:waiver_id>/refuse", web.refuse, name="page-waiver-refuse"),
    path("waivers/<uuid:waiver_id>/end", web.end, name="page-waiver-end"),
]
