"""One sweep over one resource of one account."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import orjson
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Cause, Resource, SyncRun, SyncState
from fleet.sync.advisory_locks import held_lock
from fleet.sync.connection import AccountUnusable, client_for, noting_connection
from fleet.sync.groups import GroupSync
from fleet.sync.merge import MergeCounts, Origin, merge
from fleet.sync.reconcile import Seen, confirm_removals
from fleet.sync.resource import Mapped, ResourceSync
from fleet.sync.sim_cards import SimCardSync
from fleet.sync.values import BadValue
from telnyx_api import Client, Page, errors

logger = logging.getLogger(__name__)

SYNCS: dict[str, ResourceSync] = {sync.name: sync for sync in (GroupSync(), SimCardSync())}
PASSES = 3
_BATCH = 2_000
_PROGRESS_SECONDS = 0.5
_KEPT_ERRORS = 100


class ListMoved(Exception):
    """The list changed while its pages were being read."""


def start_run(
    account: TelnyxAccount, resource: Resource, person_id: int | None = None
) -> SyncRun | None:
    """Record that a sweep begins; None where one is running already.

    The unique constraint on running sweeps decides, so two callers cannot both begin.
    """
    reap_dead_runs(account)
    try:
        with transaction.atomic():
            return SyncRun.objects.create(
                account=account, resource=resource, requested_by_id=person_id
            )
    except IntegrityError:
        return None


def reap_dead_runs(account: TelnyxAccount) -> int:
    """End the runs whose process died; the number of them."""
    return SyncRun.objects.filter(
        account=account,
        state=SyncState.RUNNING,
        progressed_at__lt=timezone.now() - SyncRun.HEARTBEAT,
    ).update(
        state=SyncState.FAILED,
        finished_at=timezone.now(),
        outcome="The process that ran it ended before it was done.",
    )


def sweep(run: SyncRun) -> SyncRun:
    """Run a sweep to its end and record how it ended. Raises nothing that the API can cause."""
    account, sync = run.account, SYNCS[run.resource]
    with held_lock("sync", account.pk, run.resource) as held:
        if not held:
            return _finish(run, SyncState.FAILED, "Another process is sweeping this resource.")
        try:
            client = client_for(account)
            with noting_connection(account):
                return _Sweep(run, sync, client).perform()
        except AccountUnusable as error:
            return _finish(run, SyncState.FAILED, str(error))
        except errors.AuthenticationRefused:
            return _finish(run, SyncState.FAILED, account.connection_detail)
        except errors.TelnyxError as error:
            state = SyncState.PARTIAL if run.seen else SyncState.FAILED
            return _finish(run, state, f"{error} Nothing was removed.")
        except ListMoved as error:
            return _finish(run, SyncState.PARTIAL, str(error))
        except BaseException as error:
            _finish(run, SyncState.FAILED, f"An error of Simfleet's own: {type(error).__name__}.")
            raise


def _finish(run: SyncRun, state: SyncState, outcome: str) -> SyncRun:
    run.state, run.outcome = state, outcome
    run.finished_at = run.progressed_at = timezone.now()
    run.save()
    logger.info("sync %s of account %s: %s %s", run.resource, run.account_id, state, outcome)
    return run


class _Sweep:
    def __init__(self, run: SyncRun, sync: ResourceSync, client: Client) -> None:
        self.run, self.sync, self.client = run, sync, client
        earlier = SyncRun.objects.filter(
            account=run.account, resource=run.resource, state=SyncState.COMPLETE
        )
        self.origin = Origin(Cause.SWEEP, run=run, silent_additions=not earlier.exists())
        self.shown_at = 0.0

    def perform(self) -> SyncRun:
        run = self.run
        with Seen(self.sync.table) as seen:
            for number in range(1, PASSES + 1):
                started = timezone.now()
                if self._read_once(seen):
                    break
                if number == PASSES:
                    raise ListMoved(
                        f"The list kept changing while it was read, {PASSES} times over. What was "
                        "seen is stored; nothing was removed."
                    )
                seen.clear()
                run.seen = 0
            run.removed, calls = confirm_removals(
                run.account, self.sync, self.client, seen, started, self.origin
            )
        run.api_calls += calls
        self.sync.after_sweep(run.account)
        return _finish(run, SyncState.COMPLETE, "")

    def _read_once(self, seen: Seen) -> bool:
        """Read all pages and merge them; True where the list stood still meanwhile."""
        run = self.run
        totals: set[int | None] = set()
        batch: list[Mapped] = []
        batch_read_at = None
        counted = 0
        for asked_at, page in self._pages():
            run.api_calls += 1
            totals.add(page.total_results)
            run.expected = page.total_results
            counted += len(page.data)
            # Page by page the time of asking only grows; a batch carries its earliest.
            batch_read_at = batch_read_at or asked_at
            batch.extend(self._mapped(page))
            if len(batch) >= _BATCH:
                self._store(batch, batch_read_at, seen)
                batch, batch_read_at = [], None
            run.seen = counted
            self._show_progress()
        if batch:
            self._store(batch, batch_read_at, seen)
        broken = counted - seen.rows
        return len(totals) <= 1 and counted in (*totals, 0) and seen.distinct() + broken == counted

    def _pages(self) -> Iterator[tuple[Any, Page[Any]]]:
        """All pages in order, a few fetched ahead of the one being stored."""
        asked_at, first = self._fetch(1)
        yield asked_at, first
        last = first.total_pages or 1
        threads = settings.TELNYX_THREADS
        with ThreadPoolExecutor(threads, thread_name_prefix="sweep") as pool:
            ahead: deque[Future[tuple[Any, Page[Any]]]] = deque()
            try:
                for number in range(2, last + 1):
                    ahead.append(pool.submit(self._fetch, number))
                    if len(ahead) >= threads * 2:
                        yield ahead.popleft().result()
                while ahead:
                    yield ahead.popleft().result()
            finally:
                for future in ahead:
                    future.cancel()

    def _fetch(self, number: int) -> tuple[Any, Page[Any]]:
        asked_at = timezone.now()
        return asked_at, self.sync.page(self.client, number)

    def _mapped(self, page: Page[Any]) -> Iterator[Mapped]:
        for record in page.data:
            try:
                yield self.sync.map(record)
            except BadValue as error:
                self.run.error_count += 1
                if len(self.run.errors) < _KEPT_ERRORS:
                    self.run.errors.append({"reason": str(error), "raw": _excerpt(record)})

    def _store(self, batch: list[Mapped], read_at: Any, seen: Seen) -> None:
        seen.add(batch)
        differing = seen.differing(self.run.account, batch)
        counts: MergeCounts = merge(self.sync, self.run.account, differing, read_at, self.origin)
        self.run.new += counts.new
        self.run.changed += counts.changed

    def _show_progress(self) -> None:
        if time.monotonic() - self.shown_at < _PROGRESS_SECONDS:
            return
        self.shown_at = time.monotonic()
        self.run.progressed_at = timezone.now()
        self.run.save()


def _excerpt(record: Any) -> str:
    if isinstance(record, dict):
        record = {key: value for key, value in record.items() if key != "pin_puk_codes"}
    try:
        raw = orjson.dumps(record).decode()
    except TypeError:
        raw = repr(record)
    return raw.replace("\\u0000", "")[:2_000]
