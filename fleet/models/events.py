"""What changed on SIM cards."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from accounts.models import TelnyxAccount
from fleet.models.operations import Operation
from fleet.models.sim_cards import SimCard
from fleet.models.sync_runs import SyncRun


class Cause(models.TextChoices):
    """How a change came to be seen."""

    SWEEP = "sweep", "Seen by a sync"
    REFRESH = "refresh", "Seen by a refresh"
    OPERATION = "operation", "Operation"


_LABELS = {
    "group_remote_id": "Group",
    "authorized_imeis": "IMEI lock",
    "data_limit_mb": "Data limit",
    "voice_enabled": "Voice",
    "esim_installation_status": "eSIM installation",
    "iccid": "ICCID",
    "imsi": "IMSI",
    "msisdn": "MSISDN",
    "imei": "IMEI",
    "mcc": "MCC",
    "mnc": "MNC",
    "removed": "Removed from Telnyx",
    "returned": "Back at Telnyx",
    "added": "Added",
}


class Event(models.Model):
    """A difference on a SIM card, written in the transaction that wrote the difference."""

    account = models.ForeignKey(TelnyxAccount, models.CASCADE, related_name="+", db_index=False)
    sim_card = models.ForeignKey(SimCard, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    # A column's name, or "added", "removed", "returned".
    what = models.CharField(max_length=40)
    old = models.TextField(null=True)
    new = models.TextField(null=True)
    cause = models.CharField(max_length=10, choices=Cause)
    sync_run = models.ForeignKey(SyncRun, models.SET_NULL, null=True, related_name="+")
    operation = models.ForeignKey(Operation, models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["sim_card", "-at"], name="event_sim_card"),
            models.Index(fields=["account", "-at"], name="event_account"),
        ]

    def __str__(self) -> str:
        return f"{self.what}: {self.old} → {self.new}"

    @property
    def what_label(self) -> str:
        """What changed, for people."""
        return _LABELS.get(self.what, self.what.replace("_", " ").capitalize())

    @property
    def old_text(self) -> str:
        """The old value for people."""
        return self._text(self.old)

    @property
    def new_text(self) -> str:
        """The new value for people."""
        return self._text(self.new)

    def _text(self, value: str | None) -> str:
        if value and self.what == "data_limit_mb":
            return f"{Decimal(value).normalize():f} MB"
        return {"true": "on", "false": "off"}.get(value or "", value or "")
