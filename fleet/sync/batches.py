"""The way of a sweep's records into the database, beside the reading of the pages that follow.

Records are mapped in one thread and merged in another, batch by batch and in order: the database
works while the next pages are being fetched and compared. The run counts what is committed.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from django.db import connection

from fleet.models import SyncRun
from fleet.sync.merge import MergeCounts, Origin, insert, merge
from fleet.sync.resource import Digested, Mapped, ResourceSync
from fleet.sync.runs import note_error
from fleet.sync.values import BadValue

BATCH = 2_000
# Rows of several batches are merged at once, until they are this share of one, or wait for long.
MERGED_FROM = 0.25
MERGED_AFTER_SECONDS = 2.0
# A short list is merged by the connection that reads it: another one costs more than it saves.
BESIDE_FROM = 5_000


@dataclass
class Mapping:
    """Rows to write, and what could not be made into one."""

    new: list[Mapped] = field(default_factory=list)
    changed: list[Mapped] = field(default_factory=list)
    broken: list[tuple[Any, BadValue]] = field(default_factory=list)


@dataclass
class _Batch:
    """Records of a few pages on their way into the database."""

    read_at: datetime
    # The last page of an unbroken row of pages from the first one on; None of a repair.
    up_to: int | None
    # How many records the pages up to it have.
    seen: int
    differing: int
    mapping: Future[Mapping] | None


@dataclass
class _Merging:
    """Batches that are being merged together; without a future nothing of them differs."""

    batches: list[_Batch]
    counts: Future[MergeCounts] | None


def _succeeded(counts: Future[MergeCounts] | None) -> bool:
    if counts is None:
        return True
    return counts.done() and not counts.cancelled() and counts.exception() is None


def _close_connection() -> None:
    """Close the connection of the thread that calls."""
    connection.close()


class Batches:
    """What a sweep has read and not stored yet. Used by one thread; a context manager."""

    def __init__(
        self, run: SyncRun, sync: ResourceSync, origin: Origin, stored: Callable[[int], None]
    ) -> None:
        self.run, self.sync, self.origin = run, sync, origin
        # Told after each merge how many rows were new before it.
        self.stored = stored
        # Rows that count otherwise than before beside the lists' filters.
        self.counted = 0
        self.pending: list[_Batch] = []
        self.merging: deque[_Merging] = deque()
        self.merged_at = time.monotonic()
        self.mapper = ThreadPoolExecutor(1, thread_name_prefix="map")
        self.merger: ThreadPoolExecutor | None = None
        self.is_long: bool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self.merger:
            # Where something broke off, the merge that is under way comes to its end and counts.
            for merging in self.merging:
                if merging.counts:
                    merging.counts.cancel()
            self.merger.submit(_close_connection)
            self.merger.shutdown()
        self.mapper.shutdown(cancel_futures=True)
        while self.merging and _succeeded(self.merging[0].counts):
            self._note_stored(self.merging.popleft())

    def add(
        self,
        new: list[Digested],
        changed: list[Digested],
        read_at: datetime,
        up_to: int | None,
        seen: int,
    ) -> int:
        """Take records that differ from what is stored; the number of them."""
        differing = len(new) + len(changed)
        mapping = self.mapper.submit(self._map, new, changed) if differing else None
        waited = time.monotonic() - self.merged_at
        rows = sum(batch.differing for batch in self.pending)
        if rows >= MERGED_FROM * BATCH or waited > MERGED_AFTER_SECONDS:
            self._begin_merging()
        self.pending.append(_Batch(read_at, up_to, seen, differing, mapping))
        if not any(batch.differing for batch in self.pending):
            self._begin_merging()
        # One merge at a time is under way, so that memory does not grow with what waits for it.
        self._note(waiting_for=len(self.merging) - 1)
        return differing

    def flush(self) -> None:
        """Merge what waits; returns when all is stored."""
        self._begin_merging()
        self._note(waiting_for=len(self.merging))

    def beside(self, work: Callable[[], object]) -> Future[object] | None:
        """Do something else on the connection of the merges; None where these have none."""
        return self.merger.submit(work) if self.merger else None

    def note_broken(self, record: Any, error: BadValue) -> None:
        """Count a record that cannot be stored."""
        note_error(self.run, str(error), self.sync.excerpt(record))

    def _map(self, new: list[Digested], changed: list[Digested]) -> Mapping:
        mapping = Mapping()
        for batch, rows in ((new, mapping.new), (changed, mapping.changed)):
            for digested in batch:
                try:
                    rows.append(self.sync.map_digested(digested))
                except BadValue as error:
                    mapping.broken.append((digested.record, error))
        return mapping

    def _begin_merging(self) -> None:
        batches, self.pending = self.pending, []
        self.merged_at = time.monotonic()
        if not batches:
            return
        differing = [batch for batch in batches if batch.mapping]
        counts = self._in_order(self._merge, differing) if differing else None
        self.merging.append(_Merging(batches, counts))

    def _in_order(
        self, work: Callable[[Sequence[_Batch]], MergeCounts], batches: Sequence[_Batch]
    ) -> Future[MergeCounts]:
        if self.is_long is None:
            # What a caller's own transaction does must not depend on another connection.
            alone = not connection.in_atomic_block
            self.is_long = alone and (self.run.expected or 0) > BESIDE_FROM
        if self.is_long:
            self.merger = self.merger or ThreadPoolExecutor(1, thread_name_prefix="merge")
            return self.merger.submit(work, batches)
        done: Future[MergeCounts] = Future()
        done.set_result(work(batches))
        return done

    def _merge(self, batches: Sequence[_Batch]) -> MergeCounts:
        new, changed = list[Mapped](), list[Mapped]()
        for batch in batches:
            assert batch.mapping
            mapping = batch.mapping.result()
            new += mapping.new
            changed += mapping.changed
        # A batch carries the earliest time of its pages.
        read_at = min(batch.read_at for batch in batches)
        write = insert if self.origin.silent_additions else merge
        counts = write(self.sync, self.run.account, new, read_at, self.origin)
        counts.add(merge(self.sync, self.run.account, changed, read_at, self.origin))
        return counts

    def _note(self, waiting_for: int) -> None:
        """Count what is stored; waits for as many of the oldest merges, and raises what they do."""
        while self.merging:
            counts = self.merging[0].counts
            if waiting_for <= 0 and counts and not counts.done():
                return
            waiting_for -= 1
            if counts:
                counts.result()
            new_before = self.run.new
            self._note_stored(self.merging.popleft())
            self.stored(new_before)

    def _note_stored(self, merging: _Merging) -> None:
        run = self.run
        if merging.counts:
            merged = merging.counts.result()
            run.new += merged.new
            run.changed += merged.changed
            self.counted += merged.counted
        for batch in merging.batches:
            if batch.up_to is None:
                continue
            if batch.mapping:
                for record, error in batch.mapping.result().broken:
                    self.note_broken(record, error)
            run.pages, run.seen = batch.up_to, batch.seen
