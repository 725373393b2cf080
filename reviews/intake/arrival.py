"""From a body that was read to everything that will be stored of it: judged, routed, and put into words.

Nothing here touches the database: what has to be known comes from the catalogue.
"""

import datetime as dt
import os
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from audit.ids import uuid7
from audit.refusals import NotPermitted
from governance.access.models import Person, ServiceKey
from governance.access.roles import POST_PREDICTIONS
from governance.access.selectors import reaches
from governance.gate.holds import UNCLASSIFIED
from reviews.intake.catalogue import Catalogue, KnownModel
from reviews.intake.content import content_digest, is_double, stored_text
from reviews.intake.errors import UnknownModel
from reviews.intake.models import Status
from reviews.intake.posted import Posted, read_prediction
from reviews.intake.reading import Reading
from reviews.intake.subjects import subject_hash
from reviews.routing import engine

UNKNOWN_MODEL: Final = "There is no model {!r}, or it is not yours to post for."
CANNOT_POST: Final = "Posting predictions needs a service key with the scope predictions:write."
OTHER_ENVIRONMENT: Final = "This key is limited to other environments."


@dataclass(slots=True)
class Arrival:
    """One prediction, ready to be stored."""

    id: UUID
    posted: Posted
    digest: bytes
    model: KnownModel
    facts: engine.Facts
    routed: engine.Routed
    now: dt.datetime
    poster: str
    poster_person_id: UUID | None
    body: str
    salt: bytes
    item_id: UUID | None
    known_version: UUID | None

    @property
    def name(self) -> tuple[UUID, str]:
        """What is unique for all callers."""
        return self.model.id, self.posted.external_id

    @property
    def status(self) -> Status:
        return Status.PENDING if self.routed.blocks else Status.FINAL

    @property
    def queue(self) -> str:
        return self.routed.queue or self.model.default_queue

    @property
    def queue_id(self) -> UUID:
        return self.model.queues[self.queue]

    @property
    def due_at(self) -> dt.datetime:
        return self.now + dt.timedelta(minutes=self.routed.deadline_minutes)

    @property
    def sort_at(self) -> dt.datetime:
        return engine.sort_at(routed_at=self.now, priority=self.routed.priority, due_at=self.due_at)

    @property
    def lane(self) -> int:
        """Lane 1 is for what is kept from somebody: here, from the person behind the key."""
        return 0 if self.poster_person_id is None else 1

    @property
    def confidence(self) -> float | None:
        value = self.posted.confidence
        return float(value) if is_double(value) else None  # type: ignore[arg-type]  # is_double says so

    def line(self) -> dict[str, Any]:
        """What a line of a batch is answered; `Standing.line` says the same later."""
        return {
            "id": self.id,
            "external_id": self.posted.external_id,
            "decision": self.routed.decision,
            "status": self.status.value,
            "reasons": self.routed.reasons,
        }


def arrival_of(reading: Reading, *, catalogue: Catalogue, caller: Any, now: dt.datetime) -> Arrival:
    """Judge and route one body.

    Raises:
        BadInput, UnknownField: as `read_prediction`.
        UnknownModel: there is none, or it is outside the caller's reach.
        NotPermitted: within reach, but not for this caller or not in this environment.
    """
    posted = read_prediction(reading.value, ordinary=reading.ordinary)
    model = catalogue.model(posted.model)
    if model is None:
        raise UnknownModel(UNKNOWN_MODEL.format(posted.model[:100]))
    _permit(caller, model, posted)
    facts = facts_of(posted, model, catalogue, now=now)
    routed = engine.route(model.policy, facts)
    value: dict[str, object] = reading.value  # type: ignore[assignment]  # read_prediction refused others
    digest = content_digest(value)
    if posted.subject is not None:
        value = {name: member for name, member in value.items() if name != "subject"}
    return Arrival(
        id=uuid7(),
        posted=posted,
        digest=digest,
        model=model,
        facts=facts,
        routed=routed,
        now=now,
        poster=caller.audit_ref,
        poster_person_id=caller.pk if isinstance(caller, Person) else caller.owner_id,
        body=stored_text(value),
        salt=os.urandom(32),
        item_id=uuid7() if routed.to_person else None,
        known_version=model.versions.get(posted.version),
    )


def facts_of(posted: Posted, model: KnownModel, catalogue: Catalogue, *, now: dt.datetime) -> engine.Facts:
    """What routing has to know. Whoever posts for a system that nobody classified is told so."""
    odd = posted.odd
    schema, holds = model.schema, model.holds
    version = model.versions.get(posted.version)
    enforced = catalogue.environments.get(posted.environment, False)
    if enforced and holds.class_ is None:
        posted.warnings.append(UNCLASSIFIED)
    return engine.Facts(
        external_id=posted.external_id,
        confidence=posted.confidence,
        output=posted.output,
        scores=posted.scores,
        classes=engine.classes_of(posted.output, model.class_field),
        output_valid=posted.has_output and schema.output.is_valid(posted.output),
        input_valid=schema.input is None or schema.input.is_valid(posted.input),
        known_version=version is not None,
        known_environment=posted.environment in catalogue.environments,
        suspended=holds.suspended(version),
        not_approved=enforced and holds.not_approved(version, posted.environment, now),
        extras=odd,
    )


def stored_subject_hash(arrival: Arrival) -> bytes | None:
    """The keyed hash of the data subject, if the caller named one."""
    subject = arrival.posted.subject
    return None if subject is None else subject_hash(subject)


def _permit(caller: Any, model: KnownModel, posted: Posted) -> None:
    if not caller.has_perm(POST_PREDICTIONS, model):
        if not reaches(caller, model):
            raise UnknownModel(UNKNOWN_MODEL.format(posted.model[:100]))
        raise NotPermitted(CANNOT_POST)
    if (
        isinstance(caller, ServiceKey)
        and caller.environments
        and posted.environment not in caller.environments
    ):
        raise NotPermitted(OTHER_ENVIRONMENT)
