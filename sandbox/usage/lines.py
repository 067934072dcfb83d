"""A narrow row for every SIM card there ever was: what its usage follows from, and its charges.

The rows outlive their SIM cards. Group, network and address are those of the fleet's first day, or
of the registration: a record keeps the group that a SIM card was in when it was made.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox.clock import DAY, seconds_of
from sandbox.usage.history import DAY_MS, History

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

ELAPSED = 18  # days into the cycle, for a new fleet (our choice)
EPOCH = date(1970, 1, 1)
RESTING_CHEAPLY = ("disabled", "standby")
PASSING = ("enabling", "disabling", "setting_standby", "registering")
TABLES = (
    "CREATE TABLE IF NOT EXISTS usage_lines (n INTEGER PRIMARY KEY, id TEXT, imsi TEXT,"
    " msisdn TEXT, g INTEGER, mcc TEXT, mnc TEXT, ip TEXT, total INTEGER, start INTEGER,"
    " registered INTEGER, removed INTEGER, active INTEGER, paid INTEGER, visited INTEGER)",
    "CREATE INDEX IF NOT EXISTS usage_lines_by_id ON usage_lines (id)",
    "CREATE TABLE IF NOT EXISTS usage_groups (g INTEGER PRIMARY KEY, id TEXT, name TEXT)",
    # From when on a SIM card was in another class of monthly price.
    "CREATE TABLE IF NOT EXISTS usage_standings (n INTEGER, at INTEGER, active INTEGER)",
    "CREATE INDEX IF NOT EXISTS usage_standings_by_n ON usage_standings (n, at)",
    "CREATE TABLE IF NOT EXISTS usage_live (seq INTEGER PRIMARY KEY, at INTEGER, n INTEGER,"
    " up INTEGER, down INTEGER, seconds INTEGER, g INTEGER, mcc TEXT, mnc TEXT)",
    "CREATE INDEX IF NOT EXISTS usage_live_by_n ON usage_live (n, at)",
    "CREATE INDEX IF NOT EXISTS usage_live_by_at ON usage_live (at)",
)


def prepare(state: State) -> None:
    """Make the tables, unless they are there."""
    for statement in TABLES:
        state.connection.execute(statement)


def cycle_begin(day: date, cycle_day: int) -> date:
    """The first day of the cycle that a day is in."""
    if day.day >= cycle_day:
        return day.replace(day=cycle_day)
    return (day.replace(day=1) - timedelta(days=1)).replace(day=cycle_day)


def months_before(day: date, months: int) -> date:
    """The first of the month so many months before."""
    for _ in range(months):
        day = day.replace(day=1) - timedelta(days=1)
    return day.replace(day=1)


def fill(sandbox: Sandbox, random: Random, day: float) -> None:
    """The lines of the SIM cards there are; ``day`` is the fleet's first, in Unix seconds."""
    db, state = sandbox.state.connection, sandbox.state
    first = datetime.fromtimestamp(day, UTC).date()
    cycle_day = min((first - timedelta(days=ELAPSED)).day, 28)
    day0 = (first - EPOCH).days
    begin = cycle_begin(first, cycle_day)
    db.execute(
        "INSERT INTO usage_groups SELECT seq, id, name FROM sim_card_groups",
    )
    db.execute(
        f"""
        INSERT INTO usage_lines
        SELECT row_number() OVER (ORDER BY seq), id, imsi, msisdn,
            coalesce((SELECT g FROM usage_groups WHERE usage_groups.id = sim_card_group_id), 0),
            coalesce(mcc, '310'), coalesce(mnc, '260'), ip, consumed,
            min({day0} - 1, max(created + 1) OVER (ORDER BY seq)),
            registered, NULL, status NOT IN ('disabled', 'standby'), 0, NULL
        FROM (
            SELECT c.seq, c.id, c.msisdn, c.sim_card_group_id, c.consumed, c.status,
                json_extract(CAST(d.listed AS TEXT), '$.imsi') AS imsi,
                json_extract(CAST(d.hidden AS TEXT), '$.current_mcc') AS mcc,
                json_extract(CAST(d.hidden AS TEXT), '$.current_mnc') AS mnc,
                json_extract(CAST(d.hidden AS TEXT), '$.ipv4') AS ip,
                CAST(strftime('%s', json_extract(CAST(d.listed AS TEXT), '$.created_at'))
                    AS INTEGER) * 1000 AS registered,
                CAST(strftime('%s', json_extract(CAST(d.listed AS TEXT), '$.created_at'))
                    AS INTEGER) / 86400 AS created
            FROM sim_cards c JOIN sim_cards_documents d USING (seq)
        )
        """
    )
    count = db.execute("SELECT count(*) FROM usage_lines").fetchone()[0]
    for name, value in (
        ("usage_day0", day0),
        ("usage_first", (months_before(first, 4) - EPOCH).days),
        ("usage_cards", count),
        ("usage_seed", random.randrange(1 << 30)),
        ("cycle_day", cycle_day),
        ("cycle_start", (begin - EPOCH).days * DAY_MS),
    ):
        state.set_fact(name, str(value))


def history(sandbox: Sandbox) -> History:
    """The fleet's history, as its facts say."""
    if sandbox.usage_history is None:
        day0, first, cards, seed, cycle_day = (
            int(sandbox.state.fact(name) or 0)
            for name in ("usage_day0", "usage_first", "usage_cards", "usage_seed", "cycle_day")
        )
        cycles: list[tuple[int, int]] = []
        end = day0
        while end > first:
            begin = (cycle_begin(EPOCH + timedelta(days=end - 1), max(1, cycle_day)) - EPOCH).days
            cycles.append((begin, end))
            end = begin
        sandbox.usage_history = History(first, day0, tuple(cycles), cards, seed)
    return sandbox.usage_history


def group_number(sandbox: Sandbox, group_id: str | None) -> int:
    """The number of a group with its present name; 0 is no group."""
    group = sandbox.sim_card_groups.get(group_id) if group_id else None
    if group is None:
        return 0
    db, name = sandbox.state.connection, group.listed["name"]
    row = db.execute(
        "SELECT g FROM usage_groups WHERE id = ? AND name = ?", (group_id, name)
    ).fetchone()
    if row is not None:
        return int(row[0])
    return int(
        db.execute("INSERT INTO usage_groups (id, name) VALUES (?, ?)", (group_id, name)).lastrowid
        or 0
    )


def add(sandbox: Sandbox, listed: dict[str, Any], hidden: dict[str, Any], paid: int) -> None:
    """The line of a new SIM card; ``paid`` is its price in 10^-7 USD.

    Its first monthly charge is that of the status it will have.
    """
    now = seconds_of(listed["created_at"])
    sandbox.state.connection.execute(
        "INSERT INTO usage_lines (id, imsi, msisdn, g, mcc, mnc, ip, total, start, registered,"
        " removed, active, paid, visited) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, NULL, ?, ?, NULL)",
        (
            listed["id"],
            listed["imsi"],
            listed["msisdn"],
            group_number(sandbox, listed["sim_card_group_id"]),
            hidden["current_mcc"],
            hidden["current_mnc"],
            hidden["ipv4"],
            int(now // DAY),
            int(now * 1000),
            int(hidden.get("becomes") not in RESTING_CHEAPLY),
            paid,
        ),
    )


def forget(sandbox: Sandbox, sim_card_id: str) -> None:
    """Note that a SIM card is gone: it costs nothing from now on."""
    sandbox.state.connection.execute(
        "UPDATE usage_lines SET removed = ? WHERE id = ? AND removed IS NULL",
        (int(sandbox.clock.now() * 1000), sim_card_id),
    )


def standing(sandbox: Sandbox, sim_card_id: str, status: str, at: float) -> None:
    """Note that a status, and with it perhaps the monthly price, changed; ``at`` in seconds."""
    if status in PASSING:
        return
    db, active = sandbox.state.connection, int(status not in RESTING_CHEAPLY)
    row = db.execute(
        "SELECT n, coalesce((SELECT t.active FROM usage_standings t WHERE t.n = s.n"
        " ORDER BY t.at DESC, t.rowid DESC LIMIT 1), s.active) FROM usage_lines s WHERE s.id = ?",
        (sim_card_id,),
    ).fetchone()
    if row is not None and row[1] != active:
        db.execute("INSERT INTO usage_standings VALUES (?, ?, ?)", (row[0], int(at * 1000), active))
