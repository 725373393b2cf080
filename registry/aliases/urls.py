"""Addresses of this room."""

from django.urls import URLPattern, path

from registry.aliases import api, web

api_urlpatterns: list[URLPattern] = [
    path("models/<str:slug>/aliases", api.Aliases.as_view(), name="aliases-aliases"),
    path("models/<str:slug>/aliases/<str:alias>", api.OneAlias.as_view(), name="aliases-alias"),
    path("alias-protections", api.Protections.as_view(), name="aliases-protections"),
    path("alias-protections/<uuid:protection_id>", api.OneProtection.as_view(), name="aliases-protection"),
]
urlpatterns: list[URLPattern] = [
    path("models/<str:slug>/aliases", web.listed, name="page-aliases"),
    # No alias begins with an underscore.
    path("models/<str:slug>/aliases/_move", web.move, name="page-alias-move"),
    path("models/<str:slug>/aliases/<str:alias>/remove", web.remove, name="page-alias-remove"),
    path("alias-protections", web.protections, name="page-protections"),
    path(
        "alias-protections/<uuid:protection_id>/end",
        web.end_protection,
        name="page-protection-end",
    ),
]
