"""Wireless blocklists, and what can be put on them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from fleet.models.remote_record import RemoteRecord


class BlocklistValue(RemoteRecord):
    """A country, MCC or PLMN that can be blocked. The API gives it no id: ours is `type:code`."""

    remote_id = models.TextField()
    type = models.TextField()
    code = models.TextField()
    name = models.TextField(default="")

    def __str__(self) -> str:
        return f"{self.name} ({self.code})" if self.name else self.code


class Blocklist(RemoteRecord):
    """A wireless blocklist: `values` are codes of its `type` (country, mcc, plmn)."""

    name = models.TextField(default="")
    type = models.TextField(default="")
    values = ArrayField(models.TextField(), default=list)

    def __str__(self) -> str:
        return self.name or str(self.remote_id)
