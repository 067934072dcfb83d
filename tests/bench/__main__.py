"""`make bench`: prints a table and writes bench/results.json.

Every figure is a ratio of two measurements of one run on one machine; seconds alone say little.
BENCH_SIMS (100000) sets the size of the fleet that is listed and synced, BENCH_LIST_SIMS (1000000)
the largest that pages are asked of, BENCH_ROUNDS (3) how often each is measured; the median counts.
BENCH_ONLY (listing,sync,lists,operations) chooses.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench" / "results.json"


def main() -> int:
    """Run every benchmark."""
    os.environ.setdefault("SIMFLEET_HOME", str(ROOT / ".simfleet-bench"))
    os.environ["SIMFLEET_ENV_FILE"] = ""
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    from config.environment import prepare

    prepare()
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from tests.bench.listing import listing_rows
    from tests.bench.lists import list_rows
    from tests.bench.operations import operation_rows
    from tests.bench.report import table
    from tests.bench.sync import sync_rows

    sims = int(os.environ.get("BENCH_SIMS", "100000"))
    rounds = int(os.environ.get("BENCH_ROUNDS", "3"))
    only = os.environ.get("BENCH_ONLY", "listing,sync,lists,operations").split(",")
    rows = []
    if "listing" in only:
        rows += listing_rows(sims, rounds)
    if "sync" in only:
        rows += sync_rows(sims, rounds)
    if "lists" in only:
        largest = int(os.environ.get("BENCH_LIST_SIMS", "1000000"))
        rows += list_rows([n for n in (10_000, 100_000, 1_000_000) if n <= largest], rounds)
    if "operations" in only:
        rows += operation_rows(sims, rounds)
    print(table(rows))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps(
            {
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
                "sim_cards": sims,
                "rows": [row.as_json() for row in rows],
            },
            indent=2,
        )
        + "\n"
    )
    print(f"\nWritten to {RESULTS.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
