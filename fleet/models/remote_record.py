"""What every synced row has beside the columns of its resource."""

from __future__ import annotations

from django.db import models

from accounts.models import TelnyxAccount


class RemoteRecord(models.Model):
    """A record of the API as a row. Only the sync writes it.

    `remote_id` is the API's id: a UUID unless the model says otherwise. `raw` is the record as it
    came and `digest` the BLAKE2b of that (16 bytes). Amounts of data are in MB.
    """

    account = models.ForeignKey(TelnyxAccount, models.CASCADE, related_name="+", db_index=False)
    remote_id = models.UUIDField()
    # Null where the API has no such time.
    remote_created_at = models.DateTimeField(null=True)
    remote_updated_at = models.DateTimeField(null=True)
    raw = models.JSONField()
    digest = models.BinaryField(max_length=16)
    first_seen_at = models.DateTimeField()
    # When the API gave the record that the row was last written from.
    read_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["account", "remote_id"], name="%(class)s_unique"),
        ]
