"""What each SIM card consumed on each day."""

from __future__ import annotations

from django.db import models

from accounts.models import TelnyxAccount
from fleet.models.sim_cards import SimCard


class DailyUsage(models.Model):
    """The growth of a SIM card's counter on one day (UTC), in MB, as the syncs saw it.

    A partition for each month. The API's counter is one for the billing period and starts over
    with it. Growth is booked on the day on which it was read, so a pause in syncing moves it.
    """

    pk = models.CompositePrimaryKey("sim_card_id", "day")
    account = models.ForeignKey(TelnyxAccount, models.CASCADE, related_name="+", db_index=False)
    sim_card = models.ForeignKey(
        SimCard, models.CASCADE, related_name="daily_usage", db_index=False
    )
    day = models.DateField()
    used_mb = models.DecimalField(max_digits=20, decimal_places=6)

    class Meta:
        indexes = [models.Index(fields=["account", "day"], name="daily_usage_account")]

    def __str__(self) -> str:
        return f"{self.day}: {self.used_mb} MB"
