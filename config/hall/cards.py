"""The cards of the home page, by role."""

import datetime as dt
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from audit.trail import kinds
from audit.trail.models import Event
from config.hall import cards_of_risk
from config.hall.addresses import address
from config.hall.home import Card
from config.health import report
from config.models import StoredMail
from governance.access.models import Person, RoleAssignment, ServiceKey
from governance.access.roles import (
    CHANGE_SYSTEM,
    MANAGE_KEYS,
    MANAGE_PEOPLE,
    MANAGE_QUEUE,
    VIEW_EVENTS,
    VIEW_HEALTH,
    WORK_QUEUE,
)
from registry.systems.reading import OWNER_TITLES
from registry.systems.selectors import systems_for
from reviews.queue.models import Queue, Slot
from reviews.queue.selectors import counts, queues_with
from reviews.routing.models import RoutingPolicy
from reviews.routing.states import PolicyState

MOST_QUEUES = 12
"""Queues that are counted for one page; the queue page has all of them."""
MOST_OF_A_KIND = 3
EXPIRES_SOON = dt.timedelta(days=14)


def held_reviews(person: Person, now: dt.datetime) -> Iterator[Card]:
    """Reviews that I hold: nobody else can take them."""
    slots = Slot.objects.filter(leased_by=person, leased_until__gt=now).select_related("item__queue")
    for slot in slots.order_by("leased_until")[:MOST_OF_A_KIND]:
        yield Card(
            title=f"You hold a review of {slot.item.queue.name}",
            text="Yours until",
            at=slot.leased_until,
            url=address("page-workbench-item", slot.item_id),
            link="Go on",
            urgency="accent",
        )


def waiting_reviews(person: Person, now: dt.datetime) -> Iterator[Card]:
    """My queues with something in them."""
    for queue in _queues(person, WORK_QUEUE):
        counted = counts(queue.pk)
        if not counted.waiting:
            continue
        late = f"{counted.overdue} overdue. " if counted.overdue else ""
        yield Card(
            title=queue.name,
            number=counted.waiting,
            text=f"{late}The oldest came",
            at=counted.oldest_at,
            url=address("page-workbench", queue.slug),
            link="Review",
            urgency="bad" if counted.overdue else "accent",
        )


def queues_behind(person: Person, now: dt.datetime) -> Iterator[Card]:
    """Queues that I answer for, where something is late."""
    for queue in _queues(person, MANAGE_QUEUE):
        if late := counts(queue.pk).overdue:
            yield Card(
                title=f"{queue.name} is behind",
                number=late,
                text="reviews are past their deadline.",
                url=address("page-queue", queue.slug) or address("page-queues"),
                link="See who holds what",
                urgency="bad",
            )


def systems_with_gaps(person: Person, now: dt.datetime) -> Iterator[Card]:
    """Systems of mine that lack an owner, or a model whose predictions no policy routes."""
    if not person.rights.allow_somewhere(CHANGE_SYSTEM):
        return
    mine = systems_for(person, CHANGE_SYSTEM)
    unowned = Q(business_sponsor=None) | Q(product_owner=None) | Q(technical_lead=None)
    for system in mine.filter(unowned).order_by("slug")[:MOST_OF_A_KIND]:
        yield Card(
            title=f"{system.name} lacks an owner",
            text="Three people are named before a version is submitted.",
            url=address("page-system", system.slug),
            link="Name them",
            urgency="warn",
        )
    published = RoutingPolicy.objects.filter(model__system=OuterRef("pk"), state=PolicyState.PUBLISHED)
    unrouted = mine.filter(models__isnull=False).exclude(Exists(published)).distinct()
    for system in unrouted.order_by("slug")[:MOST_OF_A_KIND]:
        yield Card(
            title=f"{system.name} has no routing policy in force",
            text="Every prediction of it goes to a person until one is published.",
            url=address("page-system", system.slug),
            link="Write one",
            urgency="warn",
        )
    drafts = RoutingPolicy.objects.filter(model__system__in=mine, state=PolicyState.DRAFT)
    for draft in drafts.select_related("model").order_by("-created_at")[:MOST_OF_A_KIND]:
        yield Card(
            title=f"Draft policy {draft.number} of {draft.model.slug}",
            text="It counts for nothing until it is published.",
            url=address("page-policy", draft.model.slug, draft.number),
            link="Look at it",
        )


def owners_who_left(person: Person, now: dt.datetime) -> Iterator[Card]:
    """Systems of mine that somebody answers for who is not here any more."""
    if not person.rights.allow_somewhere(CHANGE_SYSTEM):
        return
    left = Q()
    for title in OWNER_TITLES:
        left |= Q(**{f"{title}__is_active": False})
    for system in systems_for(person, CHANGE_SYSTEM).filter(left).order_by("slug")[:MOST_OF_A_KIND]:
        yield Card(
            title=f"An owner of {system.name} has left",
            text="No version can be submitted until somebody else is named.",
            url=address("page-system", system.slug),
            link="Name somebody",
            urgency="warn",
        )


def latest_events(person: Person, now: dt.datetime) -> Iterator[Card]:
    """What happened last, for those who check."""
    if not person.has_perm(VIEW_EVENTS):
        return
    latest = Event.objects.exclude(kind=kinds.ROUTED).order_by("-seq").first()
    if latest:
        yield Card(
            title="The latest event",
            text=f"Somebody {kinds.sentence(latest.kind)},",
            at=latest.at,
            url=address("page-events"),
            link="All events",
        )


def keys_ending(person: Person, now: dt.datetime) -> Iterator[Card]:
    """Keys that will stop working while nobody thinks of them."""
    if not person.has_perm(MANAGE_KEYS):
        return
    soon = now + EXPIRES_SOON
    keys = ServiceKey.objects.filter(revoked_at=None, expires_at__gt=now, expires_at__lt=soon)
    for key in keys.order_by("expires_at")[:MOST_OF_A_KIND]:
        yield Card(
            title=f"The key {key.name!r} expires",
            text="Rotate it, or its service stops",
            at=key.expires_at,
            url=address("page-key", key.pk),
            link="Rotate",
            urgency="warn",
        )


def people_without_roles(person: Person, now: dt.datetime) -> Iterator[Card]:
    """Accounts that can do nothing."""
    if not person.has_perm(MANAGE_PEOPLE):
        return
    held = RoleAssignment.objects.in_force().filter(person=OuterRef("pk"))
    lost = Person.objects.filter(is_active=True).exclude(Exists(held))
    if number := lost.count():
        yield Card(
            title="Accounts without a role",
            number=number,
            text="They can sign in and do nothing.",
            url=address("page-people"),
            link="Give roles",
        )


def mail_kept(person: Person, now: dt.datetime) -> Iterator[Card]:
    """Mail that went nowhere because nobody said where."""
    if not person.has_perm(MANAGE_PEOPLE) or not settings.EMAIL_BACKEND.startswith("config."):
        return
    number = StoredMail.objects.count()
    yield Card(
        title="No mail server is set",
        number=number or None,
        text="messages are kept here instead." if number else "Messages would be kept here instead.",
        url=address("page-mail"),
        link="Read them",
    )


def ill_health(person: Person, now: dt.datetime) -> Iterator[Card]:
    """What the health page would say in red."""
    if not person.has_perm(VIEW_HEALTH):
        return
    found = report()
    for warning in found.warnings[:MOST_OF_A_KIND]:
        yield Card(
            title=warning[:1].upper() + warning[1:],
            url=address("page-health"),
            link="See health",
            urgency="warn",
        )


def _queues(person: Person, permission: str) -> list[Queue]:
    if not person.rights.allow_somewhere(permission):
        return []
    return list(queues_with(person, permission)[:MOST_QUEUES])


ALL = (
    held_reviews,
    waiting_reviews,
    queues_behind,
    *cards_of_risk.ALL,
    systems_with_gaps,
    owners_who_left,
    keys_ending,
    people_without_roles,
    ill_health,
    mail_kept,
    latest_events,
)
