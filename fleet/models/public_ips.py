"""Public IP addresses of SIM cards."""

from __future__ import annotations

from django.db import models

from accounts.models import TelnyxAccount
from fleet.models.sim_cards import SimCard


class PublicIp(models.Model):
    """The public IP of a SIM card. Only the sync writes it; the API has no list of them."""

    account = models.ForeignKey(TelnyxAccount, models.CASCADE, related_name="+", db_index=False)
    sim_card = models.OneToOneField(SimCard, models.CASCADE, related_name="public_ip")
    # "" until it is provisioned.
    ip = models.TextField(default="")
    type = models.TextField(default="")
    region_code = models.TextField(default="")
    raw = models.JSONField(default=dict)
    read_at = models.DateTimeField()
    # Null while the SIM card has one.
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "read_at"], name="public_ip_read")]

    def __str__(self) -> str:
        return self.ip or "being provisioned"
