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

    REGIONS = "regions", "Regions"
    BLOCKLIST_VALUES = "blocklist_values", "Blocklist values"
    ADDRESSES = "addresses", "Addresses"
    BILLING_GROUPS = "billing_groups", "Billing groups"
    VOICE_CONNECTIONS = "voice_connections", "Mobile voice connections"
    GATEWAYS = "gateways", "Private wireless gateways"
    BLOCKLISTS = "blocklists", "Blocklists"
    GROUPS = "groups", "SIM card groups"
    SIM_CARDS = "sim_cards", "SIM cards"
    NOTIFICATIONS = "notifications", "Data usage notifications"
    ORDERS = "orders", "SIM card orders"
    BULK_ACTIONS = "bulk_actions", "Bulk actions"
    SIM_CARD_ACTIONS = "sim_card_actions", "SIM card actions"
    GROUP_ACTIONS = "group_actions", "Group actions"
    OTA_UPDATES = "ota_updates", "OTA updates"
    DETAILS = "details", "SIM card details and public IPs"


class SyncState(models.TextChoices):
    """The life of a sweep."""

    RUNNING = "running", "Running"
    COMPLETE = "complete", "Complete"
    PARTIAL = "partial", "Ended early"
    FAILED = "failed", "Failed"


class SyncRun(models.Model):
    """One sweep: what it saw, what changed, how it ended."""

    # A run that shows no progress for this long, and whose lock nobody holds, is dead. Operations
    # wait for it, so it is short; it only has to outlast the moment from row to lock.
    HEARTBEAT = timedelta(seconds=15)

    account = models.ForeignKey(
        TelnyxAccount, models.CASCADE, related_name="sync_runs", db_index=False
    )
    resource = models.CharField(max_length=20, choices=Resource)
    # Only the SIM cards of this group were asked for.
    group_remote_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=SyncState, default=SyncState.RUNNING)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    started_at = models.DateTimeField(default=timezone.now)
    progressed_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    expected = models.IntegerField(null=True)
    # So many pages from the first on have been read and stored: a stopped run resumes after them.
    pages = models.IntegerField(default=0)
    resumed = models.PositiveSmallIntegerField(default=0)
    # The account's; with another key or URL the pages may be those of another fleet.
    connection_version = models.PositiveIntegerField(default=1)
    # Pages at which the list moved while it was read, and around which it is read again at the end.
    moved_at = models.JSONField(default=list)
    seen = models.IntegerField(default=0)
    new = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    removed = models.IntegerField(default=0)
    api_calls = models.IntegerField(default=0)
    error_count = models.IntegerField(default=0)
    # Of a list read to its end: records that have no row, because they cannot be stored.
    unstorable = models.IntegerField(default=0)
    # Broken records and ids not asked for, at most a hundred: [{"reason": str, "raw": str}]
    errors = models.JSONField(default=list)
    outcome = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "resource"],
                condition=Q(state=SyncState.RUNNING, group_remote_id=None),
                name="sync_run_one_running",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "resource", "-started_at"], name="sync_run_recent"),
            models.Index(fields=["account", "-progressed_at"], name="sync_run_progress"),
            # Every page asks what runs, and what has run is never deleted.
            models.Index(
                fields=["account"], condition=Q(state=SyncState.RUNNING), name="sync_run_running"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_resource_display()} of {self.account}, {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def percent(self) -> int | None:
        """Progress in percent; None before the API said how many there are."""
        if self.expected is None:
            return None
        return min(100, round(100 * self.seen / self.expected)) if self.expected else 100


class SyncSchedule(models.Model):
    """When a resource of an account is swept next, and why then."""

    account = models.ForeignKey(
        TelnyxAccount, models.CASCADE, related_name="sync_schedules", db_index=False
    )
    resource = models.CharField(max_length=20, choices=Resource)
    due_at = models.DateTimeField(default=timezone.now)
    # The pause that the last run led to, and the reason in words.
    pause_seconds = models.FloatField(default=0)
    reason = models.TextField(default="")
    failures = models.PositiveSmallIntegerField(default=0)
    # Of a rotation: where it stands.
    cursor = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "resource"], name="sync_schedule_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.get_resource_display()} of {self.account}: {self.due_at:%Y-%m-%d %H:%M}"
