"""What workers do about the classification: messages."""

from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail

from audit.pages import link_to
from governance.access.roles import Role
from governance.access.selectors import holders_of
from governance.risk import policies
from governance.risk.models import AssessmentDraft, Override
from governance.risk.states import OverrideState


@shared_task
def tell_handed_over(*, draft_id: str) -> None:
    """Tell whoever has a questionnaire now. A second message after a crash does no harm."""
    draft = AssessmentDraft.objects.select_related("system", "holder").filter(pk=UUID(draft_id)).first()
    if draft is not None and draft.holder.is_active:
        subject = f"You were given the risk questions of {draft.system.name}"
        _mail([draft.holder.email], subject, link_to("page-risk", draft.system.slug))


@shared_task
def tell_proposed(*, override_id: str) -> None:
    """Tell those who can decide a proposed class as the second person. A second message does no harm."""
    found = (
        Override.objects.select_related("system", "proposer", "assessment")
        .filter(pk=UUID(override_id))
        .first()
    )
    if found is None or found.state != OverrideState.PROPOSED:
        return
    people = holders_of([Role.COMPLIANCE_OFFICER, Role.RISK_OFFICER], system_id=found.system_id)
    deciding = [person.email for person in people if policies.why_not_decide(person, found) is None]
    subject = f"Another risk class is proposed for {found.system.name}"
    _mail(deciding, subject, link_to("page-risk-assessment", found.system.slug, found.assessment.number))


def _mail(addresses: list[str], subject: str, link: str) -> None:
    """One message to each, so that nobody learns who else was told. It names no reason."""
    for address in addresses:
        text = f"{subject}.\n\nLook at it: {link}\n"
        send_mail(f"Countersign: {subject}", text, settings.DEFAULT_FROM_EMAIL, [address])
