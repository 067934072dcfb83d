"""The way from a Telnyx account to its API, and what an answer says of the connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from accounts.encryption import DecryptionError
from accounts.models import Connection, TelnyxAccount
from fleet.sync.budget import AccountClient, CountingLimiter, calls_this_hour
from telnyx_api import errors

REFUSED = (
    "The API key was refused (401). Put a valid key into the account's settings; "
    "until then nothing is asked of the API."
)


_SLOWED_DOWN = (errors.RateLimited, errors.RateLimitTimeout, errors.DeadlinePassed)


class AccountUnusable(Exception):
    """The account cannot be asked now; the text says why and what to do."""


def client_for(
    account: TelnyxAccount, *, deadline: float | None = None, within_budget: bool = False
) -> AccountClient:
    """A client with the account's key, paced with all other processes of the account.

    `deadline` is the time in seconds that a page may wait, retries included. `within_budget` ends
    in BudgetUsedUp where the account's calls of this hour are used up. Raises AccountUnusable
    while the key is refused or cannot be decrypted.
    """
    if not account.may_call:
        raise AccountUnusable(account.connection_detail or REFUSED)
    allowed = max(0, account.calls_per_hour - calls_this_hour(account)) if within_budget else None
    counter = CountingLimiter(account, allowed)
    try:
        return AccountClient(
            api_key=account.api_key,
            base_url=account.base_url,
            limiter=counter,
            connect_timeout=settings.TELNYX_CONNECT_SECONDS,
            read_timeout=settings.TELNYX_READ_SECONDS,
            pool_size=settings.TELNYX_THREADS,
            deadline=deadline,
        ).counting(account, counter)
    except (DecryptionError, errors.InvalidArgument) as error:
        account.note_connection(Connection.UNREACHABLE, str(error))
        raise AccountUnusable(str(error)) from None


def is_answer(error: errors.TelnyxError) -> bool:
    """Whether the API itself refused this one request, so that others may well succeed."""
    refused = error.status is not None and 400 <= error.status < 500
    return refused and bool(error.errors) and error.status not in (401, 408, 429)


@contextmanager
def noting_connection(account: TelnyxAccount, *, essential: bool = False) -> Iterator[None]:
    """Keep the account's connection state true to what the calls inside find; re-raises.

    The block must call the API: its normal end says that the API answered, and so does a refusal
    in the API's own words, unless what was asked for is essential. Whatever else leaves the block
    is taken for the API's own trouble.
    """
    try:
        yield
    except errors.AuthenticationRefused:
        account.note_connection(Connection.REFUSED, REFUSED)
        raise
    except errors.TelnyxError as error:
        # A limit that was reached says nothing new of a connection that worked before.
        slowed = isinstance(error, _SLOWED_DOWN)
        if is_answer(error) and not essential:
            account.note_connection(Connection.OK)
        elif not slowed or account.connection == Connection.UNCHECKED:
            account.note_connection(Connection.UNREACHABLE, str(error))
        raise
    else:
        account.note_connection(Connection.OK)
