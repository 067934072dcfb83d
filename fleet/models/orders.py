"""Orders of physical SIM cards."""

from __future__ import annotations

from django.db import models

from fleet.models.addresses import Address
from fleet.models.remote_record import RemoteRecord


class Order(RemoteRecord):
    """An order of `quantity` SIM cards.

    `address` is our row for where it went; the address as it was then is in `raw`. The cost is in
    whole units of its currency (ISO 4217).
    """

    quantity = models.IntegerField(null=True)
    status = models.TextField(default="")
    cost_amount = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    cost_currency = models.TextField(default="")
    tracking_url = models.TextField(default="")
    address_remote_id = models.TextField(default="")
    address = models.ForeignKey(Address, models.SET_NULL, null=True, related_name="orders")
    locality = models.TextField(default="")
    country_code = models.TextField(default="")

    def __str__(self) -> str:
        return f"Order {self.remote_id}"
