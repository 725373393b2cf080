"""Addresses of this room."""

from django.urls import URLPattern, path

from governance.gate import api, web

api_urlpatterns: list[URLPattern] = [
    path("gate", api.Gate.as_view(), name="gate-gate"),
    path("gate/answers", api.GateAnswers.as_view(), name="gate-answers"),
]
urlpatterns: list[URLPattern] = [
    path(".well-known/countersign/keys.json", api.published_keys, name="gate-keys"),
    path("models/<str:slug>/gate", web.of_model, name="page-gate"),
    path("administration/receipt-keys", web.receipt_keys, name="page-receipt-keys"),
]
