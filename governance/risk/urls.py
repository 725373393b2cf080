"""Addresses of this room."""

from django.urls import URLPattern, path

from governance.risk import api
from governance.risk.web import assessments, portfolio, questionnaire

_OF_SYSTEM = "systems/<str:slug>/assessments"
_OVERRIDES = f"{_OF_SYSTEM}/<int:n>/overrides"

api_urlpatterns: list[URLPattern] = [
    path("risk/packs", api.Packs.as_view(), name="risk-packs"),
    path("risk/packs/<str:pack>", api.OnePack.as_view(), name="risk-pack"),
    path("risk/packs/<str:pack>/<str:version>", api.OnePack.as_view(), name="risk-pack-version"),
    path("risk/classify", api.Classify.as_view(), name="risk-classify"),
    path(_OF_SYSTEM, api.Assessments.as_view(), name="risk-assessments"),
    path(f"{_OF_SYSTEM}/<int:n>", api.OneAssessment.as_view(), name="risk-assessment"),
    path(_OVERRIDES, api.Overrides.as_view(), name="risk-overrides"),
    path(f"{_OVERRIDES}/<uuid:id>", api.OneOverride.as_view(), name="risk-override"),
    path(f"{_OVERRIDES}/<uuid:id>/decision", api.Decide.as_view(), name="risk-decision"),
    path(f"{_OVERRIDES}/<uuid:id>/end", api.End.as_view(), name="risk-end"),
]
_PAGES = "systems/<str:slug>/risk"
_ANSWER = f"{_PAGES}/_answer/<str:pack>"
_ONE = f"{_PAGES}/<int:n>"
_VERSION = "risk/packs/<str:pack>/<str:version>"

urlpatterns: list[URLPattern] = [
    path("risk/packs", portfolio.packs, name="page-risk-packs"),
    path(_VERSION, portfolio.one_pack, name="page-risk-pack"),
    path(f"{_VERSION}/reclassify", portfolio.reclassify, name="page-risk-reclassify"),
    path(_PAGES, assessments.overview, name="page-risk"),
    path(_ONE, assessments.one, name="page-risk-assessment"),
    path(f"{_ONE}/override", assessments.override, name="page-risk-override"),
    path(f"{_ONE}/exemption", assessments.exemption, name="page-risk-exemption"),
    path(f"{_ONE}/overrides/<uuid:id>/decide", assessments.decide, name="page-risk-decide"),
    path(f"{_ONE}/overrides/<uuid:id>/end", assessments.end, name="page-risk-end"),
    path(f"{_PAGES}/_begin/<str:pack>", questionnaire.begin, name="page-risk-begin"),
    path(_ANSWER, questionnaire.answer, name="page-risk-answer"),
    path(f"{_ANSWER}/file", questionnaire.file, name="page-risk-file"),
    path(f"{_ANSWER}/hand-over", questionnaire.hand_over, name="page-risk-hand-over"),
    path(f"{_ANSWER}/discard", questionnaire.discard, name="page-risk-discard"),
]
