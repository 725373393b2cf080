"""Addresses of this room."""

from django.urls import URLPattern, path

from reviews.exports import api, web

api_urlpatterns: list[URLPattern] = [
    path("exports", api.Exports.as_view(), name="exports-exports"),
    path("exports/<uuid:export_id>", api.OneExport.as_view(), name="exports-export"),
    path("exports/<uuid:export_id>/cancel", api.CancelExport.as_view(), name="exports-cancel"),
    path("exports/<uuid:export_id>/files/<str:name>", api.ExportFile.as_view(), name="exports-file"),
]
urlpatterns: list[URLPattern] = [
    path("exports", web.listed, name="page-exports"),
    path("exports/new", web.new, name="page-export-new"),
    path("exports/<uuid:export_id>", web.one, name="page-export"),
    path("exports/<uuid:export_id>/row", web.row, name="page-export-row"),
    path("exports/<uuid:export_id>/cancel", web.cancel, name="page-export-cancel"),
    path("exports/<uuid:export_id>/purge", web.purge, name="page-export-purge"),
]
