"""What the API does after a request, and how far it got."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from fleet.models.groups import Group
from fleet.models.remote_record import RemoteRecord
from fleet.models.sim_cards import SimCard

IN_PROGRESS = "in-progress"


class BulkAction(RemoteRecord):
    """One request that begins an action on each of many SIM cards.

    The counts are of its SIM card actions; null where the API gave no summary.
    """

    action_type = models.TextField(default="")
    total_count = models.IntegerField(null=True)
    in_progress_count = models.IntegerField(null=True)
    completed_count = models.IntegerField(null=True)
    failed_count = models.IntegerField(null=True)
    interrupted_count = models.IntegerField(null=True)

    class Meta(RemoteRecord.Meta):
        indexes = [
            models.Index(fields=["account", "-remote_created_at"], name="bulk_action_recent"),
        ]

    def __str__(self) -> str:
        return self.action_type or str(self.remote_id)


class SimCardAction(RemoteRecord):
    """An action on one SIM card; the reason belongs to failed and interrupted."""

    sim_card_remote_id = models.UUIDField(null=True)
    sim_card = models.ForeignKey(
        SimCard, models.SET_NULL, null=True, related_name="remote_actions", db_index=False
    )
    bulk_action_remote_id = models.UUIDField(null=True)
    bulk_action = models.ForeignKey(
        BulkAction, models.SET_NULL, null=True, related_name="sim_card_actions", db_index=False
    )
    action_type = models.TextField(default="")
    status = models.TextField(default="")
    status_reason = models.TextField(default="")

    class Meta(RemoteRecord.Meta):
        indexes = [
            models.Index(fields=["account", "-remote_created_at"], name="sim_card_action_recent"),
            models.Index(fields=["sim_card", "-remote_created_at"], name="sim_card_action_card"),
            models.Index(
                fields=["bulk_action"],
                name="sim_card_action_bulk",
                condition=Q(bulk_action__isnull=False),
            ),
            models.Index(
                fields=["account"],
                name="sim_card_action_open",
                condition=Q(status=IN_PROGRESS),
            ),
            models.Index(
                fields=["account", "sim_card_remote_id"],
                name="sim_card_action_no_card",
                condition=Q(sim_card=None, sim_card_remote_id__isnull=False),
            ),
            models.Index(
                fields=["account", "bulk_action_remote_id"],
                name="sim_card_action_no_bulk",
                condition=Q(bulk_action=None, bulk_action_remote_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action_type}: {self.status}"


class GroupAction(RemoteRecord):
    """An action on a SIM card group. What it sets is in `raw`."""

    group_remote_id = models.UUIDField(null=True)
    group = models.ForeignKey(Group, models.SET_NULL, null=True, related_name="remote_actions")
    type = models.TextField(default="")
    status = models.TextField(default="")

    def __str__(self) -> str:
        return f"{self.type}: {self.status}"


class OtaUpdate(RemoteRecord):
    """Settings sent to a SIM card over the air; the list does not say which."""

    sim_card_remote_id = models.UUIDField(null=True)
    sim_card = models.ForeignKey(
        SimCard, models.SET_NULL, null=True, related_name="ota_updates", db_index=False
    )
    type = models.TextField(default="")
    status = models.TextField(default="")

    class Meta(RemoteRecord.Meta):
        indexes = [
            models.Index(fields=["account", "-remote_created_at"], name="ota_update_recent"),
            models.Index(fields=["sim_card", "-remote_created_at"], name="ota_update_card"),
            models.Index(
                fields=["account"], name="ota_update_open", condition=Q(status=IN_PROGRESS)
            ),
            models.Index(
                fields=["account", "sim_card_remote_id"],
                name="ota_update_no_card",
                condition=Q(sim_card=None, sim_card_remote_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type}: {self.status}"
