"""Sends events in the background, repeats what failed, and notes every delivery."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import orjson

from sandbox.account import webhook_deliveries
from sandbox.clock import iso
from sandbox.webhooks import events, sending
from sandbox.webhooks.signature import Signature

if TYPE_CHECKING:
    from sandbox.collection import Record
    from sandbox.context import Sandbox

# Seconds at speed 1 before each repeat (our choice; that there are repeats is behaviour).
WAITS = (5.0, 30.0)
# So many deliveries are under way at a time, and so many events wait for their turn at most.
UNDER_WAY = 64
MOST_WAITING = 10_000
SENDERS = 8
Exclusively = Callable[[], AbstractAsyncContextManager[object]]


class Webhooks:
    """The receiver, and the events on their way to it. Without a receiver nothing happens.

    Events that were not delivered when the process ends are lost (our choice).
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.url: str | None = None
        self.dropped = 0
        self._sandbox = sandbox
        self._signature = Signature(sandbox.state)
        self._uncommitted: deque[tuple[str, dict[str, Any]]] = deque()
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque(maxlen=MOST_WAITING)
        self._news = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def shown(self) -> dict[str, Any]:
        """As /_sandbox/webhook shows it."""
        return {
            "url": self.url,
            "public_key": self._signature.public_key,
            "waiting": len(self._waiting),
            "under_way": len(self._running),
            "dropped": self.dropped,
        }

    def send_to(self, url: str | None) -> None:
        """From now on send there; None stops sending, also of what waits."""
        self.url = url
        if url is None:
            self._waiting.clear()

    # What happened

    def note(self, collection: str, before: bytes | None, after: bytes | None) -> None:
        """A change; it counts once it is committed."""
        if self.url is not None and (found := events.of_change(collection, before, after)):
            self.happened(*found)

    def happened(self, name: str, payload: dict[str, Any], at: float | None = None) -> None:
        """An event; ``name`` without the sandbox's prefix, ``at`` in Unix seconds or now."""
        if self.url is not None:
            sandbox = self._sandbox
            moment = iso(sandbox.clock.now() if at is None else at)
            event = events.envelope(sandbox.new_id(), name, moment, payload)
            self._uncommitted.append((self.url, event))
            if len(self._uncommitted) > MOST_WAITING:
                self._uncommitted.popleft()
                self.dropped += 1

    def threshold_reached(self, notification: Record, sim_card: Record, at: float) -> None:
        """A SIM card has used as much data as a notification waits for."""
        if self.url is not None:
            payload = {"resource": notification.listed, "sim_card": sim_card.listed}
            self.happened(events.THRESHOLD, payload, at)

    def committed(self) -> None:
        """What was noted has really happened."""
        if not self._uncommitted:
            return
        room = MOST_WAITING - len(self._waiting)
        self.dropped += max(0, len(self._uncommitted) - room)
        self._waiting.extend(self._uncommitted)
        self._uncommitted.clear()
        self._news.set()

    def rolled_back(self) -> None:
        """What was noted has not happened."""
        self._uncommitted.clear()

    # Sending

    async def run(self, exclusively: Exclusively) -> None:
        """Deliver for ever; ``exclusively`` keeps requests away while a delivery is stored."""
        room = asyncio.Semaphore(UNDER_WAY)
        senders = ThreadPoolExecutor(SENDERS, "webhooks")
        try:
            while True:
                await room.acquire()
                while not self._waiting:
                    self._news.clear()
                    await self._news.wait()
                url, event = self._waiting.popleft()
                task = asyncio.create_task(self._deliver(url, event, senders, exclusively))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
                task.add_done_callback(lambda _: room.release())
        finally:
            for task in self._running:
                task.cancel()
            senders.shutdown(wait=False, cancel_futures=True)

    async def _deliver(
        self,
        url: str,
        event: dict[str, Any],
        senders: ThreadPoolExecutor,
        exclusively: Exclusively,
    ) -> None:
        sandbox = self._sandbox
        loop = asyncio.get_running_loop()
        attempts: list[dict[str, Any]] = []
        for wait in (*WAITS, None):
            meta = {"attempt": len(attempts) + 1, "delivered_to": url}
            body = orjson.dumps({"data": event, "meta": meta})
            attempts.append(await loop.run_in_executor(senders, self._attempt, url, body))
            if attempts[-1]["status"] == "delivered" or wait is None or self.url is None:
                break
            await asyncio.sleep(wait / sandbox.clock.speed)
            if self.url is None:
                break
        delivery = webhook_deliveries.document(sandbox.new_id(), event, attempts)
        async with exclusively():
            with sandbox.state.transaction():
                webhook_deliveries.store(sandbox, delivery)

    def _attempt(self, url: str, body: bytes) -> dict[str, Any]:
        """Send once. In a thread: time spent in the queue before it is not the receiver's."""
        now = self._sandbox.clock.now
        started = now()
        headers = {
            "content-type": "application/json",
            "user-agent": "simfleet-sandbox",
            **self._signature.headers(body, started),
        }
        answer = sending.send(url, headers, body)
        return webhook_deliveries.attempt(url, headers, started, now(), answer)
