"""The interface described: OpenAPI 3.1 as a document, and as a page to read and try."""

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.generic import View
from drf_spectacular.views import SpectacularSwaggerSplitView

from config.hall.interface.document import document


class Document(View):
    """GET /openapi.json"""

    http_method_names = ("get", "head")

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(orjson.dumps(document()), content_type="application/json")


class Page(SpectacularSwaggerSplitView):
    """GET /docs: works under the content security policy, since script and style are files of ours."""

    url_name = "hall-openapi"
    template_name = "config/documentation.html"
    permission_classes: Any = ()
    authentication_classes: Any = ()
    throttle_classes: Any = ()
