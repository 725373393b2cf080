"""Addresses of this room."""

from django.urls import URLPattern, path

from governance.approvals import api
from governance.approvals.web import deciding, policies, submitting

api_urlpatterns: list[URLPattern] = [
    path("approvals", api.Approvals.as_view(), name="approvals-approvals"),
    path("approvals/<uuid:approval_id>", api.OneApproval.as_view(), name="approvals-approval"),
    path("approvals/<uuid:approval_id>/signatures", api.Signatures.as_view(), name="approvals-signatures"),
    path("approvals/<uuid:approval_id>/withdraw", api.Withdraw.as_view(), name="approvals-withdraw"),
    path("approval-policies", api.Policies.as_view(), name="approvals-policies"),
    path("approval-policies/<uuid:policy_id>", api.OnePolicy.as_view(), name="approvals-policy"),
    path("approval-policies/<uuid:policy_id>/publish", api.PublishPolicy.as_view(), name="approvals-publish"),
]
urlpatterns: list[URLPattern] = [
    path("approvals", deciding.listed, name="page-approvals"),
    path("approvals/_sign", deciding.sign_many, name="page-approvals-sign"),
    path("approvals/_policies", policies.listed, name="page-approval-policies"),
    path("approvals/_policies/_draft", policies.new, name="page-approval-policy-new"),
    path("approvals/_policies/<uuid:policy_id>", policies.one, name="page-approval-policy"),
    path("approvals/_policies/<uuid:policy_id>/publish", policies.publish, name="page-approval-publish"),
    path("approvals/_policies/<uuid:policy_id>/discard", policies.discard, name="page-approval-discard"),
    path("approvals/<uuid:approval_id>", deciding.one, name="page-approval"),
    path("approvals/<uuid:approval_id>/sign", deciding.sign, name="page-approval-sign"),
    path("approvals/<uuid:approval_id>/withdraw", deciding.withdraw, name="page-approval-withdraw"),
    path("approvals/<uuid:approval_id>/record", deciding.record, name="page-approval-record"),
    path("models/<str:slug>/versions/<str:version>/submit", submitting.submit, name="page-submit"),
]
