"""SIM card groups."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from accounts.models import TelnyxAccount
from fleet.models.blocklists import Blocklist
from fleet.models.gateways import Gateway


class Group(models.Model):
    """A SIM card group as the API last showed it. Only the sync writes these columns."""

    account = models.ForeignKey(
        TelnyxAccount, models.CASCADE, related_name="groups", db_index=False
    )
    remote_id = models.UUIDField()
    name = models.TextField()
    is_default = models.BooleanField(default=False)
    data_limit_mb = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    consumed_mb = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    sim_card_count = models.IntegerField(null=True)
    # Gateway and blocklist as the API names them, and our rows for them once they were seen.
    gateway_remote_id = models.UUIDField(null=True)
    gateway = models.ForeignKey(Gateway, models.SET_NULL, null=True, related_name="groups")
    blocklist_remote_id = models.UUIDField(null=True)
    blocklist = models.ForeignKey(Blocklist, models.SET_NULL, null=True, related_name="groups")
    remote_created_at = models.DateTimeField(null=True)
    remote_updated_at = models.DateTimeField(null=True)
    raw = models.JSONField()
    digest = models.BinaryField(max_length=16)
    first_seen_at = models.DateTimeField()
    read_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "remote_id"], name="group_unique"),
        ]
        indexes = [models.Index(fields=["account", "name"], name="group_account_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The list of the group's SIM cards."""
        return reverse("sim_cards", args=[self.account.slug]) + f"?group={self.remote_id}"

    @property
    def limit_percent(self) -> float | None:
        """Consumption as a share of the pooled limit, in percent; None without a limit."""
        if not self.data_limit_mb:
            return None
        return float(self.consumed_mb / self.data_limit_mb * 100)
