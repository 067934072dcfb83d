"""One sweep over one resource of one account."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, InterfaceError, connection, transaction
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Cause, Resource, SyncRun, SyncState
from fleet.sync.advisory_locks import held_lock
from fleet.sync.connection import REFUSED, AccountUnusable, client_for, noting_connection
from fleet.sync.merge import Origin, merge, resolve_references
from fleet.sync.reconcile import Seen, confirm_removals
from fleet.sync.registry import SYNCS
from fleet.sync.resource import Digested, ResourceSync
from fleet.sync.values import BadValue
from telnyx_api import Client, Page, errors

logger = logging.getLogger(__name__)

PASSES = 3
_BATCH = 2_000
_PROGRESS_SECONDS = 0.5
_KEPT_ERRORS = 100
_ANALYZED_FROM = 1_000
_COUNTED = (
    *("progressed_at", "expected", "seen", "new", "changed", "removed", "api_calls"),
    *("error_count", "errors"),
)


class ListMoved(Exception):
    """The list changed while its pages were being read."""


class RunTakenAway(Exception):
    """Somebody ended or deleted the run's row while it was being carried out."""


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
    """End the runs whose process died; the number of them.

    A sweep that lives holds its lock, however long the API keeps it waiting.
    """
    reaped = 0
    for run in SyncRun.objects.filter(
        account=account,
        state=SyncState.RUNNING,
        progressed_at__lt=timezone.now() - SyncRun.HEARTBEAT,
    ):
        with held_lock("sync", account.pk, run.resource) as dead:
            if dead:
                reaped += SyncRun.objects.filter(pk=run.pk, state=SyncState.RUNNING).update(
                    state=SyncState.FAILED,
                    finished_at=timezone.now(),
                    outcome="The process that ran it ended before it was done.",
                )
    return reaped


def sweep(run: SyncRun) -> SyncRun:
    """Run a sweep to its end and record how it ended. Raises nothing that the API can cause."""
    account, sync = run.account, SYNCS[run.resource]
    with held_lock("sync", account.pk, run.resource) as held:
        if not held:
            return _finish(run, SyncState.FAILED, "Another process is sweeping this resource.")
        try:
            with client_for(account) as client, noting_connection(account):
                return _Sweep(run, sync, client).perform()
        except AccountUnusable as error:
            return _finish(run, SyncState.FAILED, str(error))
        except errors.AuthenticationRefused:
            return _finish(run, _broken_off(run), REFUSED + _kept(run))
        except errors.TelnyxError as error:
            return _finish(run, _broken_off(run), str(error) + _kept(run))
        except ListMoved as error:
            return _finish(run, SyncState.PARTIAL, str(error) + _kept(run))
        except RunTakenAway:
            logger.warning("sync run %s was taken away; its sweep ends", run.pk)
            return run
        except BaseException as error:
            # A lost connection is replaced, or else the run would look alive for a while.
            connection.close_if_unusable_or_obsolete()
            with suppress(DatabaseError, InterfaceError):
                _finish(run, SyncState.FAILED, _own_fault(error) + _kept(run))
            raise


def _broken_off(run: SyncRun) -> SyncState:
    return SyncState.PARTIAL if run.seen else SyncState.FAILED


def _kept(run: SyncRun) -> str:
    if run.removed:
        return f" What was seen is stored; removed before that: {run.removed}."
    return " What was seen is stored; nothing was removed." if run.seen else ""


def _own_fault(error: BaseException) -> str:
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return "It was stopped before it was done."
    return f"An error of Simfleet's own: {type(error).__name__}."


def _finish(run: SyncRun, state: SyncState, outcome: str) -> SyncRun:
    run.finished_at = run.progressed_at = timezone.now()
    fields = {name: getattr(run, name) for name in _COUNTED}
    # A run that was ended or deleted meanwhile is not brought back.
    SyncRun.objects.filter(pk=run.pk, state=SyncState.RUNNING).update(
        **fields, state=state, outcome=outcome, finished_at=run.finished_at
    )
    run.state, run.outcome = state, outcome
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
        with Seen(self.sync) as seen:
            for number in range(1, PASSES + 1):
                started = timezone.now()
                if self._read_once(seen):
                    break
                if run.expected is None:
                    raise ListMoved(
                        "The API does not say how long the list is, so what came cannot be taken "
                        "for all of it."
                    )
                if number == PASSES:
                    raise ListMoved(
                        f"The list kept changing while it was read, {PASSES} times over."
                    )
                seen.clear()
                run.seen, run.error_count, run.errors = 0, 0, []
            for removed in confirm_removals(
                run.account, self.sync, self.client, seen, started, self.origin
            ):
                run.api_calls += 1
                run.removed += removed
                self._show_progress()
        resolve_references(self.sync, list(SYNCS.values()), run.account.pk)
        self.sync.after_sweep(run.account)
        if run.new + run.changed > _ANALYZED_FROM:
            self._analyze()
        return _finish(run, SyncState.COMPLETE, "")

    def _read_once(self, seen: Seen) -> bool:
        """Read all pages and merge them; True where the list stood still meanwhile."""
        run = self.run
        totals: set[int | None] = set()
        batch: list[Digested] = []
        batch_read_at = None
        counted = 0
        for asked_at, page in self._pages():
            run.api_calls += 1
            totals.add(page.total_results)
            run.expected = page.total_results
            counted += len(page.data)
            for record in page.data:
                try:
                    batch.append(self.sync.digest(record))
                except BadValue as error:
                    self._note_broken(record, error)
                    seen.add([remote_id] if (remote_id := self.sync.id_of(record)) else [])
            # A batch carries the earliest time of its pages.
            batch_read_at = min(batch_read_at or asked_at, asked_at)
            if len(batch) >= _BATCH:
                self._store(batch, batch_read_at, seen)
                batch, batch_read_at = [], None
            run.seen = counted
            self._show_progress()
        if batch and batch_read_at:
            self._store(batch, batch_read_at, seen)
        nameless = counted - seen.rows
        return totals == {counted} and seen.distinct() + nameless == counted

    def _pages(self) -> Iterator[tuple[datetime, Page[Any]]]:
        """All pages in order, a few fetched ahead of the one being stored."""
        asked_at, first = self._fetch(1)
        yield asked_at, first
        last = first.total_pages or 1
        threads = settings.TELNYX_THREADS
        with ThreadPoolExecutor(threads, thread_name_prefix="sweep") as pool:
            ahead: deque[Future[tuple[datetime, Page[Any]]]] = deque()
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

    def _fetch(self, number: int) -> tuple[datetime, Page[Any]]:
        asked_at = timezone.now()
        return asked_at, self.sync.page(self.client, number)

    def _store(self, batch: list[Digested], read_at: datetime, seen: Seen) -> None:
        seen.add([record.remote_id for record in batch])
        rows = []
        for digested in seen.differing(self.run.account, batch):
            try:
                rows.append(self.sync.map_digested(digested))
            except BadValue as error:
                self._note_broken(digested.record, error)
        counts = merge(self.sync, self.run.account, rows, read_at, self.origin)
        if self.run.new <= _ANALYZED_FROM < self.run.new + counts.new:
            self._analyze()
        self.run.new += counts.new
        self.run.changed += counts.changed

    def _analyze(self) -> None:
        # Until autovacuum comes by, the planner would take the table for what it was, and look up
        # the digests of a batch by walks over the whole account.
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {self.sync.table}")

    def _note_broken(self, record: Any, error: BadValue) -> None:
        self.run.error_count += 1
        if len(self.run.errors) < _KEPT_ERRORS:
            excerpt = self.sync.excerpt(record)
            self.run.errors.append({"reason": str(error), "raw": excerpt})

    def _show_progress(self) -> None:
        if time.monotonic() - self.shown_at < _PROGRESS_SECONDS:
            return
        self.shown_at = time.monotonic()
        self.run.progressed_at = timezone.now()
        fields = {name: getattr(self.run, name) for name in _COUNTED}
        if not SyncRun.objects.filter(pk=self.run.pk, state=SyncState.RUNNING).update(**fields):
            raise RunTakenAway
