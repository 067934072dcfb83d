"""People, Telnyx accounts, roles and the audit trail."""

from accounts.models.audit import AuditEntry
from accounts.models.people import Person
from accounts.models.roles import Membership, Role
from accounts.models.telnyx_accounts import ApiCalls, Connection, TelnyxAccount

__all__ = ["ApiCalls", "AuditEntry", "Connection", "Membership", "Person", "Role", "TelnyxAccount"]
