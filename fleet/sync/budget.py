"""How many API calls an account made, and how many syncing may make in an hour."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import ApiCalls, TelnyxAccount
from telnyx_api import Client, SharedRateLimiter, errors

KEPT = timedelta(days=31)


class BudgetUsedUp(errors.RateLimitTimeout):
    """The account's calls of this hour are used up; nothing was sent."""


def hour_of(at: datetime) -> datetime:
    """The beginning of an hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def calls_this_hour(account: TelnyxAccount) -> int:
    """API calls since the clock's last full hour, of all processes, as far as they told."""
    row = ApiCalls.objects.filter(account=account, hour=hour_of(timezone.now())).first()
    return row.calls if row else 0


def next_hour(at: datetime | None = None) -> datetime:
    """When the budget is new."""
    return hour_of(at or timezone.now()) + timedelta(hours=1)


class CountingLimiter(SharedRateLimiter):
    """The account's shared limiter, which counts the turns that it gives.

    `allowed` is the number after which it gives none any more; None for no end.
    """

    def __init__(self, account: TelnyxAccount, allowed: int | None) -> None:
        super().__init__(
            settings.REDIS_URL, f"telnyx-account-{account.pk}", account.requests_per_second
        )
        self.calls = 0
        self.allowed = allowed
        self.per_hour = account.calls_per_hour
        self.hour = hour_of(timezone.now())
        self._counting = threading.Lock()

    def acquire(self, timeout: float | None) -> None:
        """Wait for a turn. Raises errors.RateLimitTimeout, and BudgetUsedUp of these."""
        with self._counting:
            if self.allowed is not None and self.calls >= self.allowed:
                self._begin_hour()
            if self.allowed is not None and self.calls >= self.allowed:
                raise BudgetUsedUp(
                    "The account's budget of API calls for this hour is used up: syncing goes on "
                    f"at {next_hour():%H:%M} UTC. An admin can raise it in the account's settings."
                )
            self.calls += 1
        super().acquire(timeout)

    def _begin_hour(self) -> None:
        """Give a sweep that began in an earlier hour the calls of this one, too."""
        hour = hour_of(timezone.now())
        if hour > self.hour:
            self.hour, self.allowed = hour, self.calls + self.per_hour


class AccountClient(Client):
    """A client that tells the database how many calls it made."""

    account_id: int
    counter: CountingLimiter
    told: int

    def counting(self, account: TelnyxAccount, counter: CountingLimiter) -> Self:
        """Count for this account."""
        self.account_id, self.counter, self.told = account.pk, counter, 0
        return self

    def within(self, seconds: float | None) -> Client:
        """The same connections, limits and count with another deadline."""
        client = super().within(seconds)
        assert isinstance(client, AccountClient)
        client.account_id, client.counter = self.account_id, self.counter
        # The first one tells for both.
        client.told = 2**31
        return client

    @property
    def calls(self) -> int:
        """So many calls were made."""
        return self.counter.calls

    def tell_calls(self) -> None:
        """Add what is new to the account's count of this hour."""
        new = self.counter.calls - self.told
        if new <= 0:
            return
        self.told += new
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO accounts_apicalls AS c (account_id, hour, calls) VALUES (%s, %s, %s)
                ON CONFLICT (account_id, hour) DO UPDATE SET calls = c.calls + excluded.calls
                """,
                [self.account_id, hour_of(timezone.now()), new],
            )

    def close(self) -> None:
        """Close the kept connections and tell the count."""
        super().close()
        if not connection.needs_rollback:
            self.tell_calls()


def forget_old_counts() -> None:
    """Delete counts older than KEPT."""
    ApiCalls.objects.filter(hour__lt=timezone.now() - KEPT).delete()
