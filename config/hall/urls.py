"""Addresses of the hall."""

from django.urls import URLPattern, path

from config.hall import (
    administration,
    approval_cards,
    cards,
    describing,
    documentation,
    home,
    web,
    why_views,
)

home.cards.extend(cards.ALL)
home.cards.extend(approval_cards.ALL)
describing.fill()

api_urlpatterns: list[URLPattern] = [
    path("openapi.json", documentation.Document.as_view(), name="hall-openapi"),
    path("why", why_views.Why.as_view(), name="hall-why"),
    path("docs", documentation.Page.as_view(), name="hall-docs"),
]
urlpatterns: list[URLPattern] = [
    path("", web.home, name="page-home"),
    path("search", web.search, name="page-search"),
    path("why", why_views.page, name="page-why"),
    path("problems", web.problems, name="page-problems"),
    path("problems/<str:slug>", web.problem, name="page-problem"),
    path("administration/health", administration.healthy, name="page-health"),
    path("administration/mail", administration.mail, name="page-mail"),
    path("administration/mail/<uuid:message_id>", administration.message, name="page-message"),
]
