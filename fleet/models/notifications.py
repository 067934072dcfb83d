"""Data usage notifications."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from fleet.models.remote_record import RemoteRecord
from fleet.models.sim_cards import SimCard


class Notification(RemoteRecord):
    """Tells that a SIM card has used so much data: `threshold` as it was given, and in MB."""

    sim_card_remote_id = models.UUIDField(null=True)
    sim_card = models.ForeignKey(SimCard, models.SET_NULL, null=True, related_name="notifications")
    threshold = models.TextField(default="")
    threshold_mb = models.DecimalField(max_digits=20, decimal_places=6, null=True)

    class Meta(RemoteRecord.Meta):
        indexes = [
            models.Index(
                fields=["account", "sim_card_remote_id"],
                name="notification_unresolved",
                condition=Q(sim_card=None, sim_card_remote_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Notification at {self.threshold}"
