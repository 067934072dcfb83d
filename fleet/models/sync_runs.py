"""Sweeps over one resource of one account."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import TelnyxAccount


class Resource(models.TextChoices):
    """What is synced, parents first."""

    GROUPS = "groups", "SIM card groups"
    SIM_CARDS = "sim_cards", "SIM cards"


class SyncState(models.TextChoices):
    """The life of a sweep."""

    RUNNING = "running", "Running"
    COMPLETE = "complete", "Complete"
    PARTIAL = "partial", "Ended early"
    FAILED = "failed", "Failed"


class SyncRun(models.Model):
    """One sweep: what it saw, what changed, how it ended."""

    # A run that shows no progress for this long is taken for dead.
    HEARTBEAT = timedelta(seconds=120)

    account = models.ForeignKey(
        TelnyxAccount, models.CASCADE, related_name="sync_runs", db_index=False
    )
    resource = models.CharField(max_length=20, choices=Resource)
    state = models.CharField(max_length=10, choices=SyncState, default=SyncState.RUNNING)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    started_at = models.DateTimeField(default=timezone.now)
    progressed_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    expected = models.IntegerField(null=True)
    seen = models.IntegerField(default=0)
    new = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    removed = models.IntegerField(default=0)
    api_calls = models.IntegerField(default=0)
    error_count = models.IntegerField(default=0)
    # Broken records, at most a hundred a run: [{"reason": str, "raw": str}]
    errors = models.JSONField(default=list)
    outcome = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "resource"],
                condition=Q(state=SyncState.RUNNING),
                name="sync_run_one_running",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "resource", "-started_at"], name="sync_run_recent"),
            models.Index(fields=["account", "-progressed_at"], name="sync_run_progress"),
        ]

    def __str__(self) -> str:
        return f"{self.get_resource_display()} of {self.account}, {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def percent(self) -> int | None:
        """Progress in percent; None before the API said how many there are."""
        if self.expected is None:
            return None
        return min(100, round(100 * self.seen / self.expected)) if self.expected else 100
