"""Prints a new key for ENCRYPTION_KEYS."""

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Prints a new key for ENCRYPTION_KEYS."""

    help = "Print a new key for ENCRYPTION_KEYS (put it first, keep the old ones behind it)."
    requires_system_checks = []

    def handle(self, **options: object) -> None:
        """Print the key."""
        self.stdout.write(Fernet.generate_key().decode())
