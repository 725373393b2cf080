"""Addresses of this room."""

from django.urls import URLPattern, path

from audit.bundles import api, web

api_urlpatterns: list[URLPattern] = [
    path("audit/bundles", api.Bundles.as_view(), name="bundles-bundles"),
    path("audit/samples", api.Samples.as_view(), name="bundles-samples"),
    path("audit/bundles/<uuid:bundle_id>", api.OneBundle.as_view(), name="bundles-bundle"),
    path("audit/bundles/<uuid:bundle_id>/cancel", api.CancelBundle.as_view(), name="bundles-cancel"),
    path("audit/bundles/<uuid:bundle_id>/sample", api.SampleOfBundle.as_view(), name="bundles-sample"),
    path("audit/bundles/<uuid:bundle_id>/file", api.BundleFile.as_view(), name="bundles-file"),
]
urlpatterns: list[URLPattern] = [
    path("audit/bundles", web.listed, name="page-bundles"),
    path("audit/bundles/new", web.new, name="page-bundle-new"),
    path("audit/bundles/<uuid:bundle_id>", web.one, name="page-bundle"),
    path("audit/bundles/<uuid:bundle_id>/cancel", web.cancel, name="page-bundle-cancel"),
]
