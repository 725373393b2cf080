"""The page that draws lineage, with the same facts in a table."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit.pages import render, signed_in
from audit.rest import actor_of
from registry.lineage import drawing, selectors
from registry.lineage.graph import Graph, Node

WORDS = {
    "version": "Model version",
    "dataset": "Dataset",
    "base_model": "Base model",
    "prompt": "Prompt",
    "commit": "Code commit",
}
MOST_ROWS = 200
MOST_NAMED = 20
HINTS = "A version as model:version; a dataset, base model or prompt by name, name:version or SHA-256."


@require_safe
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """What something stands on and what stands on it; without a question, the form to ask."""
    asked = {name: text for name in WORDS if (text := request.GET.get(name, "").replace("\x00", "").strip())}
    if not asked and (text := request.GET.get("what", "").replace("\x00", "").strip()):
        asked = {request.GET.get("by", "version"): text}
    context: dict[str, Any] = {"kinds": WORDS.items(), "hints": HINTS}
    if asked:
        graph = selectors.lineage(actor_of(request), asked)
        by, what = next(iter(asked.items()))
        context |= {"by": by, "what": what, **_shown(graph)}
    return render(request, "registry/lineage/page.html", context)


def _shown(graph: Graph) -> dict[str, Any]:
    drawn = drawing.drawing_of(graph)
    above, below = graph.upward(), graph.downward()
    told = {*graph.subject, *above, *below}
    made_of: dict[str, list[Node]] = {}
    for edge in graph.edges:
        made_of.setdefault(edge.to, []).append(graph.nodes[edge.from_])
    return {
        "drawing": drawn,
        "boxes": [{"box": box, "url": _url(box.node)} for box in drawn.boxes],
        "size": {"width": drawing.WIDTH, "height": drawing.HEIGHT},
        "groups": [
            (
                title,
                [_row(graph.nodes[id_], made_of.get(id_, [])) for id_ in ids[:MOST_ROWS]],
                ids[MOST_ROWS:],
            )
            for title, ids in (
                ("Asked about", list(graph.subject)),
                ("Stands on", above),
                ("Stands on it", below),
                ("Beside it", [id_ for id_ in graph.nodes if id_ not in told]),
            )
        ],
        "truncated": graph.truncated,
    }


def _row(node: Node, made_of: list[Node]) -> dict[str, Any]:
    """`made_of` is cut where nobody would read on."""
    return {
        "node": node,
        "url": _url(node),
        "made_of": made_of[:MOST_NAMED],
        "more": len(made_of) > MOST_NAMED,
    }


def _url(node: Node) -> str:
    match node.kind:
        case "version":
            return reverse("page-version", args=[node.name, node.version])
        case "environment":
            return reverse("page-environment", args=[node.name])
    return ""
