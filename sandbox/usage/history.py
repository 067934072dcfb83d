"""Usage before the fleet's first day: computed, not stored.

A SIM card has one record a day. Its amount is the difference of a function that says how much was
used from the start of a billing cycle up to a day, so any range of days is a difference of two
values and adds up exactly. The function wobbles between days, but not at the ends of a cycle, so a
cycle adds up to exactly its total. Days are counted from 1970-01-01, amounts in thousandths of MB.

The same arithmetic is written twice: in Python for the records of a page, in SQL for sums over a
fleet of any size. All numbers stay below 2^63.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

DAY_MS = 86_400_000
PRIME = 2_147_483_647
MASK = (1 << 64) - 1
MIX, UNMIX = 0xBF58476D1CE4E5B9, pow(0xBF58476D1CE4E5B9, -1, 1 << 64)
LIVE = 1


class Line(NamedTuple):
    """A SIM card in its records; ``total`` of the elapsed cycle, ``start`` is its first day."""

    n: int
    sim_card_id: str
    imsi: str
    msisdn: str | None
    g: int
    mcc: str
    mnc: str
    ip: str
    total: int
    start: int


@dataclass(frozen=True)
class History:
    """``first`` day to ``day0`` (not included), which is day ``elapsed`` of its cycle.

    ``cycles`` are (first day, day after the last), the newest first; ``cards`` is how many SIM
    cards the fleet had.
    """

    first: int
    day0: int
    cycles: tuple[tuple[int, int], ...]
    cards: int
    seed: int

    def _noise(self, n: int, x: int) -> int:
        return (n * 48_271 + x * 69_621 + self.seed) % PRIME * 16_807 % PRIME

    def _until(self, total: int, n: int, start: int, cycle: int, day: int) -> int:
        """What was used from the start of a cycle up to a day within it."""
        first, end = self.cycles[cycle]
        begin = max(first, start)
        length = end - begin
        passed = min(day - begin, length)
        if passed <= 0:
            return 0
        if cycle:
            # Earlier cycles are like the present one, more or less.
            present = self.cycles[0][1] - max(self.cycles[0][0], start)
            total = total * length * (800 + self._noise(n, cycle) % 351) // (present * 1000)
        even = total * passed // length
        if passed < length:
            # Half a day's amount up or down at most, so that no day falls below nothing.
            half = total // length // 2
            even += self._noise(n, begin + passed) % (2 * half + 1) - half
        return even

    def amounts(self, line: Line, day: int) -> tuple[int, int]:
        """Uplink and downlink of a day."""
        for number, (first, end) in enumerate(self.cycles):
            if first <= day < end:
                before = self._until(line.total, line.n, line.start, number, day)
                after = self._until(line.total, line.n, line.start, number, day + 1)
                share = 100 + line.n * 7919 % 301
                up = after * share // 1000 - before * share // 1000
                return up, after - before - up
        return 0, 0

    def sums(self, keys: str, where: str, first: int, end: int) -> list[str]:
        """SQL, one query a cycle, whose columns are ``keys``, amount, uplink and records.

        Counts the days from ``first`` to ``end`` (not included) of the lines of ``where``.
        """
        first, end = max(first, self.first), min(end, self.day0)
        queries = []
        for number, (begin, over) in enumerate(self.cycles):
            low, high = max(first, begin), min(end, over)
            if low < high:
                queries.append(self._sum(keys, where, number, low, high))
        return queries

    def _sum(self, keys: str, where: str, cycle: int, low: int, high: int) -> str:
        first, end = self.cycles[cycle]
        total = "s.total"
        if cycle:
            present = f"({self.cycles[0][1]} - max({self.cycles[0][0]}, s.start))"
            factor = f"(800 + {self._noise_sql('s.n', str(cycle))} % 351)"
            total = f"(s.total * ({end} - max({first}, s.start)) * {factor} / ({present} * 1000))"

        def until(day: int) -> str:
            if day == first:
                return "0"
            if day == end:
                return "CASE WHEN size > 0 THEN whole ELSE 0 END"
            noise = self._noise_sql("n", str(day))
            wobble = f"{noise} % (2 * (whole / size / 2) + 1) - whole / size / 2"
            return (
                f"CASE WHEN {day} <= opens THEN 0"
                f" ELSE whole * ({day} - opens) / size + {wobble} END"
            )

        share = "(100 + n * 7919 % 301)"
        return (
            f"SELECT {keys}, sum(b - a), sum(b * {share} / 1000 - a * {share} / 1000), sum(days)"
            f" FROM (SELECT *, {until(low)} AS a, {until(high)} AS b,"
            f" max({high} - max({low}, start), 0) AS days FROM"
            f" (SELECT s.*, max({first}, s.start) AS opens, {end} - max({first}, s.start) AS size,"
            f" {total} AS whole FROM usage_lines s"
            f" WHERE s.total > 0 AND s.start < {high}{where})) s"
            " GROUP BY 1, 2, 3, 4"
        )

    def _noise_sql(self, n: str, x: str) -> str:
        return f"(({n} * 48271 + {x} * 69621 + {self.seed}) % {PRIME} * 16807 % {PRIME})"

    def at(self, n: int, day: int) -> int:
        """When the record of a day was made, in milliseconds; later SIM cards come later."""
        return day * DAY_MS + DAY_MS * n // (self.cards + 2)

    def first_n(self, day: int, moment: int) -> int:
        """The first line whose record of a day was made at ``moment`` (milliseconds) or later."""
        rest = min(max(moment - day * DAY_MS, 0), DAY_MS)
        return -(-rest * (self.cards + 2) // DAY_MS)

    def seconds(self, n: int, day: int) -> int:
        """How long the sessions of a day lasted; they end before midnight."""
        left = (DAY_MS - self.at(n, day) % DAY_MS) // 1000
        return min(60 + self._noise(n, day + 7) % 40_000, left)

    def identifier(self, kind: int, n: int, day: int) -> str:
        """A stable UUID: 64 bits hold what record it is, the others check them."""
        held = kind << 62 | n << 20 | day
        return _uuid(_mixed(held ^ self.seed), _mixed(held + self.seed * 3 + 1))

    def meant(self, identifier: str) -> tuple[int, int, int] | None:
        """Kind, number and day of an identifier, or None when it is not one of ours."""
        try:
            bits = int(identifier.replace("-", ""), 16)
        except ValueError:
            return None
        if bits >= 1 << 128:
            return None
        held = _unmixed(bits >> 80 << 16 | bits >> 32 & 0xFFFF) ^ self.seed
        kind, n, day = held >> 62, held >> 20 & (1 << 42) - 1, held & (1 << 20) - 1
        return (kind, n, day) if self.identifier(kind, n, day) == identifier.lower() else None


def _mixed(value: int) -> int:
    value = value * MIX & MASK
    value ^= value >> 32
    return value * MIX & MASK


def _unmixed(value: int) -> int:
    value = value * UNMIX & MASK
    value ^= value >> 32
    return value * UNMIX & MASK


def _uuid(held: int, check: int) -> str:
    """Version 4 in form: the held bits around the version, the check behind."""
    text = f"{held >> 16:012x}4{check >> 52 & 0xFFF:03x}{0x8 | check >> 50 & 3:x}"
    text += f"{check >> 38 & 0xFFF:03x}{held & 0xFFFF:04x}{check & 0xFFFFFFFF:08x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
