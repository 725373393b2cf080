"""Addresses of this room."""

from django.urls import URLPattern, path

from registry.deployments import api, web

api_urlpatterns: list[URLPattern] = [
    path("deployments", api.Deployments.as_view(), name="deployments-deployments"),
    path("deployments/rollback", api.Rollback.as_view(), name="deployments-rollback"),
    path("deployments/<uuid:deployment_id>", api.OneDeployment.as_view(), name="deployments-deployment"),
]
urlpatterns: list[URLPattern] = [
    path("models/<str:slug>/deployments", web.of_model, name="page-deployments"),
    path("models/<str:slug>/deployments/deploy", web.deploy, name="page-deploy"),
    path("models/<str:slug>/deployments/rollback", web.rollback, name="page-rollback"),
    path("environments/<str:slug>", web.of_environment, name="page-environment"),
]
