"""What is charged without a request: data once a day, and monthly prices.

Prices are documented, the days are our choice: a SIM card costs its whole monthly price on the day
of its registration and on the 1st of every calendar month (UTC); data of a day is charged after the
midnight that ends it. Money is not checked for: the balance may fall below zero.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

from sandbox.account import balance, ledger, recharging
from sandbox.clock import DAY
from sandbox.usage import records
from sandbox.usage.history import DAY_MS
from sandbox.usage.lines import EPOCH, history
from sandbox.usage.prices import dollars

if TYPE_CHECKING:
    from sandbox.context import Sandbox

ACTIVE, INACTIVE = Decimal("2.00"), Decimal("0.20")
SIM_PRICES = {1: ("sim_active", ACTIVE), 0: ("sim_inactive", INACTIVE)}
SIM_NAMES = {
    "sim_active": "SIM cards",
    "sim_inactive": "SIM cards, disabled or on standby",
}
PUBLIC_IP, GATEWAY = Decimal("3.00"), Decimal("100.00")
# The class of a SIM card's price at a time: its last change before it, else what it began as.
STANDING = (
    "coalesce((SELECT t.active FROM usage_standings t WHERE t.n = s.n AND t.at < ?"
    " ORDER BY t.at DESC, t.rowid DESC LIMIT 1), s.active)"
)
# A past month is paid for in advance, in round amounts.
ROUND_AMOUNT = Decimal(250)


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls after midnight."""

    def after_midnight(_subject: str, due: float) -> None:
        today = int(due // DAY)
        begin = int(sandbox.state.fact("charged_until") or today)
        for day in range(begin, today):
            charge_day(sandbox, day)
        sandbox.state.set_fact("charged_until", str(max(begin, today)))
        plan(sandbox, due)

    sandbox.schedule.on("daily_charges", after_midnight)


def plan(sandbox: Sandbox, now: float) -> None:
    """Plan the next midnight's charges."""
    sandbox.schedule.add((now // DAY + 1) * DAY, "daily_charges", "")


def charge_day(sandbox: Sandbox, day: int) -> None:
    """Charge a day that is over, and the new month if one begins after it."""
    end = (day + 1) * DAY_MS
    found = records.sums(sandbox, records.Wanted(day * DAY_MS, end))
    data = sum(part.cost for part in found)
    megabytes = sum(part.up + part.down for part in found) // 1000
    when = (EPOCH + timedelta(days=day)).isoformat()
    if data:
        ledger.post(
            sandbox, "data", -dollars(data), f"Wireless data of {when}", megabytes, at=end - 1
        )
    for active, count in _new(sandbox, day * DAY_MS, end):
        kind, price = SIM_PRICES[active]
        text = f"New SIM cards of {when}"
        ledger.post(sandbox, f"new_{kind}", -price * count, text, count, at=end - 1)
    if (EPOCH + timedelta(days=day + 1)).day == 1:
        charge_month(sandbox, end)
    recharging.recharge(sandbox)


def charge_month(sandbox: Sandbox, at: int) -> None:
    """Charge what there is on the 1st, at its midnight in milliseconds."""
    for active, count in _existing(sandbox, at):
        kind, price = SIM_PRICES[active]
        text = f"{SIM_NAMES[kind]}, monthly"
        ledger.post(sandbox, kind, -price * count, text, count, at=at)
    rows = sandbox.state.connection.execute("SELECT id FROM public_ips ORDER BY seq").fetchall()
    for (sim_card_id,) in rows:
        ledger.post(sandbox, "public_ip", -PUBLIC_IP, "Public IP, monthly", 1, sim_card_id, at)
    count = len(sandbox.private_wireless_gateways)
    if count:
        text = "Private wireless gateways, monthly"
        ledger.post(sandbox, "gateway", -GATEWAY * count, text, count, at=at)


def _existing(sandbox: Sandbox, at: int) -> list[tuple[int, int]]:
    rows = sandbox.state.connection.execute(
        f"SELECT {STANDING}, count(*) FROM usage_lines s WHERE s.registered < ?"
        " AND (s.removed IS NULL OR s.removed >= ?) GROUP BY 1 ORDER BY 1 DESC",
        (at, at, at),
    )
    return rows.fetchall()


def _new(sandbox: Sandbox, begin: int, end: int) -> list[tuple[int, int]]:
    rows = sandbox.state.connection.execute(
        "SELECT active, count(*) FROM usage_lines WHERE registered >= ? AND registered < ?"
        " GROUP BY 1 ORDER BY 1 DESC",
        (begin, end),
    )
    return rows.fetchall()


def fill(sandbox: Sandbox, _random: Random, day: float) -> None:
    """The movements of the past, such that they end with the present balance."""
    past = history(sandbox)
    written = 0
    begin = EPOCH + timedelta(days=past.first)
    end = EPOCH + timedelta(days=past.day0)
    while begin < end or (begin == end and begin.day == 1):
        following = (begin + timedelta(days=32)).replace(day=1)
        low = (begin - EPOCH).days * DAY_MS
        high = min((following - EPOCH).days, past.day0) * DAY_MS
        written += _month(sandbox, begin.strftime("%B %Y"), low, high)
        begin = following
    opening = ledger.units(balance.balance(sandbox)) - written
    text = "Balance brought forward"
    ledger.write(sandbox, past.first * DAY_MS - 1, "opening", opening, text)
    sandbox.state.set_fact("balance", str(balance.balance(sandbox)))
    now = max(day, sandbox.clock.now())
    sandbox.state.set_fact("charged_until", str(int(now // DAY)))
    plan(sandbox, now)


def _month(sandbox: Sandbox, name: str, low: int, high: int) -> int:
    """Write a month of the past; answers what its movements add up to."""
    moves: list[tuple[int, str, int, str, int]] = []
    for active, count in _existing(sandbox, low):
        kind, price = SIM_PRICES[active]
        moves.append(
            (low, kind, -ledger.units(price) * count, f"{SIM_NAMES[kind]}, monthly", count)
        )
    rows = sandbox.state.connection.execute(
        "SELECT registered / 86400000, active, count(*) FROM usage_lines"
        " WHERE registered >= ? AND registered < ? GROUP BY 1, 2 ORDER BY 1, 2 DESC",
        (low, high),
    )
    for day, active, count in rows.fetchall():
        kind, price = SIM_PRICES[active]
        text = f"New SIM cards of {EPOCH + timedelta(days=day)}"
        moves.append(
            ((day + 1) * DAY_MS - 1, f"new_{kind}", -ledger.units(price) * count, text, count)
        )
    found = records.sums(sandbox, records.Wanted(low, high))
    data = sum(part.cost for part in found)
    if data:
        megabytes = sum(part.up + part.down for part in found) // 1000
        moves.append((high - 1, "data", -data, f"Wireless data of {name}", megabytes))
    paid = -sum(move[2] for move in moves)
    if paid:
        step = ledger.units(ROUND_AMOUNT)
        moves.insert(0, (low, "payment", -(-paid // step) * step, "Payment", 1))
    for move in moves:
        ledger.write(sandbox, *move)
    return sum(move[2] for move in moves)


def month_of(at: int) -> str:
    """Year and month of a time in milliseconds, as 2026-05."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m}"
