"""Encryption of secrets that are kept in the database."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class DecryptionError(Exception):
    """The stored value was encrypted with a key that ENCRYPTION_KEYS does not hold."""


def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(key.strip()) for key in settings.ENCRYPTION_KEYS])


def encrypt(secret: str) -> str:
    """A token made with the first of ENCRYPTION_KEYS."""
    return _cipher().encrypt(secret.encode()).decode()


def decrypt(token: str) -> str:
    """The secret behind a token made with any of ENCRYPTION_KEYS. Raises DecryptionError."""
    try:
        return _cipher().decrypt(token.encode()).decode()
    except InvalidToken:
        raise DecryptionError(
            "A stored secret cannot be decrypted: put the key that encrypted it back into "
            "ENCRYPTION_KEYS."
        ) from None


def rotate(token: str) -> str:
    """The same secret under the first of ENCRYPTION_KEYS. Raises DecryptionError."""
    return encrypt(decrypt(token))
