"""How many SIM cards an account has, counted after a sweep so that no page has to."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import TelnyxAccount


class FleetCounts(models.Model):
    """The present SIM cards of an account by what lists filter by, as of `counted_at`."""

    account = models.OneToOneField(TelnyxAccount, models.CASCADE, related_name="fleet_counts")
    total = models.BigIntegerField(default=0)
    by_status = models.JSONField(default=dict)
    # By the primary key of the group, as text; the most populous groups only.
    by_group = models.JSONField(default=dict)
    by_type = models.JSONField(default=dict)
    # Keys: "on", "off".
    by_voice = models.JSONField(default=dict)
    # The most frequent tags only.
    by_tag = models.JSONField(default=dict)
    without_group = models.BigIntegerField(default=0)
    counted_at = models.DateTimeField(default=timezone.now)
    # What counting took.
    duration = models.DurationField(null=True)

    def __str__(self) -> str:
        return f"{self.total} SIM cards of {self.account_id}"
