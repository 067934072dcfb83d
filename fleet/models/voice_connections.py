"""Mobile voice connections."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from fleet.models.remote_record import RemoteRecord


class VoiceConnection(RemoteRecord):
    """Where the calls of SIM cards with voice go.

    The specification calls the id a text, not a UUID. Limits are in channels, null for none;
    the timeout is in seconds.
    """

    remote_id = models.TextField()
    name = models.TextField(default="")
    active = models.BooleanField(default=False)
    tags = ArrayField(models.TextField(), default=list)
    inbound_channel_limit = models.IntegerField(null=True)
    outbound_channel_limit = models.IntegerField(null=True)
    outbound_voice_profile_remote_id = models.TextField(default="")
    webhook_event_url = models.TextField(default="")
    webhook_event_failover_url = models.TextField(default="")
    webhook_api_version = models.TextField(default="")
    webhook_timeout_seconds = models.IntegerField(null=True)

    def __str__(self) -> str:
        return self.name or self.remote_id
