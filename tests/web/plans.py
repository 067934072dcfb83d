"""What the database does for a page: the statements over SIM cards, and how many rows they read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

TABLE = "fleet_simcard"


@dataclass
class Statement:
    """A statement as it ran under EXPLAIN ANALYZE."""

    sql: str
    plan: dict[str, Any]

    @property
    def milliseconds(self) -> float:
        """What it took."""
        return float(self.plan["Execution Time"])

    def nodes(self) -> Iterator[dict[str, Any]]:
        """Every step of the plan."""
        waiting = [self.plan["Plan"]]
        while waiting:
            node = waiting.pop()
            waiting += node.get("Plans", [])
            yield node

    @property
    def scans_the_table(self) -> bool:
        """Whether it reads the table from end to end."""
        return any(
            node["Node Type"].endswith("Seq Scan") and node["Relation Name"] == TABLE
            for node in self.nodes()
        )

    @property
    def read(self) -> int:
        """The most rows that one step took from the table or an index, also to throw away.

        Without the entries of a bitmap: the planner intersects two where that spares rows, at
        some 4,000 entries a millisecond.
        """
        return max(
            (
                round(node["Actual Loops"] * sum(node.get(kind, 0) for kind in _ROWS))
                for node in self.nodes()
                if node.get("Relation Name") == TABLE
            ),
            default=0,
        )

    @property
    def sorted(self) -> int:
        """The most rows that one step sorted."""
        return max(
            (
                round(child["Actual Rows"] * child["Actual Loops"])
                for node in self.nodes()
                if node["Node Type"].endswith("Sort")
                for child in node["Plans"]
            ),
            default=0,
        )

    def __str__(self) -> str:
        steps = " < ".join(
            f"{node['Node Type']} {node.get('Index Name', '')}".strip() for node in self.nodes()
        )
        return f"{self.milliseconds:.1f} ms, read {self.read}, sorted {self.sorted}: {steps}"


_ROWS = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")


def statements_over_sim_cards(queries: CaptureQueriesContext) -> list[Statement]:
    """The captured SELECTs that touch SIM cards, each run once more with its plan."""
    found = []
    for query in queries.captured_queries:
        sql = query["sql"]
        if not sql.startswith("SELECT") or TABLE not in sql:
            continue
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql.replace("%", "%%"), [])
            answer = cursor.fetchone()[0]
        plan = json.loads(answer) if isinstance(answer, str) else answer
        found.append(Statement(sql, plan[0]))
    return found
