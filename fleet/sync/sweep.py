"""Reading a list to its end, however it moves, and storing what differs."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import F
from django.utils import timezone

from fleet.models import Cause, SyncRun, SyncState
from fleet.sync import batches
from fleet.sync.budget import AccountClient
from fleet.sync.merge import Origin
from fleet.sync.pages import Pages, ReadPage
from fleet.sync.reconcile import ask_again, remove_unseen
from fleet.sync.resource import ResourceSync
from fleet.sync.runs import save_progress
from fleet.sync.seen import Seen
from telnyx_api import errors

PASSES = 3
REPAIRS = 3
PROGRESS_SECONDS = 0.5
# So many rows, and of a large fleet this share of it, make it another table to the planner.
ANALYZED_FROM = 1_000
ANALYZED_SHARE = 0.1
# Journals are read in single pages first: the first one is mostly all that is new.
SINGLE_PAGES = 4
ASKED_OF_A_JOURNAL = 100
# Each costs one call; the rest waits for the next sweep.
CONFIRMED_A_SWEEP = 500
COLLECTED_AFTER = 200_000


class ListMoved(Exception):
    """The list changed while its pages were being read."""


@dataclass
class _Pass:
    """What one reading of the list has brought so far."""

    counted: int = 0
    nameless: int = 0
    total: int | None = None
    # What the first page said, or the run that goes on here.
    first_total: int | None = None
    # Pages at which the total was another than before, and which are not repaired yet.
    moved_at: list[int] = field(default_factory=list)
    enough: bool = False


class Sweep:
    """One sweep over one resource."""

    def __init__(
        self, run: SyncRun, sync: ResourceSync, client: AccountClient, *, full: bool = False
    ) -> None:
        self.run, self.sync, self.client, self.full = run, sync, client, full
        self.seen = Seen(sync, run)
        self.pages = Pages(sync, client)
        self.calls_before = run.api_calls
        earlier = SyncRun.objects.filter(
            account=run.account,
            resource=run.resource,
            state=SyncState.COMPLETE,
            group_remote_id=None,
        )
        self.origin = Origin(
            Cause.SWEEP,
            run=run,
            person_id=run.requested_by_id,
            silent_additions=not earlier.exists(),
        )
        self.shown_at = 0.0
        # Rows that were not seen, and asked for by id.
        self.asked = 0
        self.to_ask = 0
        # More were not seen than were asked for.
        self.left_some = False
        self.batches = batches.Batches(run, sync, self.origin, self._stored)

    def perform(self, count: Callable[[], object]) -> bool:
        """Read, store, and remove what is gone. Raises ListMoved and what the client raises.

        `count` is done beside looking for what is gone, where rows count otherwise than before;
        answers whether that came to an end and still holds, because all rows were seen.
        """
        run = self.run
        collecting = gc.get_threshold()
        # What is read ahead lives for a moment and has no cycles, but would be searched for them.
        gc.set_threshold(COLLECTED_AFTER, *collecting[1:])
        try:
            with self.batches:
                started = self._read_until_complete()
                counting = self.batches.beside(count) if self.batches.counted else None
                for removed in self._look_after(started):
                    self.asked += 1
                    run.removed += removed
                    self._show_progress()
                self.left_some = self.left_some or self.asked < self.to_ask
        finally:
            gc.set_threshold(*collecting)
            run.api_calls = self.calls_before + self.client.calls
        self.seen.end()
        if run.new + run.changed > max(ANALYZED_FROM, ANALYZED_SHARE * run.seen):
            self._analyze()
        return bool(counting and not counting.exception() and not self.asked)

    def _look_after(self, started: datetime) -> Iterable[int]:
        run = self.run
        if self.sync.is_journal:
            if self.sync.open_condition:
                ids = self.seen.unseen_open(self.sync.open_condition, ASKED_OF_A_JOURNAL)
                self.to_ask = len(ids)
                return ask_again(run.account, self.sync, self.client, ids, self.origin)
            return ()
        if self.sync.comes_whole:
            return remove_unseen(run.account, self.sync, self.seen, started, self.origin)
        missing = self.seen.missing(started, CONFIRMED_A_SWEEP + 1)
        self.left_some = len(missing) > CONFIRMED_A_SWEEP
        self.to_ask = min(len(missing), CONFIRMED_A_SWEEP)
        return ask_again(run.account, self.sync, self.client, missing[: self.to_ask], self.origin)

    def _read_until_complete(self) -> datetime:
        """Read the list until all of it was seen; the time before which that began."""
        run = self.run
        started = run.started_at
        for number in range(1, PASSES + 1):
            if not (number == 1 and run.pages):
                started = timezone.now()
            if self._read(resume=number == 1):
                return started
            if run.expected is None:
                raise ListMoved(
                    "The API does not say how long the list is, so what came cannot be taken "
                    "for all of it."
                )
            run.pages = run.seen = run.error_count = 0
            run.errors = []
        raise ListMoved(f"The list kept changing while it was read, {PASSES} times over.")

    def _read(self, *, resume: bool) -> bool:
        """Read all pages, or those after the last one of a stopped run; True where that is all."""
        run, done = self.run, _Pass()
        if resume and run.pages:
            self.seen.go_on()
            done.counted = run.seen
            done.total = done.first_total = run.expected
            done.moved_at = list(run.moved_at)
        else:
            run.pages, run.moved_at = 0, []
        resumed = run.pages
        known_before = self._known_of_journal() - run.new if self.sync.is_journal else 0
        collected: list[ReadPage] = []
        try:
            for page in self.pages.from_page(self._next_page(done)):
                if page.number == 1:
                    self.seen.begin(page.total)
                self._count(page, done)
                collected.append(page)
                size = sum(len(page.records) for page in collected)
                single = self.sync.is_journal and page.number <= SINGLE_PAGES
                if size >= batches.BATCH or single:
                    news = self._store(collected, page.number, done)
                    collected = []
                    if self.sync.is_journal and not news and not self.full:
                        self.batches.flush()
                        # What has come since the first page is for the next sweep.
                        if known_before + run.new >= (done.first_total or 0):
                            done.enough = True
                            break
        except errors.TelnyxError:
            # What came before is kept, and a run that goes on begins after it.
            self._store_last(collected, done)
            raise
        self._store_last(collected, done)
        if done.enough:
            return True
        complete = self._is_complete(done, resumed) or self._repair(done)
        if complete and self.sync.is_journal:
            run.unstorable = self.seen.unstored() + done.nameless if run.error_count else 0
        elif complete and done.total is not None:
            # A run that went on may have read the last page twice.
            run.seen = done.total
        return complete

    def _next_page(self, done: _Pass) -> int:
        """Where to begin; the last page again, where a run stopped after it."""
        if self.run.pages and done.counted >= (done.total or 0):
            return self.run.pages
        return self.run.pages + 1

    def _known_of_journal(self) -> int:
        """How many of a journal's records are stored, or known to be such as cannot be stored."""
        whole = SyncRun.objects.filter(
            account=self.run.account, resource=self.run.resource, state=SyncState.COMPLETE
        ).filter(seen__gte=F("expected"))
        broken = whole.order_by("-started_at").values_list("unstorable", flat=True).first()
        return self.seen.stored() + (broken or 0)

    def _store_last(self, collected: list[ReadPage], done: _Pass) -> None:
        if collected:
            self._store(collected, collected[-1].number, done)
        self.batches.flush()

    def _is_complete(self, done: _Pass, resumed: int) -> bool:
        if done.total is None or done.moved_at:
            return False
        found = self.seen.distinct() + done.nameless
        if self.sync.is_journal:
            return found >= (done.first_total or 0)
        return found == done.total if not resumed else found >= done.total

    def _repair(self, done: _Pass) -> bool:
        """Read again around the places where the list moved; True where that made it complete.

        What was inserted or deleted elsewhere shifts the pages behind it: a deletion lets records
        slip through between two pages, which are found by reading both again.
        """
        size = max(1, -(-(done.total or 1) // max(1, self.pages.total_pages)))
        for _ in range(REPAIRS):
            if not done.moved_at:
                return False
            reach = self.pages.window
            numbers = {
                number
                for place in done.moved_at
                for number in range(place - reach, place + reach + 1)
                if 1 <= number <= self.pages.total_pages
            }
            # What is new is mostly on the first pages (behaviour, section 6).
            numbers |= set(range(1, min(self.pages.total_pages, 1 + reach) + 1))
            done.moved_at = []
            for page in self.pages.these(sorted(numbers)):
                self._count(page, done, again=True)
                self._store([page], None, done)
            self.batches.flush()
            found = self.seen.distinct() + done.nameless
            if not done.moved_at and done.total is not None and found >= done.total:
                self.run.seen, self.run.moved_at = done.total, []
                return True
            if not done.moved_at and found < (done.total or 0) - size:
                return False
        return False

    def _count(self, page: ReadPage, done: _Pass, *, again: bool = False) -> None:
        run = self.run
        if done.total is not None and page.total != done.total:
            # A journal that grows pushes what was not read yet further on, and nothing is missed.
            grown = self.sync.is_journal and (page.total or 0) > done.total
            if not grown:
                done.moved_at.append(page.number)
                run.moved_at.append(page.number)
        if done.first_total is None:
            done.first_total = page.total
        done.total = run.expected = page.total
        if not again:
            done.counted += page.count
        for record, error in page.broken:
            remote_id = self.sync.id_of(record)
            if not again:
                self.batches.note_broken(record, error)
                done.nameless += remote_id is None
            self.seen.add([remote_id] if remote_id else [])

    def _store(self, collected: list[ReadPage], up_to: int | None, done: _Pass) -> int:
        """Look which records differ, and leave those to be stored; the number of them."""
        records = [record for page in collected for record in page.records]
        new, changed = self.seen.add_and_compare(records)
        read_at = min(page.asked_at for page in collected)
        differing = self.batches.add(new, changed, read_at, up_to, done.counted)
        self._show_progress()
        return differing

    def _stored(self, new_before: int) -> None:
        if new_before <= ANALYZED_FROM < self.run.new:
            self._analyze()
        self._show_progress()

    def _analyze(self) -> None:
        # Until autovacuum comes by, the planner would take the table for what it was, and look up
        # the digests of a batch by walks over the whole account.
        with connection.cursor() as cursor:
            # Not the expressions of its indexes, which take a second and do not matter here.
            names = ("account_id", "remote_id", "read_at", "removed_at")
            columns = ", ".join([*names, *(name for name, _ in self.sync.columns)])
            cursor.execute(f"ANALYZE {self.sync.table} ({columns})")

    def _show_progress(self) -> None:
        if time.monotonic() - self.shown_at < PROGRESS_SECONDS:
            return
        self.shown_at = time.monotonic()
        self.run.api_calls = self.calls_before + self.client.calls
        save_progress(self.run)
        self.client.tell_calls()
