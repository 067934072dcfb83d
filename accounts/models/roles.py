"""Roles: what a person may do on a Telnyx account."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.models.telnyx_accounts import TelnyxAccount


class Role(models.IntegerChoices):
    """Each role may do what the ones before it may."""

    MANAGER = 1, "Manager"
    OPERATOR = 2, "Operator"
    ADMIN = 3, "Admin"

    @property
    def meaning(self) -> str:
        """One line for the form."""
        return {1: "reads", 2: "reads and acts on SIM cards", 3: "administers the account"}[self]


class Membership(models.Model):
    """A person's role on a Telnyx account."""

    account = models.ForeignKey(TelnyxAccount, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.PositiveSmallIntegerField(choices=Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "person"], name="membership_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.person} on {self.account}: {self.get_role_display()}"
