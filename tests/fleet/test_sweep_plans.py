"""How the database looks up what a sweep compares: by id, never by a walk over the account."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fleet.models import SyncState
from fleet.sync.registry import SYNCS
from fleet.sync.schedule import sweep_all
from tests.fleet.conftest import account_at
from tests.sandbox_process import SandboxProcess

SIMS = 4_500


def _lookups(queries: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in queries if _is_lookup(query["sql"])]


def _is_lookup(sql: str) -> bool:
    return "WITH ORDINALITY" in sql and "FROM fleet_simcard\n" in sql


@pytest.mark.slow
def test_digests_are_looked_up_by_id(
    new_sandbox: Callable[[int], SandboxProcess], transactional_db: None
) -> None:
    """A first sweep outruns what the planner knows of the table, unless it is told at once."""
    account = account_at(new_sandbox(SIMS))
    with connection.cursor() as cursor:
        # What the planner knows then: nothing is there.
        cursor.execute("VACUUM ANALYZE fleet_simcard")
    with CaptureQueriesContext(connection) as first:
        assert [run.state for run in sweep_all(account)] == [SyncState.COMPLETE] * len(SYNCS)
    asked = [query["sql"] for query in first]
    told = next(i for i, sql in enumerate(asked) if sql.startswith("ANALYZE fleet_simcard"))
    lookups = [i for i, sql in enumerate(asked) if _is_lookup(sql)]
    # Before come two batches: the second is looked up while the first is made ready.
    assert len([i for i in lookups if i < told]) == 2
    assert len(lookups) >= 3
    with CaptureQueriesContext(connection) as unchanged:
        sweep_all(account)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + _lookups(unchanged)[-1])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using sim_card_unique" in plan
    assert "Seq Scan" not in plan
