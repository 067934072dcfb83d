"""Encrypts every stored secret again with the first of ENCRYPTION_KEYS."""

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.encryption import DecryptionError, rotate
from accounts.models import TelnyxAccount


class Command(BaseCommand):
    """Encrypts every stored secret again with the first of ENCRYPTION_KEYS."""

    help = "Encrypt every stored secret again with the first of ENCRYPTION_KEYS."

    def handle(self, **options: object) -> None:
        """Rotate all or none."""
        count = 0
        with transaction.atomic():
            for account in TelnyxAccount.objects.exclude(api_key_encrypted="").select_for_update():
                try:
                    token = rotate(account.api_key_encrypted)
                except DecryptionError as error:
                    raise CommandError(f"Telnyx account “{account}”: {error}") from None
                TelnyxAccount.objects.filter(pk=account.pk).update(api_key_encrypted=token)
                count += 1
        self.stdout.write(f"{count} Telnyx account{'s' if count != 1 else ''} rotated.")
