"""Approval policies, requests with their frozen stages, the people who cannot sign, and signatures.

Who may sign, how often, and when a request is approved is held by triggers, too: see migration
`0011_approval_guards`.
"""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from audit.ids import uuid7
from audit.trail.models import Audited
from governance.access.models import Person
from governance.approvals.states import UNDECIDED, PolicyState, State, Verdict
from registry.catalog.models import Environment, ModelVersion
from registry.systems.models import AISystem

SINCE = "since_last_round"
"""The member of `bound` that says what changed since the round before; it is no part of the digest."""
DIGEST_PATTERN = r"^[0-9a-f]{64}$"


class ApprovalPolicy(Audited):
    """Who signs for a risk class in an environment. A published one is never changed, only followed."""

    risk_class = models.CharField(max_length=40)
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=PolicyState.choices, default=PolicyState.DRAFT)
    body = models.JSONField()
    """As `bodies.read_policy` normalises it."""
    created_by = models.TextField()
    created_at = models.DateTimeField()
    changed_by = models.TextField()
    """Who wrote what it says last; somebody else publishes it."""
    published_by = models.TextField(blank=True, default="")
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    audit_type = "approval_policy"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="governance_approval_policy_numbered", fields=["risk_class", "environment", "number"]
            ),
            models.UniqueConstraint(
                name="governance_one_published_approval_policy",
                fields=["risk_class", "environment"],
                condition=Q(state=PolicyState.PUBLISHED),
            ),
            models.CheckConstraint(
                name="governance_known_approval_policy_state", condition=Q(state__in=PolicyState.values)
            ),
            models.CheckConstraint(
                name="governance_approval_policy_has_second_person",
                condition=Q(state__in=[PolicyState.DRAFT, PolicyState.DISCARDED])
                | (
                    Q(published_at__isnull=False)
                    & ~Q(published_by="")
                    & ~Q(published_by=F("created_by"))
                    & ~Q(published_by=F("changed_by"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.risk_class} in {self.environment_id}, {self.number}"


class ApprovalRequest(Audited):
    """One run of a policy for one version and environment, or for lifting a suspension.

    `policy` is the frozen copy. `digest` binds everything that signers sign for; `bound` says in full what
    that was. Signatures count from round `valid_from` on, if they carry `digest`.
    """

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="approval_requests"
    )
    environment = models.ForeignKey(Environment, null=True, on_delete=models.PROTECT, related_name="+")
    suspension = models.UUIDField(null=True)
    """The suspension that is to be lifted; its room stands above this one."""
    risk_class = models.CharField(max_length=40)
    policy = models.JSONField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.OPEN)
    round = models.PositiveIntegerField(default=1)
    valid_from = models.PositiveIntegerField(default=1)
    bound = models.JSONField()
    artifacts_sha256 = models.CharField(max_length=64)
    record_sha256 = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    requested_by = models.TextField()
    requester = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    submitted_at = models.DateTimeField()
    """Of this round."""
    note = models.TextField(blank=True, default="")
    stage = models.PositiveIntegerField(default=1)
    """The stage that waits for signatures; of a decided request the one that decided it."""
    stage_due_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revalidate_at = models.DateTimeField(null=True)

    audit_type = "approval"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="governance_known_approval_state", condition=Q(state__in=State.values)
            ),
            models.CheckConstraint(
                name="governance_approval_is_about_one_thing",
                condition=Q(version__isnull=False, environment__isnull=False, suspension__isnull=True)
                | Q(version__isnull=True, environment__isnull=True, suspension__isnull=False),
            ),
            models.UniqueConstraint(
                name="governance_one_undecided_approval",
                fields=["version", "environment"],
                condition=Q(state__in=sorted(UNDECIDED)),
            ),
            models.UniqueConstraint(
                name="governance_one_undecided_lifting",
                fields=["suspension"],
                condition=Q(state__in=sorted(UNDECIDED)),
            ),
            models.CheckConstraint(
                name="governance_approval_binds_digests",
                condition=Q(
                    digest__regex=DIGEST_PATTERN,
                    artifacts_sha256__regex=DIGEST_PATTERN,
                    record_sha256__regex=DIGEST_PATTERN,
                ),
            ),
            models.CheckConstraint(
                name="governance_decided_approval_says_when",
                condition=Q(state__in=sorted(UNDECIDED), decided_at=None)
                | (~Q(state__in=sorted(UNDECIDED)) & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="governance_approval_ends",
                condition=~Q(state=State.APPROVED)
                | (Q(expires_at__isnull=False) & Q(expires_at__gt=F("decided_at"))),
            ),
        ]
        indexes = [
            models.Index(
                name="governance_approval_in_force",
                fields=["version", "environment", "-decided_at"],
                condition=Q(state=State.APPROVED),
            ),
            models.Index(name="governance_approvals_by_due", fields=["state", "stage_due_at", "id"]),
            models.Index(name="governance_approvals_by_state", fields=["state", "id"]),
        ]

    @property
    def audit_system_id(self) -> UUID:
        return self.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.system_id

    @property
    def since_last_round(self) -> list[dict[str, str | None]]:
        """What changed when it was submitted again: what, before, after."""
        found: list[dict[str, str | None]] = self.bound.get(SINCE, [])
        return found


class Stage(models.Model):
    """One stage of a request's frozen policy, as the triggers read it. Written before its request."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="stages")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    quorum = models.PositiveIntegerField()
    roles = ArrayField(models.CharField(max_length=20), default=list)
    people = ArrayField(models.UUIDField(), default=list)
    escalate_to = ArrayField(models.CharField(max_length=20), default=list)
    """Roles that may sign, too, once the stage is past its deadline."""
    deadline_hours = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="governance_stage_numbered", fields=["request", "number"]),
            models.CheckConstraint(
                name="governance_stage_needs_signatures", condition=Q(quorum__gte=1, number__gte=1)
            ),
        ]


class Exclusion(models.Model):
    """Somebody who cannot sign this request, nor can anybody of their group. Written before its request."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="exclusions")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    because = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="governance_excluded_once", fields=["request", "person", "because"]),
        ]


class Signature(models.Model):
    """One person's verdict at one stage. Never changed. Its event is the request's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="signatures")
    round = models.PositiveIntegerField()
    stage = models.PositiveIntegerField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    meaning = models.CharField(max_length=500)
    comment = models.TextField(blank=True, default="")
    conditions = models.JSONField(default=list)
    printed_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    role = models.CharField(max_length=20, blank=True, default="")
    """The role it was signed in; empty where the policy names the person."""
    role_since = models.DateTimeField(null=True)
    role_granted_by = models.TextField(blank=True, default="")
    proof = models.CharField(max_length=100)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="governance_one_signature_per_person_and_stage",
                fields=["request", "round", "stage", "person"],
            ),
            models.CheckConstraint(name="governance_known_verdict", condition=Q(verdict__in=Verdict.values)),
            models.CheckConstraint(
                name="governance_signature_has_meaning",
                condition=~Q(meaning="") & ~Q(printed_name="") & ~Q(proof=""),
            ),
        ]


class Notice(models.Model):
    """Something that was told once about a request: a reminder, an escalation, an expiry."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="notices")
    what = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="governance_told_once", fields=["request", "what"]),
        ]
