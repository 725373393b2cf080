"""Addresses of this room."""

from django.urls import URLPattern, path

from governance.delegations import api, web

api_urlpatterns: list[URLPattern] = [
    path("delegations", api.Delegations.as_view(), name="delegations-delegations"),
    path("delegations/<uuid:delegation_id>", api.OneDelegation.as_view(), name="delegations-delegation"),
    path("delegations/<uuid:delegation_id>/end", api.EndDelegation.as_view(), name="delegations-end"),
]
urlpatterns: list[URLPattern] = [
    path("approvals/_delegations", web.listed, name="page-delegations"),
    path("approvals/_delegations/<uuid:delegation_id>/end", web.end, name="page-delegation-end"),
]
