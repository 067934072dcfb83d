"""The way of a request under /v2: log, faults, key, rate limit, transaction, answer."""

import asyncio
import hmac
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route, Router
from starlette.types import Message, Receive, Scope, Send

from sandbox import connections
from sandbox.account import audit_events
from sandbox.clock import iso
from sandbox.context import Sandbox
from sandbox.faults import Fault, Faults, spoiled
from sandbox.iot import registration, sim_card_deletion
from sandbox.problems import (
    JSON_TYPE,
    Problem,
    body_too_large,
    method_not_allowed,
    not_found,
    too_many_requests,
    unauthenticated,
    unexpected,
)
from sandbox.rate_limit import RateLimit
from sandbox.request_log import RequestLog

LARGEST_BODY = 8 * 1024 * 1024
Headers = list[tuple[bytes, bytes]]


@dataclass
class Answer:
    """A whole HTTP answer before it is sent."""

    status: int
    headers: Headers
    body: bytes

    @classmethod
    def of(cls, response: Response) -> "Answer":
        """From Starlette's response."""
        return cls(response.status_code, list(response.raw_headers), bytes(response.body))


@dataclass
class Gate:
    """Stands before the resources. One request at a time is carried out, so each is atomic."""

    inner: Router
    sandbox: Sandbox
    api_key: str
    faults: Faults
    rate_limit: RateLimit
    log: RequestLog

    def __post_init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        body = await _read(receive)
        if body is None:
            return
        method, path = scope["method"], scope["path"]
        query = scope["query_string"].decode("ascii", "replace")
        now = self.sandbox.clock.now()
        entry = self.log.add(iso(now), method, path, query, body[:LARGEST_BODY], self.api_key)
        wait, fault = self.faults.take(method, path)
        entry.fault = fault.kind if fault else "latency" if wait else None
        if wait:
            await asyncio.sleep(wait)
        kind = fault.kind if fault else ""
        if kind == "reset_before":
            await connections.drop(scope, receive)
            return
        if fault and kind == "hang" and not fault.apply:
            await _hang(fault, scope, receive)
            return
        if kind in ("shift_down", "shift_up"):
            await self._shift(kind)
        if fault and kind == "storm":
            answer = _storm(fault, now)
        elif fault and kind == "status" and not fault.apply:
            answer = _ordered(fault)
        else:
            answer = await self._answer(scope, body)
        if fault and kind == "hang":
            await _hang(fault, scope, receive)
            return
        if kind == "reset_after":
            await connections.drop(scope, receive)
            return
        if fault and kind == "status":
            answer = _ordered(fault)
        elif fault:
            answer.body = answer.body if kind == "truncate" else spoiled(fault, answer.body)
        entry.status = answer.status
        await _send(answer, send, cut=kind == "truncate")
        if kind == "truncate":
            await connections.end(scope, receive)

    async def _shift(self, kind: str) -> None:
        """Let the fleet change while somebody reads its pages."""
        async with self._one_at_a_time:
            with self.sandbox.state.transaction():
                if kind == "shift_down":
                    registration.add_esim(self.sandbox)
                else:
                    sim_card_deletion.remove_newest(self.sandbox)

    async def _answer(self, scope: Scope, body: bytes) -> Answer:
        headers: dict[str, str] = {}
        try:
            key = self._key(scope)
            headers = self.rate_limit.take(key, self.sandbox.clock.now())
            if len(body) > LARGEST_BODY:
                raise body_too_large()
            async with self._one_at_a_time:
                answer = await self._carry_out(scope, body)
        except Problem as problem:
            answer = Answer.of(problem.response())
        answer.headers += [(name.encode(), value.encode()) for name, value in headers.items()]
        return answer

    def _key(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"authorization":
                scheme, _, key = value.partition(b" ")
                right = hmac.compare_digest(key.strip(), self.api_key.encode())
                if scheme.lower() == b"bearer" and right:
                    return self.api_key
        raise unauthenticated()

    async def _carry_out(self, scope: Scope, body: bytes) -> Answer:
        sandbox = self.sandbox
        if not self._catch_up():
            return Answer.of(unexpected().response())
        database = sandbox.state.connection
        before = database.total_changes
        sandbox.journal.begin()
        database.execute("BEGIN")
        try:
            answer = await self._ask(scope, body)
            if answer.status < 400 and database.total_changes != before:
                self._audit(scope, answer)
        except BaseException:
            database.execute("ROLLBACK")
            sandbox.reload()
            raise
        if answer.status < 400 or database.total_changes == before:
            database.execute("COMMIT")
            sandbox.state.committed()
        else:
            database.execute("ROLLBACK")
            sandbox.reload()
        return answer

    def _audit(self, scope: Scope, answer: Answer) -> None:
        if scope["method"] in audit_events.CHANGE_TYPES:
            subject = scope.get("path_params", {}).get("id")
            audit_events.record(self.sandbox, scope["method"], subject, answer.body)

    async def _ask(self, scope: Scope, body: bytes) -> Answer:
        """The resource's answer; its faults become a 500 and are shown on stderr."""
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        scope["sandbox.body"] = body
        try:
            await self.inner(scope, receive, send)
        except Problem as problem:
            return Answer.of(problem.response())
        except HTTPException as error:
            if error.status_code == 405:
                return Answer.of(method_not_allowed(self._methods(scope)).response())
            return Answer.of(not_found().response())
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return Answer.of(unexpected().response())
        start, *rest = messages
        parts = [message.get("body", b"") for message in rest]
        return Answer(start["status"], list(start["headers"]), b"".join(parts))

    def _methods(self, scope: Scope) -> set[str]:
        """What the path of a request takes; a written-out path wins over placeholders."""
        fitting = [
            route
            for route in self.inner.routes
            if isinstance(route, Route) and route.matches(scope)[0] != Match.NONE
        ]
        fewest = min((route.path.count("{") for route in fitting), default=0)
        return {
            method
            for route in fitting
            if route.path.count("{") == fewest
            for method in route.methods or ()
        }

    def _catch_up(self, batches: int | None = None) -> bool:
        """Let what has come due happen; False when that went wrong."""
        try:
            self.sandbox.schedule.run_due(self.sandbox.clock.now(), batches)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            self.sandbox.reload()
            return False
        return True

    @asynccontextmanager
    async def exclusively(self) -> AsyncIterator[None]:
        """While this lasts no request is carried out."""
        async with self._one_at_a_time:
            yield

    async def run_schedule(self) -> None:
        """Let due changes happen though nobody asks; never ends."""
        while True:
            await asyncio.sleep(0.05)
            async with self._one_at_a_time:
                self._catch_up(batches=1)


async def _read(receive: Receive) -> bytes | None:
    """The body, cut off above the limit, or None when the client left."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size <= LARGEST_BODY or not parts:
            parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts) if size <= LARGEST_BODY else b" " * (LARGEST_BODY + 1)


async def _hang(fault: Fault, scope: Scope, receive: Receive) -> None:
    try:
        await asyncio.wait_for(connections.left(receive), fault.seconds)
    except TimeoutError:
        await connections.drop(scope, receive)


def _ordered(fault: Fault) -> Answer:
    """The answer of a fault of kind status, in the API's own form."""
    codes = {401: "10009", 403: "10010", 404: "10005", 408: "10007", 429: "10011"}
    code = codes.get(fault.status, "10007" if fault.status >= 500 else "10015")
    headers = {}
    if fault.retry_after is not None:
        headers["retry-after"] = f"{fault.retry_after:g}"
    problem = Problem(
        fault.status,
        code,
        "Ordered fault",
        "This answer was ordered from the sandbox.",
        None,
        headers,
    )
    return Answer.of(problem.response())


def _storm(fault: Fault, now: float) -> Answer:
    """A 429 with the headers of the rate limit (behaviour: reset has two readings)."""
    left = max(1, ceil(fault.left))
    reset = left if fault.reset == "seconds" else ceil(now) + left
    return Answer.of(
        too_many_requests(
            {
                "x-ratelimit-limit": "1",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": str(reset),
            }
        ).response()
    )


async def _send(answer: Answer, send: Send, cut: bool) -> None:
    headers = [(name, value) for name, value in answer.headers if name != b"content-length"]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    if not any(name == b"content-type" for name, _ in headers):
        headers.append((b"content-type", JSON_TYPE.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = answer.body[: len(answer.body) // 2] if cut else answer.body
    await send({"type": "http.response.body", "body": body, "more_body": cut})
