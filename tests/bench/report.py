"""Rows of the benchmark's table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class Row:
    """Something that was measured, and what it is held against (None: a floor itself)."""

    name: str
    seconds: list[float]
    against: Row | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The median in seconds."""
        return statistics.median(self.seconds)

    @property
    def ratio(self) -> float | None:
        """How many times as long as what it is held against."""
        return self.median / self.against.median if self.against else None

    def as_json(self) -> dict[str, Any]:
        """For results.json."""
        return {
            "name": self.name,
            "seconds": [round(value, 4) for value in self.seconds],
            "median": round(self.median, 4),
            "against": self.against.name if self.against else None,
            "ratio": round(self.ratio, 3) if self.ratio else None,
            "note": self.note,
        }


def measure(name: str, work: Callable[[], Any], rounds: int, **fields: Any) -> Row:
    """Time the work `rounds` times."""
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return Row(name, seconds, **fields)


def table(rows: Sequence[Row]) -> str:
    """The rows as text."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'':{width}}  seconds   ratio  against"]
    for row in rows:
        ratio = f"{row.ratio:6.2f}x" if row.ratio else "      -"
        against = row.against.name if row.against else ""
        lines.append(
            f"{row.name:{width}}  {row.median:7.2f}  {ratio}  {against} {row.note}".rstrip()
        )
    return "\n".join(lines)
