"""What changed on SIM cards, groups, orders and the rest."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import TelnyxAccount
from fleet.models.operations import Operation
from fleet.models.sim_cards import SimCard
from fleet.models.sync_runs import Resource, SyncRun


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
    "ipv4": "IPv4 address",
    "ipv6": "IPv6 address",
    "public_ip": "Public IP",
    "blocklist_remote_id": "Blocklist",
    "gateway_remote_id": "Gateway",
    "is_default": "Default group",
    "tracking_url": "Tracking",
    "removed": "Removed from Telnyx",
    "returned": "Back at Telnyx",
    "added": "Added",
}


_SWITCHES = {"voice_enabled", "is_default"}


class Event(models.Model):
    """A difference, written in the transaction that wrote it. A partition for each month."""

    account = models.ForeignKey(TelnyxAccount, models.CASCADE, related_name="+", db_index=False)
    # What it happened to: a SIM card, or else a row of another resource, with its name at the time.
    resource = models.CharField(max_length=20, choices=Resource, default=Resource.SIM_CARDS)
    sim_card = models.ForeignKey(
        SimCard, models.CASCADE, related_name="events", null=True, db_index=False
    )
    row_id = models.BigIntegerField(null=True)
    subject = models.TextField(default="")
    at = models.DateTimeField()
    # A column's name, or "added", "removed", "returned".
    what = models.CharField(max_length=40)
    old = models.TextField(null=True)
    new = models.TextField(null=True)
    cause = models.CharField(max_length=10, choices=Cause)
    sync_run = models.ForeignKey(
        SyncRun, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    operation = models.ForeignKey(
        Operation, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    # Who asked for the refresh that saw it.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        indexes = [
            models.Index(fields=["sim_card", "-at"], name="event_sim_card"),
            models.Index(fields=["account", "-at"], name="event_account"),
            models.Index(
                fields=["operation"],
                condition=Q(operation__isnull=False),
                name="event_operation",
            ),
            models.Index(
                fields=["resource", "row_id", "-at"],
                condition=Q(sim_card=None),
                name="event_other",
            ),
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
        return shown_value(self.what, self.old)

    @property
    def new_text(self) -> str:
        """The new value for people."""
        return shown_value(self.what, self.new)


def shown_value(what: str, value: str | None) -> str:
    """A value of an event for people; "" for None."""
    if value and what == "data_limit_mb":
        return f"{Decimal(value).normalize():f} MB"
    if what in _SWITCHES:
        return {"true": "on", "false": "off"}.get(value or "", value or "")
    return value or ""
