"""Addresses of this room."""

from django.urls import URLPattern, path

from governance.evidence import api, web

api_urlpatterns: list[URLPattern] = [
    path("evidence", api.EvidenceList.as_view(), name="evidence-list"),
    path("evidence/<uuid:evidence_id>", api.OneEvidence.as_view(), name="evidence-one"),
    path("evidence/<uuid:evidence_id>/file", api.EvidenceFile.as_view(), name="evidence-file"),
]
urlpatterns: list[URLPattern] = [
    path("models/<str:slug>/versions/<str:version>/evidence", web.new, name="page-evidence-new"),
    path("evidence/<uuid:evidence_id>/file", web.download, name="page-evidence-file"),
]
