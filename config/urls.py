"""Every address: the rooms' pages at the root, their API below /api/v1."""

from importlib import import_module

from django.urls import URLPattern, URLResolver, include, path

from config import health

ROOMS = [
    "audit.trail",
    "audit.log",
    "audit.overview",
    "audit.bundles",
    "registry.systems",
    "registry.catalog",
    "registry.deployments",
    "registry.aliases",
    "registry.lineage",
    "registry.comparison",
    "registry.portfolio",
    "governance.access",
    "governance.risk",
    "governance.evidence",
    "governance.waivers",
    "governance.delegations",
    "governance.approvals",
    "governance.suspensions",
    "governance.gate",
    "reviews.routing",
    "reviews.intake",
    "reviews.labels",
    "reviews.judging",
    "reviews.exports",
    "reviews.holds",
    "reviews.erasure",
    "reviews.retention",
    "reviews.workbench",
    "reviews.cases",
    "reviews.desk",
    "config.hall",
]
"""Each has a `urls` module with `api_urlpatterns` and `urlpatterns`."""

_modules = [import_module(f"{room}.urls") for room in ROOMS]
_api: list[URLPattern | URLResolver] = [address for module in _modules for address in module.api_urlpatterns]
_pages: list[URLPattern | URLResolver] = [address for module in _modules for address in module.urlpatterns]

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("api/v1/", include(_api)),
    *_pages,
]

handler404 = "config.problems.page_not_found"
handler500 = "config.problems.crashed"
