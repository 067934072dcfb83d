"""Usage that happens now: one stored record each, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.iot import sim_card_actions, sim_card_records
from sandbox.iot.data_limits import in_mb, over, thousandths_of_mb
from sandbox.iot.sim_card_records import CONSUMED, LIMIT_CHECK_SECONDS, group_usage
from sandbox.usage import thresholds
from sandbox.usage.history import DAY_MS
from sandbox.usage.lines import group_number, history

if TYPE_CHECKING:
    from sandbox.collection import Record
    from sandbox.context import Sandbox

OVER_LIMIT = "The data limit was exceeded."


def moment(sandbox: Sandbox) -> int:
    """Now in milliseconds: never before the fleet's first day, nor before the newest record."""
    latest = sandbox.state.connection.execute("SELECT max(at) FROM usage_live").fetchone()[0]
    day0 = history(sandbox).day0 * DAY_MS
    cycle = int(sandbox.state.fact("cycle_start") or 0)
    return max(int(sandbox.clock.now() * 1000), day0, cycle, latest or 0)


def add(sandbox: Sandbox, sim_card: Record, amount: int, seconds: int, at: int) -> str | None:
    """Record usage of a SIM card; answers its group, whose pooled limit is then to be looked at.

    ``amount`` in thousandths of MB, used in the last ``seconds``; ``at`` in milliseconds.
    ``updated_at`` stays, because nobody changed the SIM card (our choice).
    """
    listed, hidden = sim_card.listed, sim_card.hidden
    db = sandbox.state.connection
    row = db.execute(
        "SELECT n FROM usage_lines WHERE id = ? ORDER BY n", (listed["id"],)
    ).fetchone()
    if row is None:
        return None
    n = int(row[0])
    up = amount * (100 + n * 7919 % 301) // 1000
    db.execute(
        "INSERT INTO usage_live (at, n, up, down, seconds, g, mcc, mnc)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            at,
            n,
            up,
            amount - up,
            seconds,
            group_number(sandbox, listed.get("sim_card_group_id")),
            hidden.get("current_mcc") or "310",
            hidden.get("current_mnc") or "260",
        ),
    )
    db.execute("UPDATE usage_lines SET visited = ? WHERE n = ?", (at, n))
    used = (thousandths_of_mb(listed.get(CONSUMED)) or 0) + amount
    listed[CONSUMED] = in_mb(used)
    sandbox.sim_cards.save(sim_card)
    thresholds.check(sandbox, sim_card, used, at / 1000)
    own = thousandths_of_mb(listed.get("data_limit"))
    if own is None:
        group_id: str | None = listed.get("sim_card_group_id")
        return group_id
    if over(used, own) and listed["status"]["value"] == "enabled":
        trip(sandbox, sim_card, at / 1000)
    return None


def trip(sandbox: Sandbox, sim_card: Record, at: float) -> None:
    """Take a SIM card off the network for its limit; ``at`` in Unix seconds."""
    sim_card_actions.interrupt(sandbox, sim_card, OVER_LIMIT, at)
    sim_card_records.check_limit(sandbox, sim_card.listed["id"], at)


def check_groups(sandbox: Sandbox, added: dict[str, int], at: float) -> None:
    """Plan what follows for groups that passed their pooled limit just now.

    ``added`` is what each used in this step, in thousandths of MB; ``at`` in Unix seconds.
    """
    for group_id, amount in added.items():
        group = sandbox.sim_card_groups.get(group_id)
        limit = thousandths_of_mb(group.listed["data_limit"]) if group else None
        used = group_usage(sandbox, group_id)[1]
        if limit is not None and over(used, limit) and not over(used - amount, limit):
            due = sandbox.clock.after(LIMIT_CHECK_SECONDS, at)
            sandbox.schedule.add(due, "sim_card_group_limit", group_id)


def use(sandbox: Sandbox, sim_card: Record, amount: int, seconds: int = 60) -> dict[str, Any]:
    """Usage of one SIM card at once; answers it as lists show it."""
    at = moment(sandbox)
    group_id = add(sandbox, sim_card, amount, seconds, at)
    if group_id is not None:
        check_groups(sandbox, {group_id: amount}, at / 1000)
    after = sandbox.sim_cards.get(sim_card.listed["id"])
    return {} if after is None else after.listed
