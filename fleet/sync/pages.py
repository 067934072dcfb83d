"""The pages of a list, read ahead in threads, each with its records digested."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from fleet.sync.resource import Digested, ResourceSync
from fleet.sync.values import BadValue
from telnyx_api import Client, Page, errors

# Where the API lets us wait no longer than this, threads only take turns at the interpreter. The
# quicker of two pages decides: the first one has a connection to make.
QUICK_SECONDS = 0.006
QUICK_THREADS = 2
JUDGED_PAGES = 2
# So many pages are read ahead: what the database takes at once, and two for each thread.
AHEAD = 16


@dataclass
class ReadPage:
    """A page as it was read. `asked_at` is the time as of which its records are true."""

    number: int
    asked_at: datetime
    total_pages: int
    total: int | None
    count: int
    records: list[Digested] = field(default_factory=list)
    broken: list[tuple[Any, BadValue]] = field(default_factory=list)


class Pages:
    """Reads the pages of one resource's list, in order."""

    def __init__(self, sync: ResourceSync, client: Client) -> None:
        self.sync = sync
        self.client = client.undecoded() if sync.undecoded else client
        self.threads = min(QUICK_THREADS, settings.TELNYX_THREADS)
        self.total_pages = 1
        # What ended the reading: pages that wait for their turn are not asked for any more.
        self.failure: errors.TelnyxError | None = None

    @property
    def window(self) -> int:
        """How many pages may be read before one of them is stored."""
        return AHEAD + 1

    def from_page(self, number: int) -> Iterator[ReadPage]:
        """The page and all after it; the list may get longer meanwhile."""
        waited = []
        for _ in range(JUDGED_PAGES):
            begin, worked = time.perf_counter(), time.thread_time()
            page = self._read(number)
            waited.append(time.perf_counter() - begin - (time.thread_time() - worked))
            self.total_pages = max(self.total_pages, page.total_pages)
            yield page
            if number >= self.total_pages:
                return
            number += 1
        slow = min(waited) > QUICK_SECONDS
        self.threads = settings.TELNYX_THREADS if slow else self.threads
        yield from self._ahead(self._following(number - 1))

    def these(self, numbers: Iterable[int]) -> Iterator[ReadPage]:
        """These pages, in this order."""
        return self._ahead(iter(numbers))

    def _following(self, number: int) -> Iterator[int]:
        while number < self.total_pages:
            number += 1
            yield number

    def _ahead(self, numbers: Iterator[int]) -> Iterator[ReadPage]:
        with ThreadPoolExecutor(self.threads, thread_name_prefix="sweep") as pool:
            ahead: deque[Future[ReadPage]] = deque()
            try:
                while True:
                    while len(ahead) < AHEAD:
                        number = next(numbers, None)
                        if number is None:
                            break
                        ahead.append(pool.submit(self._read, number))
                    if not ahead:
                        return
                    page = ahead.popleft().result()
                    self.total_pages = max(self.total_pages, page.total_pages)
                    yield page
            finally:
                for future in ahead:
                    future.cancel()

    def _read(self, number: int) -> ReadPage:
        if self.failure:
            raise self.failure
        asked_at = timezone.now()
        try:
            page: Page[Any] = self.sync.page(self.client, number)
        except errors.TelnyxError as error:
            self.failure = error
            raise
        pages, total, count = page.total_pages or 1, page.total_results, len(page.data)
        read = ReadPage(number, asked_at, pages, total, count)
        # Where the first record has fields that are not stored, the others have them too.
        hide = page.data and self.sync.hides(page.data[0])
        digest = self.sync.digest_decoded if hide else self.sync.digest
        for record in page.data:
            try:
                read.records.append(digest(record))
            except BadValue as error:
                read.broken.append((record, error))
        return read
