"""Postal addresses that SIM card orders go to."""

from __future__ import annotations

from django.db import models

from fleet.models.remote_record import RemoteRecord


class Address(RemoteRecord):
    """An address of the account. Its id is an int64 as a text (specification)."""

    remote_id = models.TextField()
    first_name = models.TextField(default="")
    last_name = models.TextField(default="")
    business_name = models.TextField(default="")
    phone_number = models.TextField(default="")
    street_address = models.TextField(default="")
    extended_address = models.TextField(default="")
    neighborhood = models.TextField(default="")
    borough = models.TextField(default="")
    locality = models.TextField(default="")
    administrative_area = models.TextField(default="")
    postal_code = models.TextField(default="")
    country_code = models.TextField(default="")
    customer_reference = models.TextField(default="")
    # Whether the address is in the account's address book, as it is unless the API says otherwise.
    address_book = models.BooleanField(default=True)

    def __str__(self) -> str:
        parts = (self.recipient, self.street_address, self.locality, self.country_code)
        return ", ".join(part for part in parts if part) or self.remote_id

    @property
    def recipient(self) -> str:
        """Business and person."""
        person = f"{self.first_name} {self.last_name}".strip()
        return ", ".join(part for part in (self.business_name, person) if part)
