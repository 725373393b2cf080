"""Addresses of this room."""

from django.urls import URLPattern, path

from governance.suspensions import api, web

api_urlpatterns: list[URLPattern] = [
    path("suspensions", api.Suspensions.as_view(), name="suspensions-suspensions"),
    path("suspensions/<uuid:suspension_id>", api.OneSuspension.as_view(), name="suspensions-suspension"),
    path("suspensions/<uuid:suspension_id>/lift", api.Lift.as_view(), name="suspensions-lift"),
]
urlpatterns: list[URLPattern] = [
    path("suspensions", web.listed, name="page-suspensions"),
    path("suspensions/_raise", web.suspend, name="page-suspend"),
    path("suspensions/<uuid:suspension_id>", web.one, name="page-suspension"),
    path("suspensions/<uuid:suspension_id>/lift", web.lift, name="page-lift"),
    path("suspensions/<uuid:suspension_id>/ask", web.ask, name="page-lift-ask"),
]
