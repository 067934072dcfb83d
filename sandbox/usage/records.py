"""Usage records as one list: those of the past are computed, the newer ones are stored.

Newest first. A page is found by counting, so it costs the same at any depth.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from sandbox.usage.history import DAY_MS, LIVE, Line
from sandbox.usage.lines import history
from sandbox.usage.prices import cost

if TYPE_CHECKING:
    from sandbox.context import Sandbox

LINE = "s.n, s.id, s.imsi, s.msisdn, s.g, s.mcc, s.mnc, s.ip, s.total, s.start"
LATEST = 1 << 52
REMEMBERED = 16
# Fields that SQL compares; in the records that are stored, network and group are their own.
FIELDS = {
    "sim_card_id": "s.id = ?",
    "imsi": "s.imsi = ?",
    "phone_number": "s.msisdn = ?",
    "ip_address": "s.ip = ?",
    "mcc": "{r}.mcc = ?",
    "mnc": "{r}.mnc = ?",
    "sim_group_id": "{r}.g IN (SELECT g FROM usage_groups WHERE id = ?)",
    "sim_group_name": "{r}.g IN (SELECT g FROM usage_groups WHERE name = ?)",
}


@dataclass(frozen=True)
class Wanted:
    """Records made from ``begin`` to ``end`` (milliseconds, not included) that fit the fields."""

    begin: int = 0
    end: int = LATEST
    fields: tuple[tuple[str, str], ...] = field(default=())

    def where(self, alias: str) -> str:
        """SQL that follows another condition."""
        return "".join(" AND " + FIELDS[name].format(r=alias) for name, _ in self.fields)

    @property
    def values(self) -> tuple[str, ...]:
        """What to bind."""
        return tuple(value for _, value in self.fields)


class Usage(NamedTuple):
    """One record; amounts in thousandths of MB, ``cost`` in 10^-7 USD, ``at`` in milliseconds."""

    id: str
    at: int
    closed: int
    line: Line
    g: int
    mcc: str
    mnc: str
    up: int
    down: int
    seconds: int

    @property
    def amount(self) -> int:
        """Both directions."""
        return self.up + self.down

    @property
    def cost(self) -> int:
        """In 10^-7 USD."""
        return cost(self.amount, self.mcc)


class Population(NamedTuple):
    """The lines with a past that fit a selection: numbers and first days, both ascending."""

    numbers: list[int]
    starts: list[int]


def _population(sandbox: Sandbox, wanted: Wanted) -> Population:
    known = sandbox.usage_populations.get(wanted.fields)
    if known is None:
        rows = sandbox.state.connection.execute(
            f"SELECT s.n, s.start FROM usage_lines s WHERE s.total > 0{wanted.where('s')}"
            " ORDER BY s.n",
            wanted.values,
        ).fetchall()
        known = Population([n for n, _ in rows], [start for _, start in rows])
        if len(sandbox.usage_populations) >= REMEMBERED:
            sandbox.usage_populations.pop(next(iter(sandbox.usage_populations)))
        sandbox.usage_populations[wanted.fields] = known
    return known


def _days(sandbox: Sandbox, wanted: Wanted) -> list[tuple[int, int, int]]:
    """(day, first and end index into the population), newest day first."""
    past = history(sandbox)
    people = _population(sandbox, wanted)
    first = max(past.first, wanted.begin // DAY_MS)
    last = min(past.day0 - 1, (wanted.end - 1) // DAY_MS)
    found = []
    for day in range(last, first - 1, -1):
        low, high = 0, bisect_left(people.starts, day + 1)
        if wanted.begin > day * DAY_MS:
            low = bisect_left(people.numbers, past.first_n(day, wanted.begin))
        if wanted.end < (day + 1) * DAY_MS:
            high = min(high, bisect_left(people.numbers, past.first_n(day, wanted.end)))
        if low < high:
            found.append((day, low, high))
    return found


def _live(wanted: Wanted) -> str:
    return (
        " FROM usage_live r JOIN usage_lines s ON s.n = r.n"
        f" WHERE r.at >= {wanted.begin} AND r.at < {wanted.end}{wanted.where('r')}"
    )


def count(sandbox: Sandbox, wanted: Wanted) -> int:
    """How many records there are."""
    past = sum(high - low for _, low, high in _days(sandbox, wanted))
    return past + _count_live(sandbox, wanted)


def _count_live(sandbox: Sandbox, wanted: Wanted) -> int:
    row = sandbox.state.connection.execute("SELECT count(*)" + _live(wanted), wanted.values)
    return int(row.fetchone()[0])


def page(
    sandbox: Sandbox, wanted: Wanted, offset: int, size: int, ascending: bool = False
) -> tuple[list[Usage], int]:
    """``size`` records from ``offset`` on, and how many there are in all."""
    days, live = _days(sandbox, wanted), _count_live(sandbox, wanted)
    total = live + sum(high - low for _, low, high in days)
    if offset >= total:
        return [], total
    if ascending:
        begin = max(0, total - offset - size)
        found = _slice(sandbox, wanted, days, live, begin, total - offset)
        return found[::-1], total
    return _slice(sandbox, wanted, days, live, offset, min(total, offset + size)), total


def _slice(
    sandbox: Sandbox,
    wanted: Wanted,
    days: list[tuple[int, int, int]],
    live: int,
    begin: int,
    end: int,
) -> list[Usage]:
    found: list[Usage] = []
    if begin < live:
        rows = sandbox.state.connection.execute(
            f"SELECT r.seq, r.at, r.up, r.down, r.seconds, r.g, r.mcc, r.mnc, {LINE}"
            + _live(wanted)
            + f" ORDER BY r.at DESC, r.seq DESC LIMIT {min(end, live) - begin} OFFSET {begin}",
            wanted.values,
        )
        past = history(sandbox)
        for seq, at, up, down, seconds, g, mcc, mnc, *line in rows:
            identifier = past.identifier(LIVE, seq, 0)
            found.append(Usage(identifier, at, at, Line(*line), g, mcc, mnc, up, down, seconds))
    people = _population(sandbox, wanted)
    wanted_pairs: list[tuple[int, int]] = []
    reached = live
    for day, low, high in days:
        first, last = max(begin, reached), min(end, reached + high - low)
        reached += high - low
        if first < last:
            top = high - 1 - (first - (reached - high + low))
            wanted_pairs += [(day, people.numbers[top - k]) for k in range(last - first)]
        if reached >= end:
            break
    return found + list(_computed(sandbox, wanted_pairs))


def _computed(sandbox: Sandbox, pairs: list[tuple[int, int]]) -> Iterator[Usage]:
    past = history(sandbox)
    numbers = orjson.dumps(list({n for _, n in pairs})).decode()
    rows = sandbox.state.connection.execute(
        f"SELECT {LINE} FROM usage_lines s WHERE s.n IN (SELECT value FROM json_each(?))",
        (numbers,),
    )
    lines = {row[0]: Line(*row) for row in rows}
    for day, n in pairs:
        line = lines[n]
        up, down = past.amounts(line, day)
        at, seconds = past.at(n, day), past.seconds(n, day)
        yield Usage(
            past.identifier(0, n, day),
            at,
            at + seconds * 1000,
            line,
            line.g,
            line.mcc,
            line.mnc,
            up,
            down,
            seconds,
        )


def by_id(sandbox: Sandbox, identifier: str) -> Wanted | None:
    """A selection of the one record with this id, or None when there is none."""
    past = history(sandbox)
    meant = past.meant(identifier)
    if meant is None:
        return None
    kind, n, day = meant
    db = sandbox.state.connection
    if kind == LIVE:
        sql = "SELECT r.at, s.id FROM usage_live r JOIN usage_lines s ON s.n = r.n WHERE r.seq = ?"
        row = db.execute(sql, (n,)).fetchone()
        if row is None:
            return None
        return Wanted(row[0], row[0] + 1, (("sim_card_id", row[1]),))
    row = db.execute("SELECT id FROM usage_lines WHERE n = ?", (n,)).fetchone()
    if row is None:
        return None
    at = past.at(n, day)
    return Wanted(at, at + 1, (("sim_card_id", row[0]),))


class Sum(NamedTuple):
    """What records of the same keys add up to; amounts in thousandths of MB."""

    g: int
    mcc: str
    mnc: str
    n: int
    up: int
    down: int
    records: int

    @property
    def cost(self) -> int:
        """In 10^-7 USD."""
        return cost(self.up + self.down, self.mcc)


def sums(sandbox: Sandbox, wanted: Wanted, by_sim_card: bool = False) -> list[Sum]:
    """Sums by group and network, and by SIM card where that is asked for (else ``n`` is 0)."""
    n = "s.n" if by_sim_card else "0"
    totals: dict[tuple[int, str, str, int], list[int]] = {}

    def note(sql: str) -> None:
        for g, mcc, mnc, number, amount, up, records in sandbox.state.connection.execute(
            sql, wanted.values
        ):
            known = totals.setdefault((g, mcc, mnc, number), [0, 0, 0])
            known[0] += up
            known[1] += amount - up
            known[2] += records

    past = history(sandbox)
    for where, low, high in _whole_days(sandbox, wanted):
        for sql in past.sums(f"s.g, s.mcc, s.mnc, {n}", where + wanted.where("s"), low, high):
            note(sql)
    note(
        f"SELECT r.g, r.mcc, r.mnc, {n}, sum(r.up + r.down), sum(r.up), count(*)"
        + _live(wanted)
        + " GROUP BY 1, 2, 3, 4"
    )
    return [Sum(*key, *value) for key, value in sorted(totals.items()) if value[2]]


def _whole_days(sandbox: Sandbox, wanted: Wanted) -> list[tuple[str, int, int]]:
    """The time in whole days of some lines each: conditions, first day, day after the last."""
    past = history(sandbox)
    begin = max(wanted.begin, past.first * DAY_MS)
    end = min(wanted.end, past.day0 * DAY_MS)
    if begin >= end:
        return []
    first, low = divmod(begin, DAY_MS)
    last, high = divmod(end, DAY_MS)
    from_n = f" AND s.n >= {past.first_n(first, begin)}"
    to_n = f" AND s.n < {past.first_n(last, end)}"
    if first == last:
        return [(from_n + to_n, first, first + 1)]
    parts = [(from_n, first, first + 1)] if low else []
    if first + bool(low) < last:
        parts.append(("", first + bool(low), last))
    if high:
        parts.append((to_n, last, last + 1))
    return parts


def group_of(sandbox: Sandbox, g: int) -> tuple[str | None, str | None]:
    """Id and name of a group as records show them."""
    if not g:
        return None, None
    row = sandbox.state.connection.execute(
        "SELECT id, name FROM usage_groups WHERE g = ?", (g,)
    ).fetchone()
    return (row[0], row[1]) if row else (None, None)


def tags_of(sandbox: Sandbox, sim_card_ids: set[str]) -> dict[str, list[Any]]:
    """The present tags of SIM cards that are still there."""
    rows = sandbox.state.connection.execute(
        "SELECT c.id, d.listed FROM sim_cards c JOIN sim_cards_documents d USING (seq)"
        " WHERE c.id IN (SELECT value FROM json_each(?))",
        (orjson.dumps(list(sim_card_ids)).decode(),),
    )
    return {identifier: orjson.loads(listed).get("tags") or [] for identifier, listed in rows}
