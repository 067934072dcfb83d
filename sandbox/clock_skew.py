"""A clock that is wrong: the sandbox lives in another time than its clients (our invention)."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import DAY, iso
from sandbox.problems import JSON_TYPE, missing, wrong_type, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox

# Seconds; enough for any month to come, and every date stays one.
MOST = 10 * 365 * DAY
# What comes due within this many seconds is work in progress rather than a date of the calendar.
IN_PROGRESS = 3600.0


def set_skew(sandbox: Sandbox, seconds: float) -> None:
    """Let the clock be ahead by so many seconds, or behind.

    Forward, what falls into the skipped time happens now. Backward, work that is in progress still
    ends as soon as it would have, instead of waiting for the clock.
    """
    change = seconds - sandbox.clock.skew
    with sandbox.state.transaction():
        if change < 0:
            sandbox.schedule.move(change, before=sandbox.clock.now() + IN_PROGRESS)
        sandbox.state.set_fact("clock skew", repr(seconds))
    sandbox.clock.skew = seconds


def stored_skew(sandbox: Sandbox) -> float:
    """What the data file was left with, in seconds."""
    return float(sandbox.state.fact("clock skew") or 0.0)


async def change_clock(request: Request) -> Response:
    """POST /_sandbox/clock with ``skew_seconds``, a number that may be negative."""
    sandbox: Sandbox = request.app.state.sandbox
    seconds = bodies.json_object(request).get("skew_seconds")
    if seconds is None:
        raise missing("/skew_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise wrong_type("/skew_seconds", "a number")
    if not isfinite(seconds) or abs(seconds) > MOST:
        raise wrong_value("/skew_seconds", "The clock is at most ten years wrong.", "10033")
    set_skew(sandbox, float(seconds))
    return await show_clock(request)


async def show_clock(request: Request) -> Response:
    """GET /_sandbox/clock."""
    sandbox: Sandbox = request.app.state.sandbox
    answer = {"now": iso(sandbox.clock.now()), "skew_seconds": sandbox.clock.skew}
    return Response(orjson.dumps(answer), media_type=JSON_TYPE)


routes = [
    Route("/clock", show_clock, methods=["GET"]),
    Route("/clock", change_clock, methods=["POST"]),
]
