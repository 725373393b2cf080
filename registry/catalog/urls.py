"""Addresses of this room."""

from django.urls import URLPattern, path

from registry.catalog import api, environments_web, web

api_urlpatterns: list[URLPattern] = [
    path("models", api.Models.as_view(), name="catalog-models"),
    path("models/<str:slug>", api.OneModel.as_view(), name="catalog-model"),
    path("models/<str:slug>/versions", api.Versions.as_view(), name="catalog-versions"),
    path("models/<str:slug>/versions/<str:version>", api.OneVersion.as_view(), name="catalog-version"),
    path("models/<str:slug>/versions/<str:version>/card", api.Cards.as_view(), name="catalog-cards"),
    path(
        "models/<str:slug>/versions/<str:version>/card/<int:number>",
        api.OneCard.as_view(),
        name="catalog-card",
    ),
    path("environments", api.Environments.as_view(), name="catalog-environments"),
    path("environments/<str:slug>", api.OneEnvironment.as_view(), name="catalog-environment"),
]
urlpatterns: list[URLPattern] = [
    # No slug begins with an underscore.
    path("models/_register", web.new, name="page-model-new"),
    path("models/<str:slug>", web.one, name="page-model"),
    path("models/<str:slug>/change", web.change, name="page-model-change"),
    path("models/<str:slug>/versions", web.versions, name="page-versions"),
    path("models/<str:slug>/versions/<str:version>", web.version, name="page-version"),
    path("models/<str:slug>/versions/<str:version>/card", web.card, name="page-card"),
    path("environments", environments_web.listed, name="page-environments"),
    path("environments/_new", environments_web.new, name="page-environment-new"),
    path("environments/<str:slug>/change", environments_web.change, name="page-environment-change"),
]
