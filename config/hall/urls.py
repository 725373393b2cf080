"""Addresses of the hall."""

from django.urls import URLPattern, path

from config.hall import administration, cards, describing, documentation, home, web

home.cards.extend(cards.ALL)
describing.fill()

api_urlpatterns: list[URLPattern] = [
    path("openapi.json", documentation.Document.as_view(), name="hall-openapi"),
    path("docs", documentation.Page.as_view(), name="hall-docs"),
]
urlpatterns: list[URLPattern] = [
    path("", web.home, name="page-home"),
    path("search", web.search, name="page-search"),
    path("problems", web.problems, name="page-problems"),
    path("problems/<str:slug>", web.problem, name="page-problem"),
    path("administration/health", administration.healthy, name="page-health"),
    path("administration/mail", administration.mail, name="page-mail"),
    path("administration/mail/<uuid:message_id>", administration.message, name="page-message"),
]
