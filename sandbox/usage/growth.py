"""Usage that grows by the minute, where that is switched on.

Networks report the use of a session in intervals (interim accounting), not byte by byte. So a tick
a minute visits some connected SIM cards in turn, and each gets one record of what it used since its
last visit. With a speed of 10 the minutes are ten times shorter, and the usage is that of minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.iot import lifecycle, sim_card_actions, sim_card_records
from sandbox.usage import live
from sandbox.usage.history import DAY_MS
from sandbox.usage.lines import history

if TYPE_CHECKING:
    from sandbox.collection import Record
    from sandbox.context import Sandbox

TICK_SECONDS = 60.0
VISITS = 500
# Milliseconds at speed 1: not sooner again, and not more than this at once.
SOONEST, LONGEST = 900_000, 2 * DAY_MS
# A day's usage in thousandths of MB of a SIM card without a past.
LEAST, MOST = 100, 4_000


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls."""

    def due_tick(_subject: str, due: float) -> None:
        # After a pause of the process there is one tick, not all that were missed.
        now = max(due, sandbox.clock.now())
        if sandbox.growth:
            tick(sandbox)
            sandbox.schedule.add(sandbox.clock.after(TICK_SECONDS, now), "usage_tick", "")

    sandbox.schedule.on("usage_tick", due_tick)


def start(sandbox: Sandbox) -> None:
    """Let usage grow from now on."""
    sandbox.growth = True
    with sandbox.state.transaction():
        sandbox.state.connection.execute("DELETE FROM schedule WHERE kind = 'usage_tick'")
        sandbox.schedule.reload()
        due = sandbox.clock.after(TICK_SECONDS, sandbox.clock.now())
        sandbox.schedule.add(due, "usage_tick", "")


def tick(sandbox: Sandbox) -> int:
    """Visit the next SIM cards; answers how many records there are more."""
    statuses = "'enabled', 'standby'" if sandbox.standby_connects else "'enabled'"
    after = int(sandbox.state.fact("growth_after") or 0)
    sql = (
        f"SELECT seq, id FROM sim_cards WHERE status IN ({statuses}) AND seq > ?"
        " ORDER BY seq LIMIT ?"
    )
    db = sandbox.state.connection
    rows = db.execute(sql, (after, VISITS)).fetchall()
    if len(rows) < VISITS:
        rows += db.execute(sql, (0, VISITS - len(rows))).fetchall()
    added: dict[str, int] = {}
    at, made = live.moment(sandbox), 0
    for _, identifier in dict.fromkeys(rows):
        sim_card = sandbox.sim_cards.get(identifier)
        if sim_card is None or not _connected(sandbox, sim_card):
            continue
        amount, seconds = _used(sandbox, identifier, at)
        if amount:
            made += 1
            group_id = live.add(sandbox, sim_card, amount, seconds, at)
            if group_id is not None:
                added[group_id] = added.get(group_id, 0) + amount
            if sim_card.listed["status"]["value"] == "standby":
                _wake(sandbox, identifier)
    if rows:
        sandbox.state.set_fact("growth_after", str(rows[-1][0]))
    live.check_groups(sandbox, added, at / 1000)
    return made


def _connected(sandbox: Sandbox, sim_card: Record) -> bool:
    status = sim_card.listed["status"]["value"]
    if status == "standby" and not sandbox.standby_connects:
        return False
    return bool(sim_card.hidden.get("switched_on")) and status in ("enabled", "standby")


def _used(sandbox: Sandbox, sim_card_id: str, at: int) -> tuple[int, int]:
    """Thousandths of MB since the last visit, and how many seconds that was."""
    row = sandbox.state.connection.execute(
        "SELECT n, total, start, registered, visited FROM usage_lines WHERE id = ?", (sim_card_id,)
    ).fetchone()
    if row is None:
        return 0, 0
    n, total, start, registered, visited = row
    past, speed = history(sandbox), sandbox.clock.speed
    since = max(registered, visited or past.day0 * DAY_MS)
    passed = min(int((at - since) * speed), LONGEST)
    if passed < SOONEST:
        return 0, 0
    days = max(1, past.day0 - max(past.cycles[0][0], start)) if past.cycles else 1
    a_day = total // days if total else LEAST + n * 7919 % (MOST - LEAST)
    amount = a_day * passed // DAY_MS * sandbox.random.randint(600, 1400) // 1000
    return amount, max(1, passed // 1000)


def _wake(sandbox: Sandbox, sim_card_id: str) -> None:
    """A SIM card on standby that used data is enabled by the system (specification)."""
    sim_card = sandbox.sim_cards.get(sim_card_id)
    if sim_card is None:
        return
    action_type = "enable_standby_sim_card"
    facts = sim_card_records.facts(sandbox, sim_card)
    if lifecycle.refusal(action_type, facts) is None:
        sim_card_actions.start(sandbox, sim_card, action_type)
