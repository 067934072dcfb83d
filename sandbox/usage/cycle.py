"""The billing cycle: what was used in it begins at nothing again when it turns.

When the real one turns is not documented. Our choice: at midnight UTC on the account's cycle day,
every month. The work is cut into pieces, because a fleet of a million SIM cards has to be answered
for meanwhile; until its piece has come, a SIM card shows what it used in the cycle before.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.clock import midnight
from sandbox.iot.data_limits import in_mb
from sandbox.iot.sim_card_records import CONSUMED, check_limit
from sandbox.usage import live
from sandbox.usage.lines import cycle_begin

if TYPE_CHECKING:
    from random import Random

    from sandbox.context import Sandbox

PIECE = 200
# Real seconds between two pieces.
PAUSE = 0.02
# Pieces that are done at once when somebody asks for the turn.
AT_ONCE = 100


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls."""

    def due_turn(_subject: str, due: float) -> None:
        begin(sandbox, int(due * 1000))
        plan(sandbox, due)
        sandbox.schedule.add(due, "cycle_piece", "reset:0")

    def piece(subject: str, due: float) -> None:
        following = step(sandbox, subject, due)
        if following is not None:
            later = max(due, sandbox.clock.now()) + PAUSE
            sandbox.schedule.add(later, "cycle_piece", following)

    sandbox.schedule.on("cycle_turn", due_turn)
    sandbox.schedule.on("cycle_piece", piece)


def fill(sandbox: Sandbox, _random: Random, day: float) -> None:
    """Plan the first turn: after the fleet's first day and after now."""
    plan(sandbox, max(day, sandbox.clock.now()))


def plan(sandbox: Sandbox, now: float) -> None:
    """Plan the turn that follows a time in Unix seconds."""
    cycle_day = int(sandbox.state.fact("cycle_day") or 1)
    today = datetime.fromtimestamp(now, UTC).date()
    following = cycle_begin(cycle_begin(today, cycle_day) + timedelta(days=31), cycle_day)
    sandbox.schedule.add(midnight(following), "cycle_turn", "")


def begin(sandbox: Sandbox, at: int) -> None:
    """From now on a new cycle counts; ``at`` in milliseconds."""
    sandbox.state.set_fact("cycle_start", str(at))


def turn_now(sandbox: Sandbox) -> int:
    """Turn the cycle at once; answers from when on the new one counts, in milliseconds."""
    at = live.moment(sandbox) + 1
    begin(sandbox, at)
    following: str | None = "reset:0"
    for _ in range(AT_ONCE):
        if following is not None:
            following = step(sandbox, following, at / 1000)
    if following is not None:
        sandbox.schedule.add(sandbox.clock.now() + PAUSE, "cycle_piece", following)
    return at


def step(sandbox: Sandbox, subject: str, at: float) -> str | None:
    """Do a piece of the turn, ``phase:seq``; answers the next one, or None at the end.

    First what every SIM card used is set to what it used since the turn, then those over their
    limit go back by themselves (behaviour), because groups are below theirs only by then.
    """
    phase, _, after = subject.partition(":")
    condition = "consumed > 0" if phase == "reset" else "status = 'data_limit_exceeded'"
    rows = sandbox.state.connection.execute(
        f"SELECT seq, id FROM sim_cards WHERE seq > ? AND {condition} ORDER BY seq LIMIT {PIECE}",
        (int(after),),
    ).fetchall()
    for _, identifier in rows:
        if phase == "reset":
            _reset(sandbox, identifier)
        else:
            check_limit(sandbox, identifier, at)
    if rows:
        return f"{phase}:{rows[-1][0]}"
    return "limits:0" if phase == "reset" else None


def _reset(sandbox: Sandbox, identifier: str) -> None:
    sim_card = sandbox.sim_cards.get(identifier)
    if sim_card is None:
        return
    begun = int(sandbox.state.fact("cycle_start") or 0)
    row = sandbox.state.connection.execute(
        "SELECT coalesce(sum(r.up + r.down), 0) FROM usage_live r JOIN usage_lines s ON s.n = r.n"
        " WHERE s.id = ? AND r.at >= ?",
        (identifier, begun),
    )
    sim_card.listed[CONSUMED] = in_mb(int(row.fetchone()[0]))
    sandbox.sim_cards.save(sim_card)
