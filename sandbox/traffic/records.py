"""Calls and messages, worked out from the seed, the line and the day; nothing of them is stored.

Lift emergency lines and vehicles call seldom: a test call every few weeks, now and then a person.
The same question gets the same answer in every report, so that counts and money agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from sandbox.clock import DAY
from sandbox.traffic.lines import Line, lines

if TYPE_CHECKING:
    from sandbox.context import Sandbox

DAYS_BACK = 120
CALLS_A_DAY = 0.05
MESSAGES_A_DAY = 0.04
CURRENCY = "USD"
# USD a minute that was begun, and a part of a message (our choice).
CALL_RATES = {"inbound": Decimal("0.0055"), "outbound": Decimal("0.0070")}
MESSAGE_RATES = {"inbound": Decimal("0.0040"), "outbound": Decimal("0.0065")}
CONTROL_ROOMS = ("+493055501234", "+43155501234", "+442055501234", "+4685550123")


@dataclass(frozen=True)
class Call:
    """``began`` in Unix seconds; ``seconds`` is 0 when nobody answered."""

    id: str
    line: Line
    direction: str
    caller: str
    called: str
    began: float
    seconds: int

    @property
    def leg_id(self) -> str:
        """The id of its one leg."""
        return _id(f"leg {self.id}")

    @property
    def rate(self) -> Decimal:
        """USD a minute."""
        return CALL_RATES[self.direction]

    @property
    def cost(self) -> Decimal:
        """USD; every minute that was begun counts."""
        return self.rate * -(-self.seconds // 60)

    @property
    def ended(self) -> float:
        """Unix seconds."""
        return self.began + 6 + self.seconds


@dataclass(frozen=True)
class Message:
    """``sent`` in Unix seconds."""

    id: str
    line: Line
    direction: str
    sender: str
    receiver: str
    sent: float
    parts: int
    status: str

    @property
    def rate(self) -> Decimal:
        """USD for a part."""
        return MESSAGE_RATES[self.direction]

    @property
    def cost(self) -> Decimal:
        """USD: the rate times the parts, delivered or not (specification)."""
        return self.rate * self.parts


def _id(text: str) -> str:
    return str(UUID(bytes=blake2b(text.encode(), digest_size=16).digest(), version=4))


def _day(sandbox: Sandbox, day: int) -> tuple[list[Call], list[Message]]:
    """What happened on a day, counted from 1970; the earliest first."""
    known = sandbox.traffic_days.get(day)
    if known is None:
        seed = sandbox.state.fact("seed")
        calls: list[Call] = []
        messages: list[Message] = []
        for line in lines(sandbox):
            if line.since >= day * DAY:
                continue
            # Most lines are silent on most days; a hash finds that out at a tenth of the price.
            name = f"traffic {seed} {line.sim_card_id} {day}"
            luck = blake2b(name.encode(), digest_size=8).digest()
            if int.from_bytes(luck[:4]) < CALLS_A_DAY * 2**32:
                calls.append(_call(line, day, Random(f"call {name}")))
            if int.from_bytes(luck[4:]) < MESSAGES_A_DAY * 2**32:
                messages.append(_message(line, day, Random(f"message {name}")))
        calls.sort(key=lambda call: call.began)
        messages.sort(key=lambda message: message.sent)
        known = sandbox.traffic_days[day] = (calls, messages)
    return known


def _call(line: Line, day: int, random: Random) -> Call:
    direction = "outbound" if random.random() < 0.7 else "inbound"
    room = random.choice(CONTROL_ROOMS)
    caller, called = (line.number, room) if direction == "outbound" else (room, line.number)
    answered = random.random() < 0.93
    return Call(
        _id(f"call {line.sim_card_id} {day}"),
        line,
        direction,
        caller,
        called,
        round(day * DAY + random.uniform(0, DAY - 600), 3),
        min(540, max(4, int(random.lognormvariate(4.0, 0.8)))) if answered else 0,
    )


def _message(line: Line, day: int, random: Random) -> Message:
    direction = "inbound" if random.random() < 0.6 else "outbound"
    room = random.choice(CONTROL_ROOMS)
    sender, receiver = (line.number, room) if direction == "outbound" else (room, line.number)
    delivered = "DELIVERED" if random.random() < 0.97 else "DLR_TIMEOUT"
    return Message(
        _id(f"message {line.sim_card_id} {day}"),
        line,
        direction,
        sender,
        receiver,
        round(day * DAY + random.uniform(0, DAY - 60), 3),
        1 if random.random() < 0.9 else 2,
        "RECEIVED" if direction == "inbound" else delivered,
    )


def _days(sandbox: Sandbox, begin: float, end: float) -> Iterator[tuple[list[Call], list[Message]]]:
    """The days between two times, the newest first; nothing of the future."""
    now = sandbox.clock.now()
    first = max(int(begin // DAY), int(now // DAY) - DAYS_BACK)
    last = int(min(end, now) // DAY)
    for day in range(last, first - 1, -1):
        yield _day(sandbox, day)


def calls(sandbox: Sandbox, begin: float = 0.0, end: float = 1e12) -> list[Call]:
    """Calls that have ended and began between two times, both included; the newest first.

    Times are Unix seconds; that the last one is included is what the specification says of the
    usage reports.
    """
    now = sandbox.clock.now()
    return [
        call
        for found, _ in _days(sandbox, begin, end)
        for call in reversed(found)
        if begin <= call.began <= end and call.ended <= now
    ]


def messages(sandbox: Sandbox, begin: float = 0.0, end: float = 1e12) -> list[Message]:
    """Messages that were sent between two times in Unix seconds, as for calls."""
    upto = min(end, sandbox.clock.now())
    return [
        message
        for _, found in _days(sandbox, begin, end)
        for message in reversed(found)
        if begin <= message.sent <= upto
    ]
