"""Named reads of bundles."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from audit.bundles import files, policies
from audit.bundles.errors import BundleFileMissing, BundleNotDone, BundlePurged
from audit.bundles.models import Bundle
from audit.bundles.states import BundleState
from audit.refusals import NotFound, NotPermitted
from audit.trail.actors import Actor
from audit.trail.policies import systems_of
from audit.trail.selectors import require


def bundles_for(actor: Actor) -> QuerySet[Bundle]:
    """The bundles that the actor may read.

    Raises:
        NotPermitted: they may read no events.
    """
    require(actor)
    systems = systems_of(actor)
    every = Bundle.objects.all()
    found = every if systems is None else every.filter(system_id__in=systems)
    return found if policies.why_not_open(actor) is None else found.filter(request__openings=False)


def bundle_for(actor: Actor, bundle_id: UUID) -> Bundle:
    """One bundle.

    Raises:
        NotPermitted: the actor may read no events, or not what is in it.
        NotFound: there is none in the actor's reach.
    """
    require(actor)
    bundle = Bundle.objects.filter(pk=bundle_id).first()
    systems = systems_of(actor)
    if bundle is None or (systems is not None and bundle.system_id not in systems):
        raise NotFound
    if reason := policies.why_not_read(actor, bundle):
        raise NotPermitted(reason)
    return bundle


def as_json(bundle: Bundle) -> dict[str, Any]:
    """A bundle as the API gives it."""
    return {
        "id": bundle.pk,
        "state": bundle.state,
        "progress": {"done": bundle.done, "total": bundle.total},
        "filter": bundle.request["filter"],
        "openings": bundle.request["openings"],
        "manifest": bundle.manifest,
        "failure": bundle.failure or None,
        "requested_by": bundle.requested_by,
        "requested_at": bundle.requested_at,
        "started_at": bundle.started_at,
        "finished_at": bundle.finished_at,
    }


def file_of(bundle: Bundle) -> tuple[dict[str, Any], Path]:
    """What came out of a bundle that is done, and where its file lies.

    Raises:
        BundlePurged: it was deleted.
        BundleNotDone: there is none yet, or there never will be.
        BundleFileMissing: it is not where it should be.
    """
    if bundle.state == BundleState.PURGED:
        raise BundlePurged
    if bundle.state != BundleState.DONE or bundle.manifest is None:
        raise BundleNotDone(f"This bundle is {bundle.get_state_display()}, so it has no file.")
    path = files.path_of(bundle.pk)
    if not path.is_file() or path.stat().st_size != bundle.manifest["bytes"]:
        raise BundleFileMissing
    return bundle.manifest, path
