"""Everything that changes evidence: revisions are added, never changed."""

import datetime as dt
import hashlib
from uuid import UUID

from django.db import transaction

from audit.canonical import canonical_bytes
from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.evidence import files, policies, selectors
from governance.evidence.models import Evidence
from governance.evidence.reading import LARGEST_FILE, NewEvidence
from registry.catalog.epoch import raise_epoch
from registry.catalog.models import Model, ModelVersion
from registry.systems.models import AISystem
from registry.systems.selectors import person_with


@transaction.atomic
def add(
    *,
    system_id: UUID,
    model: Model | None = None,
    version: ModelVersion | None = None,
    said: NewEvidence,
    actor: Actor,
    now: dt.datetime,
) -> Evidence:
    """Add the next revision of an item about a system, one of its models, or one version.

    The file is kept before the row is written: a file without a row harms nobody.

    Raises:
        NotPermitted: `actor` may not.
        BadInput: the owner has no account, the file is too large, or it is out of date already.
    """
    system = AISystem.objects.select_for_update(of=["self"], no_key=True).get(pk=system_id)
    if reason := policies.why_not_add(actor, system):
        raise NotPermitted(reason)
    owner = person_with(said.owner) if said.owner else None
    if errors := _faults(said, owner_known=owner is not None or not said.owner, now=now):
        raise BadInput(errors)
    digest, size = _digest(said)
    evidence = Evidence(
        system=system,
        model=model,
        version=version,
        item=said.item,
        revision=selectors.next_revision(system, model, version, said.item),
        title=said.title,
        kind=said.kind,
        filename=said.filename,
        uri="" if said.content is not None else said.uri,
        sha256=digest,
        size=size,
        metric=said.metric,
        duties=said.duties,
        valid_until=said.valid_until,
        owner=owner,
        note=said.note,
        created_by=actor.audit_ref,
        created_at=now,
    )
    details = _details(evidence)
    trail.record(kind="approvals.evidence.added", actor=actor, entity=evidence, details=details, now=now)
    raise_epoch()  # an approval may no longer be about what is there
    return evidence


def _details(evidence: Evidence) -> dict[str, object]:
    """What the event says of a revision."""
    return {
        "item": evidence.item,
        "revision": evidence.revision,
        "version": str(evidence.version_id) if evidence.version_id else None,
        "model": str(evidence.model_id) if evidence.model_id else None,
        "sha256": evidence.sha256,
        "valid_until": evidence.valid_until,
        "owner": evidence.owner.audit_ref if evidence.owner else None,
    }


@transaction.atomic
def hand_out(*, evidence: Evidence, actor: Actor, now: dt.datetime) -> bytes | None:
    """The file of a revision, and the event that somebody took it; None if it is not kept here."""
    content = files.read(evidence.sha256) if evidence.kind == "file" and not evidence.uri else None
    if content is None:
        return None
    trail.remark(
        kind="approvals.evidence.downloaded",
        actor=actor,
        entity_type="evidence_download",
        details={"evidence": str(evidence.pk), "sha256": evidence.sha256},
        now=now,
        system_id=evidence.system_id,
    )
    return content


def _faults(said: NewEvidence, *, owner_known: bool, now: dt.datetime) -> list[FieldError]:
    errors = []
    if not owner_known:
        detail = "Nobody with an active account here has this address."
        errors.append(FieldError("/owner", "UNKNOWN_PERSON", detail))
    if said.valid_until is not None and said.valid_until <= now:
        errors.append(FieldError("/valid_until", "BAD_VALUE", "This is out of date already."))
    if said.content is not None and len(said.content) > LARGEST_FILE:
        detail = f"A file has at most {LARGEST_FILE // 1024 // 1024} MiB; give its uri and sha256 instead."
        errors.append(FieldError("/content", "TOO_LARGE", detail))
    if said.content is not None and said.sha256 not in ("", hashlib.sha256(said.content).hexdigest()):
        errors.append(FieldError("/sha256", "WRONG_DIGEST", "The file has another digest."))
    return errors


def _digest(said: NewEvidence) -> tuple[str, int]:
    if said.metric is not None:
        raw = canonical_bytes(said.metric)
        return hashlib.sha256(raw).hexdigest(), len(raw)
    if said.content is not None:
        return files.keep(said.content), len(said.content)
    return said.sha256, said.size
