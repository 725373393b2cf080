"""Places the nodes of a graph on a plane, column by column, for a template that draws it. Pure."""

from dataclasses import dataclass
from typing import Final

from registry.lineage.graph import Graph, Node

WIDTH: Final = 180
HEIGHT: Final = 46
GAP: Final = 14
BETWEEN: Final = 48
MARGIN: Final = 8
MOST: Final = 60
"""Nodes that are drawn; the table below has all of them."""
LONGEST_NAME: Final = 23
LONGEST_LINE: Final = 27


@dataclass(frozen=True, slots=True)
class Box:
    """A node with its place."""

    node: Node
    x: int
    y: int
    title: str
    line: str
    is_subject: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything an SVG needs."""

    width: int
    height: int
    boxes: list[Box]
    paths: list[str]
    left_out: int


def drawing_of(graph: Graph) -> Drawing:
    """The graph, what was first on the left; each column in the order in which its nodes were found."""
    wanted = [*graph.subject, *graph.upward(), *graph.downward(), *graph.nodes]
    ids = list(dict.fromkeys(id_ for id_ in wanted if id_ in graph.nodes))
    columns: dict[int, list[Node]] = {}
    for id_ in ids[:MOST]:
        columns.setdefault(graph.nodes[id_].layer, []).append(graph.nodes[id_])
    tallest = max((len(nodes) for nodes in columns.values()), default=1)
    height = 2 * MARGIN + tallest * (HEIGHT + GAP) - GAP
    boxes = {
        node.id: _box(node, column, row, height, len(nodes), graph)
        for column, (_, nodes) in enumerate(sorted(columns.items()))
        for row, node in enumerate(nodes)
    }
    width = 2 * MARGIN + len(columns) * (WIDTH + BETWEEN) - BETWEEN
    paths = [
        _path(boxes[edge.from_], boxes[edge.to])
        for edge in graph.edges
        if edge.from_ in boxes and edge.to in boxes
    ]
    return Drawing(max(width, WIDTH), height, list(boxes.values()), paths, max(0, len(ids) - MOST))


def _box(node: Node, column: int, row: int, height: int, of: int, graph: Graph) -> Box:
    above = (height - of * (HEIGHT + GAP) + GAP) // 2
    line = {"version": node.version, "environment": "live"}.get(
        node.kind, " ".join(filter(None, [node.kind.replace("_", " "), node.version]))
    )
    return Box(
        node,
        x=MARGIN + column * (WIDTH + BETWEEN),
        y=above + row * (HEIGHT + GAP),
        title=_short(node.name, LONGEST_NAME),
        line=_short(line, LONGEST_LINE),
        is_subject=node.id in graph.subject,
    )


def _path(start: Box, end: Box) -> str:
    x1, y1 = start.x + WIDTH, start.y + HEIGHT // 2
    x2, y2 = end.x, end.y + HEIGHT // 2
    bend = max(BETWEEN // 2, (x2 - x1) // 2)
    return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
