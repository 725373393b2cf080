"""Addresses of this room. The log itself stands at the root, as C2SP tlog-tiles wants it."""

from django.urls import URLPattern, path

from audit.log import api, web

api_urlpatterns: list[URLPattern] = [
    path("audit/events/<uuid:event_id>", api.OneEvent.as_view(), name="trail-event"),
]
urlpatterns: list[URLPattern] = [
    path("audit/events/<uuid:event_id>", web.one, name="page-event"),
    path("audit/log/checkpoint", api.CurrentCheckpoint.as_view(), name="log-checkpoint"),
    path("audit/log/tile/entries/<path:place>", api.OneBundle.as_view(), name="log-entries"),
    path("audit/log/tile/<int:level>/<path:place>", api.OneTile.as_view(), name="log-tile"),
    path("audit/log/<int:number>/checkpoint", api.CurrentCheckpoint.as_view(), name="log-former-checkpoint"),
    path(
        "audit/log/<int:number>/tile/entries/<path:place>", api.OneBundle.as_view(), name="log-former-entries"
    ),
    path(
        "audit/log/<int:number>/tile/<int:level>/<path:place>", api.OneTile.as_view(), name="log-former-tile"
    ),
]
