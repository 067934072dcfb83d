"""Billing groups."""

from __future__ import annotations

from django.db import models

from fleet.models.remote_record import RemoteRecord


class BillingGroup(RemoteRecord):
    """A billing group. One that was deleted may still be listed, with the time of it."""

    name = models.TextField(default="")
    organization_remote_id = models.TextField(default="")
    deleted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name or str(self.remote_id)
