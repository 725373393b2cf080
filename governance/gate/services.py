"""Answering: look, judge, sign, keep. Everything that goes wrong on the way lets nothing through."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError

from audit.ids import uuid7
from audit.refusals import Busy, NotPermitted
from audit.trail.actors import Actor
from governance.access.models import ServiceKey
from governance.gate import counting, facts, keys, known, naming, policies, receipts, statements
from governance.gate.facts import Standing, Subject
from governance.gate.judging import Judgement, judge, undecidable
from governance.gate.known import Known
from governance.gate.reading import Question
from registry.catalog.cards import digest_of
from registry.catalog.models import Environment, ModelVersion
from registry.deployments.hooks import GateAnswer

log = structlog.get_logger(__name__)

ATTEMPTS: Final = 8
CHANGING: Final = "The registry is being changed at this moment; ask again."
CONTEXT_OF_A_DEPLOYMENT: Final[Mapping[str, Any]] = {}
"""A deployment has no context: an approval whose conditions ask for some is checked by a pipeline."""


class Looked(NamedTuple):
    """What was found out about a question."""

    subject: Subject | None
    standing: Standing
    judgement: Judgement
    approval: UUID | None = None


def answer(*, question: Question, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Decide a question, sign the answer and keep it; as `POST /gate` gives it.

    Raises:
        NotPermitted: `actor` may not ask the gate, or not about this environment.
        CannotSign: there is no key to sign with.
        KeyEnded: the caller's key was revoked or has expired.
        Busy: the registry changed at every attempt.
    """
    if reason := policies.why_not_ask(actor, question.environment):
        raise NotPermitted(reason)
    signer = keys.signer()
    naming.name(signer, now=now)
    context_sha256 = digest_of(question.context)
    ground = known.current()
    for _ in range(ATTEMPTS):
        looked = look(question, ground, actor, now=now)
        id_ = uuid7()
        predicate = _predicate(id_, question, looked, actor, context_sha256, now)
        envelope = receipts.seal(_statement(question, looked, predicate), signer)
        if _keep(id_, question, looked, actor, context_sha256, envelope, ground, now):
            counting.count(looked.judgement.decision, looked.standing.kind)
            return {
                "decision": predicate["decision"],
                "reasons": predicate["reasons"],
                "approval": predicate["approval"],
                "expires_at": predicate["expires_at"],
                "receipt": envelope,
            }
        ground = known.renewed(ground)
    raise Busy(CHANGING)


def for_deployment(
    *, version: ModelVersion, environment: Environment, actor: Actor, now: dt.datetime
) -> GateAnswer:
    """What `registry.deployments` asks in its transaction: read afresh, kept in the ledger it writes."""
    standing = facts.standing_of(facts.subject_of(version), environment.slug, now=now)
    judgement = _judged(standing, known_=True, context=CONTEXT_OF_A_DEPLOYMENT, matches=None, now=now)
    return GateAnswer(judgement.decision, judgement.reasons)


def look(question: Question, ground: Known, actor: Actor, *, now: dt.datetime) -> Looked:
    """Find what the question is about, and judge it. What cannot be decided is a denial."""
    try:
        subjects = _subjects(question, ground, actor)
        subject = subjects[0] if len(subjects) == 1 else None
        matches = len(subjects) if question.artifacts else None
        standing = _standing(subject, question.environment, ground, now=now)
        judgement = _judged(
            standing, known_=subject is not None, context=question.context, matches=matches, now=now
        )
        approval = standing.approval_at(now)
        return Looked(subject, standing, judgement, approval.id if approval is not None else None)
    except (OperationalError, InterfaceError):
        raise  # the database is away: that is no answer at all
    except Exception:
        log.exception("gate.undecidable", environment=question.environment)
        nothing = undecidable("The gate could not read what it needs, so nothing is let through.")
        return Looked(None, Standing(question.environment), nothing)


def _subjects(question: Question, ground: Known, actor: Actor) -> Sequence[Subject]:
    """The versions that are meant, among those that the actor may know."""
    if question.artifacts:
        found = ground.holding(tuple(question.artifacts))
    else:
        named = None
        if "\x00" not in question.model + question.version:
            named = ground.named(question.model, question.version)
        found = [named] if named else []
    return [each for each in found if policies.may_know(actor, each)]


def _standing(subject: Subject | None, environment: str, ground: Known, *, now: dt.datetime) -> Standing:
    if subject is not None:
        return ground.standing(subject, environment, now=now)
    place = Environment.objects.filter(slug=environment.replace("\x00", "")).first()
    return Standing(environment, kind=place.kind, mode=place.mode) if place else Standing(environment)


def _judged(
    standing: Standing, *, known_: bool, context: Mapping[str, Any], matches: int | None, now: dt.datetime
) -> Judgement:
    return judge(facts.facts_of(standing, known=known_, context=context, matches=matches, now=now))


def _predicate(
    id_: UUID, question: Question, looked: Looked, actor: Actor, context_sha256: str, now: dt.datetime
) -> dict[str, Any]:
    """What the receipt says. About what the actor may not know it repeats the question and nothing else."""
    subject = looked.subject
    return {
        "answer": str(id_),
        "decision": looked.judgement.decision,
        "reasons": [reason.as_json() for reason in looked.judgement.reasons],
        "model": subject.model if subject else question.model or None,
        "version": subject.version if subject else question.version or None,
        "environment": question.environment,
        "mode": looked.standing.mode,
        "approval": str(looked.approval) if looked.approval else None,
        "nonce": question.nonce,
        "context_sha256": context_sha256,
        "asked_at": now,
        "expires_at": now + receipts.LIVES,
        "caller": actor.audit_ref,
    }


def _statement(question: Question, looked: Looked, predicate: Mapping[str, Any]) -> dict[str, Any]:
    """About the artifacts of the version; about those that were asked for if none was found."""
    artifacts = list(looked.subject.artifacts) if looked.subject else []
    asked = [(f"sha256:{sha256}", sha256) for sha256 in question.artifacts]
    about = artifacts or asked or [(receipts.QUESTION, digest_of(question.as_json()))]
    return receipts.statement(artifacts=about, predicate=predicate)


def _keep(
    id_: UUID,
    question: Question,
    looked: Looked,
    actor: Actor,
    context_sha256: str,
    envelope: Mapping[str, Any],
    ground: Known,
    now: dt.datetime,
) -> bool:
    subject = looked.subject
    row = statements.Kept(
        id=id_,
        asked_by=actor.audit_ref,
        asked_at=now,
        version=subject.version_id if subject else None,
        asked_for=question.asked_for,
        environment=question.environment,
        decision=looked.judgement.decision,
        reasons=[reason.code for reason in looked.judgement.reasons],
        approval=looked.approval,
        context_sha256=context_sha256,
        receipt_sha256=receipts.digest_of_envelope(envelope),
    )
    named = {"model": subject.model, "version": subject.version} if subject else {}
    return statements.keep(
        row,
        epoch=ground.epoch,
        key=actor.pk if isinstance(actor, ServiceKey) else None,
        system_id=subject.system_id if subject else None,
        named=named,
    )
