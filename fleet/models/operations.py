"""Operations and their targets. The rows are the queue: what is due is read from them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models.sim_cards import SimCard


class OperationState(models.TextChoices):
    """The life of an operation."""

    PLANNED = "planned", "Planned"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    PARTLY_FAILED = "partly_failed", "Partly failed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


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
    """One request of one person on 1..n SIM cards."""

    account = models.ForeignKey(
        TelnyxAccount, models.CASCADE, related_name="operations", db_index=False
    )
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=16, choices=OperationState, default=OperationState.PLANNED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # How the SIM cards were chosen, for the record: {"ids": [...]} or {"filter": "query string"}
    selection = models.JSONField(default=dict)
    target_count = models.IntegerField(default=0)
    skipped_count = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # Moves with every change of a target, so that a page asks one row whether to look again.
    progressed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["account", "-created_at"], name="operation_recent"),
            models.Index(fields=["account", "-progressed_at"], name="operation_progress"),
            models.Index(
                fields=["account"], condition=Q(state="running"), name="operation_running"
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


class OperationTarget(models.Model):
    """One SIM card in an operation."""

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="targets")
    sim_card = models.ForeignKey(SimCard, models.CASCADE, related_name="targets")
    state = models.CharField(max_length=12, choices=TargetState, default=TargetState.QUEUED)
    # Why skipped or failed, or what is being waited for, in words.
    reason = models.TextField(default="")
    # The values the operation changes, as they were when it was planned.
    prior = models.JSONField(default=dict)
    # How often something was sent.
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    # While submitting: when the claim lapses. While queued again: not before.
    due_at = models.DateTimeField(null=True)
    remote_action_id = models.TextField(null=True)
    # When the API accepted it or, without an answer, when a request that it may have got was sent.
    submitted_at = models.DateTimeField(null=True)
    # The remote action has completed; the SIM card still has to be read back.
    acted_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "sim_card"], name="target_once_per_operation"
            ),
            # Two operations never act on one SIM card at once, whatever races.
            models.UniqueConstraint(
                fields=["sim_card"],
                condition=Q(state__in=["submitting", "in_progress", "unknown"]),
                name="target_one_under_way",
            ),
            models.UniqueConstraint(
                fields=["remote_action_id"],
                condition=Q(remote_action_id__isnull=False),
                name="target_remote_action_once",
            ),
        ]
        indexes = [
            models.Index(fields=["operation", "state", "id"], name="target_operation_state"),
            models.Index(
                fields=["sim_card"],
                condition=Q(state__in=["queued", "submitting", "in_progress", "unknown"]),
                name="target_open",
            ),
            models.Index(fields=["due_at"], condition=Q(state="submitting"), name="target_claims"),
        ]

    def __str__(self) -> str:
        return f"{self.sim_card}: {self.get_state_display()}"
