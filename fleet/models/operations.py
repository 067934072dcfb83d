"""Operations and their targets. The rows are the queue: what is due is read from them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models.groups import Group
from fleet.models.sim_cards import SimCard


class OperationState(models.TextChoices):
    """The life of an operation."""

    PLANNED = "planned", "Planned"
    AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
    SCHEDULED = "scheduled", "Scheduled"
    RUNNING = "running", "Running"
    # Nothing is sent until somebody goes on; what is under way is followed.
    PAUSED = "paused", "Paused"
    SUCCEEDED = "succeeded", "Succeeded"
    PARTLY_FAILED = "partly_failed", "Partly failed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    UNDONE = "undone", "Undone"


# Nothing of it has been sent yet, and somebody may still think better of it.
NOT_STARTED = (
    OperationState.PLANNED,
    OperationState.AWAITING_APPROVAL,
    OperationState.SCHEDULED,
)
# Its targets are sent, or followed, or both.
ACTIVE = (OperationState.RUNNING, OperationState.PAUSED)


class TargetState(models.TextChoices):
    """The life of a target."""

    QUEUED = "queued", "Queued"
    SUBMITTING = "submitting", "Submitting"
    IN_PROGRESS = "in_progress", "In progress"
    UNKNOWN = "unknown", "Unknown"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    INTERRUPTED = "interrupted", "Interrupted"
    SKIPPED = "skipped", "Skipped"


# A claim's answer is not known yet.
CLAIMED = (TargetState.SUBMITTING, TargetState.UNKNOWN)
# Something of ours is, or may be, under way at the API.
UNDER_WAY = (TargetState.SUBMITTING, TargetState.IN_PROGRESS, TargetState.UNKNOWN)
OPEN = (TargetState.QUEUED, *UNDER_WAY)


class Operation(models.Model):
    """One request of one person on 1..n SIM cards, or on 1..n groups."""

    account = models.ForeignKey(
        TelnyxAccount, models.CASCADE, related_name="operations", db_index=False
    )
    kind = models.CharField(max_length=40)
    # What the kind asks for, as its `clean` gave it.
    inputs = models.JSONField(default=dict)
    state = models.CharField(max_length=20, choices=OperationState, default=OperationState.PLANNED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # How the targets were chosen, for the record: {"ids": number}, {"filter": "query string"},
    # {"identifiers": {...counts}}, {"retry_of": id}, {"undo_of": id}
    selection = models.JSONField(default=dict)
    target_count = models.IntegerField(default=0)
    skipped_count = models.IntegerField(default=0)
    # Targets that have not ended, as last counted: pages that are polled do not count them.
    open_count = models.IntegerField(default=0)
    # Targets that nobody selected, but that the API would change with the others.
    bystander_count = models.IntegerField(default=0)
    # Per month, in `currency`: what the bill grows by if every eligible target gets there.
    cost_change = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="USD")
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    finished_at = models.DateTimeField(null=True)
    # Moves with every change of a target, so that a page asks one row whether to look again.
    progressed_at = models.DateTimeField(default=timezone.now)

    # Why a second person has to approve, in words; "" where nobody has to.
    approval_reason = models.TextField(default="")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    # Nothing is sent before the one and after the other; null for no such bound.
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    # So many targets go first; where more than that many percent of them fail, it pauses.
    canary_count = models.PositiveIntegerField(null=True)
    canary_failures_percent = models.PositiveSmallIntegerField(null=True)
    # While the canaries go: targets with a greater id wait.
    canary_until = models.BigIntegerField(null=True)
    # Since then nothing more of it is sent.
    cancelled_at = models.DateTimeField(null=True)
    # Why it paused or was cancelled, in words.
    stopped_reason = models.TextField(default="")
    # The operation whose failures this one repeats, or whose effect it takes back.
    retries = models.ForeignKey("self", models.SET_NULL, null=True, related_name="retried_by")
    undoes = models.ForeignKey("self", models.SET_NULL, null=True, related_name="undone_by")

    class Meta:
        indexes = [
            models.Index(fields=["account", "-created_at"], name="operation_recent"),
            models.Index(fields=["account", "-progressed_at"], name="operation_progress"),
            models.Index(
                fields=["account"],
                condition=Q(state__in=["awaiting_approval", "scheduled", "running", "paused"]),
                name="operation_active",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind}"

    def get_absolute_url(self) -> str:
        """The plan or run page."""
        return reverse("operation", args=[self.account.slug, self.pk])

    @property
    def eligible_count(self) -> int:
        """Targets that are, or were, to be sent."""
        return self.target_count - self.skipped_count

    @property
    def is_active(self) -> bool:
        """Whether targets are being sent or followed."""
        return self.state in ACTIVE

    @property
    def may_start(self) -> bool:
        """Whether it is a plan that nobody has started or discarded."""
        return self.state == OperationState.PLANNED


class OperationTarget(models.Model):
    """One SIM card, or one group, in an operation."""

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="targets", db_index=False)
    sim_card = models.ForeignKey(SimCard, models.CASCADE, related_name="targets", null=True)
    group = models.ForeignKey(Group, models.CASCADE, related_name="targets", null=True)
    # Where an operation does not the same to all, as an undo: the kind and inputs of this one.
    kind = models.CharField(max_length=40, default="")
    inputs = models.JSONField(null=True)
    # Nobody selected it, but the API changes it with the others.
    bystander = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=TargetState, default=TargetState.QUEUED)
    # Why skipped or failed, or what is being waited for, in words.
    reason = models.TextField(default="")
    # The values the operation changes, as they were when it was planned, and when it was verified.
    prior = models.JSONField(default=dict)
    after = models.JSONField(null=True)
    # How often something was sent.
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    # While submitting: when the claim lapses. While queued again: not before.
    due_at = models.DateTimeField(null=True)
    remote_action_id = models.TextField(null=True)
    # The bulk action that it was sent with; its own action is found in the API's list.
    remote_bulk_id = models.TextField(null=True)
    # The API refused it, perhaps because it is as wanted already: what is read back decides.
    refused = models.BooleanField(default=False)
    # When the API accepted it or, without an answer, when a request that it may have got was sent.
    submitted_at = models.DateTimeField(null=True)
    # The remote action has completed; what it changed still has to be read back.
    acted_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sim_card__isnull=True) ^ Q(group__isnull=True), name="target_of_one"
            ),
            models.UniqueConstraint(
                fields=["operation", "sim_card"], name="target_once_per_operation"
            ),
            models.UniqueConstraint(
                fields=["operation", "group"],
                condition=Q(group__isnull=False),
                name="target_group_once",
            ),
            # Two operations never act on one SIM card, or group, at once, whatever races.
            models.UniqueConstraint(
                fields=["sim_card"],
                condition=Q(state__in=["submitting", "in_progress", "unknown"]),
                name="target_one_under_way",
            ),
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(
                    group__isnull=False, state__in=["submitting", "in_progress", "unknown"]
                ),
                name="target_group_one_under_way",
            ),
            models.UniqueConstraint(
                fields=["remote_action_id"],
                condition=Q(remote_action_id__isnull=False),
                name="target_remote_action_once",
            ),
        ]
        indexes = [
            models.Index(fields=["operation", "state", "id"], name="target_operation_state"),
            models.Index(fields=["operation", "id"], name="target_operation"),
            models.Index(
                fields=["sim_card"],
                condition=Q(state__in=["queued", "submitting", "in_progress", "unknown"]),
                name="target_open",
            ),
            models.Index(
                fields=["operation"],
                condition=Q(state__in=["submitting", "in_progress", "unknown"]),
                name="target_under_way",
            ),
            models.Index(fields=["due_at"], condition=Q(state="submitting"), name="target_claims"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.get_state_display()}"

    @property
    def subject(self) -> SimCard | Group:
        """What is acted on."""
        found = self.sim_card or self.group
        assert found is not None
        return found


class IdentifierReport(models.Model):
    """What became of each pasted or uploaded identifier of an operation's selection."""

    operation = models.OneToOneField(
        Operation, models.CASCADE, related_name="identifier_report", primary_key=True
    )
    # Of each: row (from 1), given, outcome (matched, unmatched, duplicate ...), detail.
    rows = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"Identifiers of operation {self.operation_id}"
