"""Addresses of the queue manager's pages."""

from django.urls import URLPattern, path

from reviews.desk import web

api_urlpatterns: list[URLPattern] = []
urlpatterns: list[URLPattern] = [
    path("queues", web.listed, name="page-queues"),
    path("queues/<str:slug>", web.one, name="page-queue"),
    path("queues/<str:slug>/numbers", web.numbers, name="desk-numbers"),
    path("queues/<str:slug>/assign", web.assign, name="desk-assign"),
    path("queues/<str:slug>/reviews/<uuid:item_id>/unlock", web.unlock, name="desk-unlock"),
]
