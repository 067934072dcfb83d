"""Who did what, when, from where. Entries are only ever added."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models.people import Person
from accounts.models.telnyx_accounts import TelnyxAccount


class AuditEntryManager(models.Manager["AuditEntry"]):
    """Adds entries."""

    def record(
        self,
        action: str,
        *,
        person: Person | None,
        account: TelnyxAccount | None = None,
        subject: str = "",
        detail: dict[str, Any] | None = None,
        address: str | None = None,
    ) -> AuditEntry:
        """Add an entry. `detail` must be JSON and hold no secret."""
        return self.create(
            action=action,
            person=person,
            person_email=person.email if person else "",
            account=account,
            subject=subject,
            detail=detail or {},
            address=address,
        )


class AuditEntry(models.Model):
    """Something a person did. The e-mail stays when the person is deleted."""

    at = models.DateTimeField(default=timezone.now)
    account = models.ForeignKey(TelnyxAccount, models.SET_NULL, null=True, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    person_email = models.CharField(max_length=254)
    action = models.CharField(max_length=60)
    subject = models.TextField(blank=True)
    detail = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)

    objects = AuditEntryManager()

    class Meta:
        indexes = [models.Index(fields=["account", "-at"], name="audit_account_at")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.person_email} {self.action} {self.subject}"
