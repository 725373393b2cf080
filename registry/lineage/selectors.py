"""Reads lineage out of the registry: at most `MOST` versions, in as many queries for many as for one."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from audit.refusals import BadInput, FieldError, NotFound
from audit.trail.actors import Actor
from registry.catalog.models import DatasetUse, ModelVersion
from registry.catalog.selectors import model_for, models_for, version_of
from registry.deployments.selectors import live_of
from registry.lineage.graph import Graph, Made, Origin, graph_of

MOST: Final = 200
DEEPEST: Final = 50
QUESTIONS: Final = ("version", "dataset", "base_model", "prompt", "commit")
NOTHING: Final = "No version in your reach is made of this."
_DIGEST: Final = re.compile(r"[0-9A-Fa-f]{64}")

ANCESTORS: Final = """
WITH RECURSIVE above AS (
    SELECT id, parent_id, 0 AS depth FROM registry_modelversion WHERE id = ANY(%(ids)s)
    UNION ALL
    SELECT v.id, v.parent_id, above.depth + 1 FROM above
        JOIN registry_modelversion v ON v.id = above.parent_id WHERE above.depth < %(deepest)s
) CYCLE id SET is_circle USING path
SELECT id FROM above LIMIT %(most)s
"""
DESCENDANTS: Final = """
WITH RECURSIVE below AS (
    SELECT id, 0 AS depth FROM registry_modelversion WHERE id = ANY(%(ids)s)
    UNION ALL
    SELECT v.id, below.depth + 1 FROM below
        JOIN registry_modelversion v ON v.parent_id = below.id WHERE below.depth < %(deepest)s
) CYCLE id SET is_circle USING path
SELECT id FROM below LIMIT %(most)s
"""


def lineage(actor: Actor, asked: Mapping[str, str]) -> Graph:
    """What the thing stands on and what stands on it. `asked` names one of `QUESTIONS`.

    Raises:
        BadInput: not exactly one question, or no `<model>:<version>`.
        NotFound: nothing like it in the actor's reach.
        NotPermitted: within reach, but the actor may not read about it.
    """
    question, text = _question(asked)
    if question == "version":
        return _of_version(actor, text)
    direct = list(_users(actor, question, text).order_by("-pk").values_list("pk", flat=True)[: MOST + 1])
    if not direct:
        raise NotFound(NOTHING)
    ids = _reached(DESCENDANTS, direct)
    made = _made(ids[:MOST])
    subject = {
        origin.id: None for each in made if each.id in set(direct) for origin in each.origins
        if _is_meant(origin, question, text)
    }  # fmt: skip
    return graph_of(made, subject=list(subject), truncated=len(ids) > MOST)


def _of_version(actor: Actor, text: str) -> Graph:
    slug, _, name = text.partition(":")
    found = version_of(model_for(actor, slug), name)
    ids = list(dict.fromkeys([*_reached(ANCESTORS, [found.pk]), *_reached(DESCENDANTS, [found.pk])]))
    made = _made(ids[:MOST])
    subject = [each.node for each in made if each.id == found.pk]
    return graph_of(made, subject=subject, truncated=len(ids) > MOST)


def _question(asked: Mapping[str, str]) -> tuple[str, str]:
    given = [(name, text.strip()) for name, text in asked.items() if name in QUESTIONS and text.strip()]
    if len(given) != 1:
        detail = f"Ask for one of {', '.join(QUESTIONS)}."
        raise BadInput([FieldError("", "ONE_QUESTION", detail)])
    if given[0][0] == "version" and not all(given[0][1].partition(":")):
        detail = "version is <model>:<version>."
        raise BadInput([FieldError("/version", "BAD_VALUE", detail)])
    return given[0]


def _users(actor: Any, question: str, text: str) -> QuerySet[ModelVersion]:
    """The versions in reach that are made of what was asked for, directly."""
    versions = ModelVersion.objects.filter(model__in=models_for(actor).prefetch_related(None))
    if question == "commit":
        return versions.filter(code__contains={"commit": text})
    if question == "dataset":
        return versions.filter(pk__in=DatasetUse.objects.filter(_named(text)).values("version_id"))
    meant = Q()
    for said in _spellings(text):
        meant |= Q(**{f"{question}__contains": said})
    return versions.filter(meant)


def _named(text: str) -> Q:
    """A dataset by digest, by name, or by name and version."""
    if _DIGEST.fullmatch(text):
        return Q(sha256=text.lower())
    name, _, version = text.rpartition(":")
    return Q(name=text) | Q(name=name, dataset_version=version) if name else Q(name=text)


def _spellings(text: str) -> list[dict[str, str]]:
    """What `text` may mean: a digest, a name, a name and version."""
    if _DIGEST.fullmatch(text):
        return [{"sha256": text.lower()}]
    name, _, version = text.rpartition(":")
    return [{"name": text}, *([{"name": name, "version": version}] if name else [])]


def _is_meant(origin: Origin, question: str, text: str) -> bool:
    if question == "commit":
        return origin.kind == "code" and origin.version == text
    said = {"name": origin.name, "version": origin.version, "sha256": origin.sha256}
    return origin.kind == question and any(each.items() <= said.items() for each in _spellings(text))


def _reached(statement: str, ids: Iterable[UUID]) -> list[UUID]:
    """Those and what they lead to, nearest first; at most one more than is shown."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"ids": list(ids), "deepest": DEEPEST, "most": MOST + 1})
        return list(dict.fromkeys(row[0] for row in cursor.fetchall()))


def _made(ids: list[UUID]) -> list[Made]:
    live = live_of(ids)
    versions = ModelVersion.objects.filter(pk__in=ids).select_related("model")
    return [
        Made(
            version.pk,
            version.model.slug,
            version.version,
            version.parent_id,
            _origins(version),
            live.get(version.pk, ()),
        )
        for version in versions.prefetch_related("training_data").order_by("pk")
    ]


def _origins(version: ModelVersion) -> list[Origin]:
    found = [
        Origin("dataset", each.name, each.dataset_version, each.sha256)
        for each in version.training_data.all()
    ]
    if version.code:
        repository = version.code.get("repository") or "code"
        found.append(Origin("code", repository, version.code.get("commit", "")))
    return found + [
        Origin(kind, said["name"], said.get("version", ""), said.get("sha256", ""))
        for kind in ("base_model", "prompt")
        if (said := getattr(version, kind))
    ]


def as_json(graph: Graph) -> dict[str, Any]:
    """Lineage as the API gives it."""
    return {
        "subject": list(graph.subject),
        "stands_on": graph.upward(),
        "carries": graph.downward(),
        "live": [
            {"model": node.name, "version": node.version, "environment": environment}
            for node in graph.nodes.values()
            if node.kind == "version"
            for environment in node.live
        ],
        "nodes": [
            {"id": node.id, "kind": node.kind, "name": node.name, "version": node.version or None,
             "sha256": node.sha256 or None}
            for node in graph.nodes.values()
        ],
        "edges": [
            {"from": edge.from_, "to": edge.to, "relation": edge.relation} for edge in graph.edges
        ],
        "truncated": graph.truncated,
    }  # fmt: skip
