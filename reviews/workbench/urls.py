"""Addresses of the workbench."""

from django.urls import URLPattern, path

from reviews.workbench import web

api_urlpatterns: list[URLPattern] = []
urlpatterns: list[URLPattern] = [
    path("review", web.my_queues, name="page-review"),
    path("review/queues/<str:stream>", web.workbench, name="page-workbench"),
    path("review/queues/<str:stream>/next", web.following, name="workbench-next"),
    path("review/items/<uuid:item_id>", web.named, name="page-workbench-item"),
    path("review/items/<uuid:item_id>/decide", web.decide, name="workbench-decide"),
    path("review/items/<uuid:item_id>/heartbeat", web.heartbeat, name="workbench-heartbeat"),
    path("review/items/<uuid:item_id>/draft", web.draft, name="workbench-draft"),
    path("review/items/<uuid:item_id>/release", web.release, name="workbench-release"),
    path("review/items/<uuid:item_id>/undo", web.undo, name="workbench-undo"),
]
