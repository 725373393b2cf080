"""Finding anything by what people call it, within what they may know."""

import contextlib
from collections.abc import Callable, Iterator
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from audit.refusals import NotFound, NotPermitted
from audit.trail import kinds
from audit.trail.models import Event
from audit.trail.selectors import event_numbered
from config.hall.addresses import address
from governance.access.models import Person
from governance.access.roles import VIEW_EVENTS, VIEW_PEOPLE, VIEW_QUEUE
from registry.catalog.models import ModelVersion
from registry.catalog.selectors import models_for
from registry.systems.selectors import systems_for
from reviews.cases.selectors import predictions_named
from reviews.intake.selectors import prediction_for
from reviews.queue.models import ReviewItem
from reviews.queue.selectors import queues_with

LONGEST = 200
LONGEST_NUMBER = 18
MOST = 20
"""Hits of one kind; whoever gets so many should say more."""


class Hit(NamedTuple):
    """One thing that was found."""

    kind: str
    title: str
    text: str
    url: str


def find(person: Person, words: str) -> list[Hit]:
    """Everything in the person's reach that is called like this, most exact first."""
    words = words.strip().replace("\x00", "")[:LONGEST]
    if not words:
        return []
    hits = [hit for look in LOOKS for hit in look(person, words) if hit.url]
    return list(dict.fromkeys(hits))


def _by_id(person: Person, words: str) -> Iterator[Hit]:
    """A prediction, a review or an event, by the id that a program printed."""
    try:
        id_ = UUID(words)
    except ValueError:
        return
    item = ReviewItem.objects.filter(pk=id_).values_list("prediction_id", flat=True).first()
    with contextlib.suppress(NotFound, NotPermitted):
        standing = prediction_for(person, item or id_)
        title = f"{standing.model} {standing.external_id}"
        yield Hit("prediction", title, "by its review" if item else "by its id", _prediction(standing.id))
    if person.has_perm(VIEW_EVENTS) and Event.objects.filter(id=id_).exists():
        yield Hit("event", str(id_), "", reverse("page-event", args=[id_]))


def _by_number(person: Person, words: str) -> Iterator[Hit]:
    """`event 4711`, as the verifier and pages say it."""
    number = words.lower().removeprefix("event").strip().replace(",", "")
    if not (number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER):
        return
    with contextlib.suppress(NotPermitted):
        if event := event_numbered(person, int(number)):
            title, text = f"event {number}", kinds.sentence(event.kind)
            yield Hit("event", title, text, reverse("page-event", args=[event.id]))


def _by_external_id(person: Person, words: str) -> Iterator[Hit]:
    for id_, model, *_ in predictions_named(person, model="", external_id=words)[:MOST]:
        yield Hit("prediction", words, f"of {model}", _prediction(id_))


def _systems(person: Person, words: str) -> Iterator[Hit]:
    named = Q(slug__icontains=words) | Q(name__icontains=words)
    for system in systems_for(person).filter(named).order_by("slug")[:MOST]:
        yield Hit("AI system", system.name, system.slug, address("page-system", system.slug))


def _models(person: Person, words: str) -> Iterator[Hit]:
    for model in models_for(person).filter(slug__icontains=words).order_by("slug")[:MOST]:
        yield Hit("model", model.slug, model.task, address("page-model", model.slug))


def _versions(person: Person, words: str) -> Iterator[Hit]:
    """`3.2.0`, or `fraud-screen 3.2.0`."""
    slug, _, name = words.rpartition(" ")
    versions = ModelVersion.objects.filter(version=name or words, model__in=models_for(person))
    if slug:
        versions = versions.filter(model__slug=slug.strip())
    for version in versions.select_related("model").order_by("model__slug")[:MOST]:
        url = address("page-version", version.model.slug, version.version)
        yield Hit("model version", str(version), "", url)


def _queues(person: Person, words: str) -> Iterator[Hit]:
    named = Q(slug__icontains=words) | Q(name__icontains=words)
    for queue in queues_with(person, VIEW_QUEUE).filter(named)[:MOST]:
        url = address("page-queue", queue.slug) or address("page-workbench", queue.slug)
        yield Hit("queue", queue.name, queue.slug, url)


def _people(person: Person, words: str) -> Iterator[Hit]:
    if not person.has_perm(VIEW_PEOPLE):
        return
    named = Q(name__icontains=words) | Q(email__icontains=words) | Q(pseudonym=words)
    for found in Person.objects.filter(named).order_by("name")[:MOST]:
        yield Hit("person", found.name, found.email, reverse("page-person", args=[found.pk]))


def _prediction(id_: UUID) -> str:
    return address("page-prediction", id_)


LOOKS: tuple[Callable[[Person, str], Iterator[Hit]], ...] = (
    _by_id,
    _by_number,
    _by_external_id,
    _versions,
    _models,
    _systems,
    _queues,
    _people,
)
