"""Queues, review items and their slots; judgements and drafts."""

from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from guardian.models import UserObjectPermissionBase

from audit.ids import uuid7
from audit.trail.models import Audited
from governance.access.models import Scope
from registry.systems.models import SLUG_PATTERN, AISystem
from reviews.queue.states import OPEN, PassedOver, State, Verdict


class Queue(Audited):
    """A team's work within one AI system."""

    slug = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="queues")
    scope = models.OneToOneField(Scope, on_delete=models.PROTECT, related_name="queue")
    created_by = models.TextField()
    created_at = models.DateTimeField()

    audit_type = "queue"

    class Meta:
        permissions = [
            ("work_queue", "Can claim and decide items"),
            ("manage_queue", "Can assign, unlock and reopen items"),
        ]
        constraints = [
            models.CheckConstraint(name="reviews_queue_slug_is_plain", condition=Q(slug__regex=SLUG_PATTERN)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_system_id(self) -> UUID:
        return self.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.system_id

    @property
    def access_queue_id(self) -> UUID:
        return self.id


class QueuePermission(UserObjectPermissionBase):
    """Guardian's row for one permission of one person on one queue; derived from assignments."""

    content_object = models.ForeignKey(Queue, on_delete=models.PROTECT)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class ReviewItem(Audited):
    """One prediction waiting for people, or decided by them.

    A prediction has at most one item; disputing or reopening it begins a new round of the same item.
    Rows are kept for ever; what claims look at are the slots of open items.
    """

    prediction_id = models.UUIDField(unique=True)
    model_id = models.UUIDField()
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="items")
    policy_id = models.UUIDField(null=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    round = models.PositiveSmallIntegerField(default=1)
    blocks = models.BooleanField()
    """Whether the prediction's outcome waits for this round. Random checks, flags, reopenings do not."""
    selected_by_routing = models.BooleanField()
    """False once flagged or reopened: such labels have no sampling weight."""
    reasons = ArrayField(models.CharField(max_length=120))
    """Why it came to people: the reason codes of routing, `FLAGGED`, or a reopening."""
    priority = models.PositiveSmallIntegerField()
    reviewers = models.PositiveSmallIntegerField(default=1)
    routed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    sort_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    changed = models.BooleanField(null=True)
    poster_person_id = models.UUIDField(null=True)
    """The person behind the posting token or key: this item is not theirs to review."""

    audit_type = "review"

    class Meta:
        constraints = [
            models.CheckConstraint(name="reviews_known_state", condition=Q(state__in=State.values)),
            models.CheckConstraint(
                name="reviews_decided_says_when",
                condition=~Q(state=State.DECIDED) | Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="reviews_held_says_until_when",
                condition=Q(state=State.HELD, held_until__isnull=False)
                | (~Q(state=State.HELD) & Q(held_until=None)),
            ),
            models.CheckConstraint(
                name="reviews_snoozed_says_until_when",
                condition=Q(state=State.SNOOZED, snoozed_until__isnull=False)
                | (~Q(state=State.SNOOZED) & Q(snoozed_until=None)),
            ),
        ]
        indexes = [
            models.Index(name="reviews_item_decided", fields=["queue", "-decided_at", "-id"]),
            models.Index(name="reviews_item_by", fields=["decided_by", "-decided_at", "-id"]),
            models.Index(name="reviews_item_in_queue", fields=["queue", "id"]),
            models.Index(
                name="reviews_item_open",
                fields=["queue", "sort_at", "id"],
                condition=Q(state__in=sorted(OPEN)),
            ),
            models.Index(
                name="reviews_item_due", fields=["queue", "due_at"], condition=Q(state__in=sorted(OPEN))
            ),
            models.Index(name="reviews_item_held", fields=["held_until"], condition=Q(state=State.HELD)),
            models.Index(
                name="reviews_item_snoozed", fields=["snoozed_until"], condition=Q(state=State.SNOOZED)
            ),
        ]

    @property
    def audit_system_id(self) -> UUID:
        return self.queue.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.queue.system_id

    @property
    def access_queue_id(self) -> UUID:
        return self.queue_id


class Slot(models.Model):
    """The n-th of the N reviewers an open item needs: the hot table that claims work on.

    Rows exist only while somebody may still be asked. `open` is False while snoozed or held: such
    rows are not in the claim index. Lane 0 holds slots that anybody with a role on the queue may take,
    lane 1 those that are kept from somebody, so that claims pass over them cheaply (see `claims.py`).
    """

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(
        ReviewItem, on_delete=models.PROTECT, related_name="slots", db_index=False
    )  # `reviews_slot_numbered` begins with it; one index less on the hottest table
    n = models.PositiveSmallIntegerField()
    queue_id = models.UUIDField()
    lane = models.PositiveSmallIntegerField(default=0)
    sort_at = models.DateTimeField()
    open = models.BooleanField(default=True)
    poster_person_id = models.UUIDField(null=True)
    assigned_to_id = models.UUIDField(null=True)
    """A manager's assignment: only this person is offered the slot."""
    leased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="leases"
    )
    leased_until = models.DateTimeField(null=True)
    leased_at = models.DateTimeField(null=True)
    token = models.BigIntegerField(default=0)
    """The fencing token: greater with every lease that was ever given on any slot."""

    class Meta:
        constraints = [
            models.UniqueConstraint(name="reviews_slot_numbered", fields=["item", "n"]),
            models.UniqueConstraint(
                name="reviews_one_slot_of_an_item_per_person",
                fields=["item", "leased_by"],
                condition=Q(leased_by__isnull=False),
            ),
            models.CheckConstraint(
                name="reviews_lease_says_until_when",
                condition=Q(leased_by=None, leased_until=None)
                | Q(leased_by__isnull=False, leased_until__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="reviews_slot_claim",
                fields=["queue_id", "lane", "sort_at", "id"],
                condition=Q(open=True),
            ),
            models.Index(
                name="reviews_slot_assigned",
                fields=["assigned_to_id", "queue_id", "sort_at", "id"],
                condition=Q(open=True, assigned_to_id__isnull=False),
            ),
            models.Index(
                name="reviews_slot_leases",
                fields=["queue_id", "leased_until"],
                condition=Q(leased_by__isnull=False),
            ),
        ]


class Exclusion(models.Model):
    """A person that an item is kept from in its current round. `skipped` only until nothing else waits."""

    pk = models.CompositePrimaryKey("item_id", "person_id")
    item_id = models.UUIDField()
    person_id = models.UUIDField()
    why = models.CharField(max_length=12, choices=PassedOver.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="reviews_known_exclusion", condition=Q(why__in=PassedOver.values)),
        ]
        indexes = [
            models.Index(
                name="reviews_exclusion_skipped",
                fields=["person_id", "item_id"],
                condition=Q(why=PassedOver.SKIPPED),
            ),
        ]


class Skip(models.Model):
    """A review that somebody passed over, with the reason they gave. Only added to.

    What the cap on passing over counts, and what a manager sees of cherry-picking.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, related_name="skips")
    person_id = models.UUIDField()
    queue_id = models.UUIDField()
    reason = models.TextField(blank=True, default="")
    snoozed_until = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="reviews_skip_needs_a_reason",
                condition=~Q(reason="") | Q(snoozed_until__isnull=False),
            ),
        ]
        indexes = [models.Index(name="reviews_skip_by", fields=["queue_id", "person_id", "-at"])]


class ClaimCursor(models.Model):
    """How far a person has come through the slots of a queue that are kept from them."""

    pk = models.CompositePrimaryKey("person_id", "queue_id")
    person_id = models.UUIDField()
    queue_id = models.UUIDField()
    sort_at = models.DateTimeField()
    slot_id = models.BigIntegerField()


class Draft(models.Model):
    """What a reviewer has typed on an item and not submitted. Seen by nobody else."""

    pk = models.CompositePrimaryKey("item_id", "person_id")
    item_id = models.UUIDField()
    person_id = models.UUIDField()
    body = models.TextField()
    updated_at = models.DateTimeField()


class Judgement(models.Model):
    """One reviewer's answer to one item in one round. Only undoing within the hold, and erasure, change it.

    `output`, `diff` and `comment` are the content that labels and outcomes refer to.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    submission_id = models.UUIDField(unique=True)
    submission_digest = models.BinaryField()
    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, related_name="judgements")
    round = models.PositiveSmallIntegerField()
    n = models.PositiveSmallIntegerField()
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="judgements"
    )
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    output = models.TextField(null=True)
    """JSON text; none when the reviewer could not tell."""
    changed = models.BooleanField(null=True)
    diff = models.JSONField(default=list)
    reasons = ArrayField(models.CharField(max_length=64), default=list)
    comment = models.TextField(blank=True, default="")
    shown_sha256 = models.CharField(max_length=64)
    shown_mode = models.CharField(max_length=24)
    shown_suggestion = models.BooleanField()
    seconds = models.FloatField()
    via = models.CharField(max_length=12)
    """`page` or `api`."""
    token = models.BigIntegerField()
    at = models.DateTimeField()
    final_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    answer = models.JSONField(default=dict)
    """What the submission was answered, for the same submission sent again."""
    erased_at = models.DateTimeField(null=True)
    """Since then output, difference and comment are gone; the rest stands."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="reviews_one_judgement_per_slot_and_round",
                fields=["item", "round", "n"],
                condition=Q(undone_at=None, verdict=Verdict.ANSWER),
            ),
            models.UniqueConstraint(
                name="reviews_one_judgement_per_person_and_round",
                fields=["item", "round", "reviewer"],
                condition=Q(undone_at=None),
            ),
            models.CheckConstraint(
                name="reviews_answer_has_output",
                condition=Q(
                    verdict=Verdict.ANSWER, erased_at=None, output__isnull=False, changed__isnull=False
                )
                | Q(verdict=Verdict.ANSWER, erased_at__isnull=False, output=None)
                | Q(verdict=Verdict.CANNOT_TELL, output=None, changed=None),
            ),
        ]
        indexes = [models.Index(name="reviews_judgement_by", fields=["reviewer", "-at"])]
