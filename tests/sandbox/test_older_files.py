"""A data file of a version that knew fewer kinds of resources."""

import sqlite3
from pathlib import Path
from typing import Any

from tests.sandbox.client import Api
from tests.sandbox_process import start_sandbox

NEWER = (
    "/access_ip_address",
    "/audit_events",
    "/authentication_providers",
    "/integration_secrets",
    "/storage/migrations",
    "/webhook_deliveries",
)
FIRST_KINDS = ("sim_cards", "sim_card_groups", "sim_card_actions")


def test_what_is_missing_is_added(tmp_path: Path) -> None:
    data = tmp_path / "fleet.db"
    with start_sandbox(sims=40, data=data) as sandbox:
        cards = Api(sandbox).all("/sim_cards")
    with sqlite3.connect(data) as database:
        names = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            if name not in ("facts", "schedule") and not name.startswith(FIRST_KINDS)
        ]
        assert "public_ips" in names
        for name in names:
            database.execute(f"DROP TABLE {name}")
        database.execute("DELETE FROM facts WHERE name LIKE 'filled %'")
    database.close()
    found: list[Any] = []
    for _ in range(2):
        with start_sandbox(sims=40, data=data) as sandbox:
            api = Api(sandbox)
            assert api.all("/sim_cards") == cards
            assert api.get("/bulk_sim_card_actions")["data"] == []
            found.append([api.get(path)["data"] for path in NEWER])
    assert all(found[0])
    assert found[0] == found[1]
    with sqlite3.connect(data) as database:
        names = database.execute("SELECT name FROM sqlite_schema WHERE type = 'index'").fetchall()
    database.close()
    assert ("public_ips_by_id",) in names
