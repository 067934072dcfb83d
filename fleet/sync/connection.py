"""The way from a Telnyx account to its API, and what an answer says of the connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from accounts.encryption import DecryptionError
from accounts.models import Connection, TelnyxAccount
from telnyx_api import Client, SharedRateLimiter, errors

REFUSED = (
    "The API key was refused (401). Put a valid key into the account's settings; "
    "until then nothing is asked of the API."
)


class AccountUnusable(Exception):
    """The account cannot be asked now; the text says why and what to do."""


def client_for(account: TelnyxAccount, *, deadline: float | None = None) -> Client:
    """A client with the account's key, paced with all other processes of the account.

    `deadline` is the time in seconds that a page may wait, retries included. Raises
    AccountUnusable while the key is refused or cannot be decrypted.
    """
    if not account.may_call:
        raise AccountUnusable(account.connection_detail or REFUSED)
    try:
        api_key = account.api_key
    except DecryptionError as error:
        raise AccountUnusable(str(error)) from None
    return Client(
        api_key=api_key,
        base_url=account.base_url,
        limiter=SharedRateLimiter(
            settings.REDIS_URL,
            f"telnyx-account-{account.pk}",
            account.requests_per_second,
        ),
        connect_timeout=settings.TELNYX_CONNECT_SECONDS,
        read_timeout=settings.TELNYX_READ_SECONDS,
        pool_size=settings.TELNYX_THREADS,
        deadline=deadline,
    )


@contextmanager
def noting_connection(account: TelnyxAccount) -> Iterator[None]:
    """Keep the account's connection state true to what the calls inside find; re-raises."""
    try:
        yield
    except errors.AuthenticationRefused:
        account.note_connection(Connection.REFUSED, REFUSED)
        raise
    except errors.ConnectionNotMade as error:
        account.note_connection(Connection.UNREACHABLE, str(error))
        raise
    except errors.TelnyxError as error:
        if error.status is None or error.status >= 500:
            account.note_connection(Connection.UNREACHABLE, str(error))
        raise
    else:
        account.note_connection(Connection.OK)
