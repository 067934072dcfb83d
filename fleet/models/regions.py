"""Regions in which a product can be had."""

from __future__ import annotations

from django.db import models

from fleet.models.remote_record import RemoteRecord


class Region(RemoteRecord):
    """A region of one product. The API gives it no id: ours is `product:code`."""

    remote_id = models.TextField()
    product = models.TextField()
    code = models.TextField()
    name = models.TextField(default="")

    def __str__(self) -> str:
        return self.name or self.code
