"""Private wireless gateways."""

from __future__ import annotations

from django.db import models

from fleet.models.remote_record import RemoteRecord


class Gateway(RemoteRecord):
    """A private wireless gateway. Its error is that of the status failed."""

    name = models.TextField(default="")
    network_remote_id = models.TextField(default="")
    region_code = models.TextField(default="")
    ip_range = models.TextField(default="")
    status = models.TextField(default="")
    error_code = models.TextField(default="")
    error_description = models.TextField(default="")
    # How many groups the API says are assigned; null where it says nothing.
    group_count = models.IntegerField(null=True)

    def __str__(self) -> str:
        return self.name or str(self.remote_id)
