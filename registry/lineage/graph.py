"""What stands on what: nodes, and edges from what was there first to what came of it. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

ORIGINS: Final = ("dataset", "code", "base_model", "prompt")
"""Kinds of what a version is made of, besides its parent."""
RELATIONS: Final = {
    "dataset": "trained_on",
    "code": "built_from",
    "base_model": "based_on",
    "prompt": "prompted_by",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Something from outside that a version is made of."""

    kind: str
    name: str
    version: str = ""
    sha256: str = ""

    @property
    def id(self) -> str:
        """Two versions that say the same of it share it."""
        return ":".join([self.kind, self.name, self.version, self.sha256])


@dataclass(frozen=True, slots=True)
class Made:
    """A version as lineage sees it."""

    id: UUID
    model: str
    version: str
    parent: UUID | None = None
    origins: Sequence[Origin] = ()
    live: Sequence[str] = ()

    @property
    def node(self) -> str:
        return f"version:{self.model}:{self.version}"


@dataclass(frozen=True, slots=True)
class Node:
    """Something in the graph. `layer` counts from 0, what was first on the left."""

    id: str
    kind: str
    name: str
    version: str = ""
    sha256: str = ""
    layer: int = 0
    live: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """`to` came of `from_`."""

    from_: str
    to: str
    relation: str


@dataclass(slots=True)
class Graph:
    """All of it, each node and edge once."""

    subject: Sequence[str]
    """Ids of what was asked about."""
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)
    truncated: bool = False

    def upward(self) -> list[str]:
        """What the subject stands on, nearest first."""
        return self._reached({edge.to: [] for edge in self.edges}, forward=False)

    def downward(self) -> list[str]:
        """What stands on the subject, nearest first."""
        return self._reached({edge.from_: [] for edge in self.edges}, forward=True)

    def _reached(self, following: dict[str, list[str]], *, forward: bool) -> list[str]:
        for edge in self.edges:
            start, end = (edge.from_, edge.to) if forward else (edge.to, edge.from_)
            following[start].append(end)
        found: dict[str, None] = dict.fromkeys(self.subject)
        waiting = deque(self.subject)
        while waiting:
            for each in following.get(waiting.popleft(), ()):
                if each not in found:  # so that a circle, which there should never be, ends
                    found[each] = None
                    waiting.append(each)
        return [each for each in found if each not in self.subject]


def graph_of(made: Iterable[Made], *, subject: Sequence[str], truncated: bool = False) -> Graph:
    """The graph of these versions with everything they are made of and where they are live."""
    versions = {each.id: each for each in made}
    layers = _layers(versions)
    graph = Graph(subject=subject, truncated=truncated)
    last = max(layers.values(), default=0) + 1
    for each in versions.values():
        for origin in each.origins:
            # Beside what the first version that is made of it came of: short lines cross less.
            before = min(
                layers[each.id] - 1, graph.nodes[origin.id].layer if origin.id in graph.nodes else last
            )
            graph.nodes[origin.id] = Node(
                origin.id, origin.kind, origin.name, origin.version, origin.sha256, layer=before
            )
            graph.edges[Edge(origin.id, each.node, RELATIONS[origin.kind])] = None
        graph.nodes[each.node] = Node(
            each.node, "version", each.model, each.version, layer=layers[each.id], live=each.live
        )
        if each.parent in versions:
            graph.edges[Edge(versions[each.parent].node, each.node, "parent_of")] = None
        for environment in each.live:
            place = f"environment:{environment}"
            graph.nodes[place] = Node(place, "environment", environment, layer=last)
            graph.edges[Edge(each.node, place, "live_in")] = None
    return graph


def _layers(versions: Mapping[UUID, Made]) -> dict[UUID, int]:
    """One more than the parent's; versions begin in layer 1, beside what comes from outside."""
    layers: dict[UUID, int] = {}
    for start in versions:
        chain: list[UUID] = []
        step: UUID | None = start
        while step is not None and step in versions and step not in layers and step not in chain:
            chain.append(step)
            step = versions[step].parent
        base = layers.get(step, 0) if step else 0
        for n, each in enumerate(reversed(chain), start=1):
            layers[each] = base + n
    return layers
