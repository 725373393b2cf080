"""Addresses of the pages about single predictions."""

from django.urls import URLPattern, path

from reviews.cases import decided_web, web

api_urlpatterns: list[URLPattern] = []
urlpatterns: list[URLPattern] = [
    path("predictions", web.find, name="page-prediction-find"),
    path("predictions/<uuid:prediction_id>", web.one, name="page-prediction"),
    path("predictions/<uuid:prediction_id>/flag", web.flag, name="page-prediction-flag"),
    path("predictions/<uuid:prediction_id>/reopen", web.reopen, name="page-prediction-reopen"),
    path("decided", decided_web.listed, name="page-decided"),
    path("decided/csv", decided_web.csv, name="page-decided-csv"),
    path("decided/<uuid:item_id>/reopen", decided_web.reopen, name="page-decided-reopen"),
]
