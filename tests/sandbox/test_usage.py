"""One source of usage: every list, report and charge adds up to the same."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.account import balance, ledger, recurring
from sandbox.additions import complete
from sandbox.clock import Clock
from sandbox.collection import EVERYTHING
from sandbox.context import Sandbox
from sandbox.fleet.generation import FleetPlan, generate
from sandbox.iot import public_ips
from sandbox.state import State
from sandbox.usage import cycle, growth, live
from sandbox.usage.history import DAY_MS
from sandbox.usage.lines import history
from sandbox.usage.prices import cost
from tests.sandbox.client import Api, error, eventually
from tests.sandbox_process import SandboxProcess, start_sandbox

TODAY = datetime.now(UTC).date()
CONSUMED = "current_billing_period_consumed_data"
WIRELESS = {"filter[record_type]": "wireless"}


@pytest.fixture(scope="module")
def own() -> Any:
    """A small fleet of this module alone, so that nobody else uses data."""
    with start_sandbox(sims=150, seed=11, speed=100) as running:
        yield running


@pytest.fixture
def small(own: SandboxProcess) -> Any:
    client = Api(own)
    yield client
    client.session.close()


def _everything(api: Api, path: str, size: int, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    number = 1
    while True:
        page = api.get(path, **params, **{"page[number]": number, "page[size]": size})
        found += page["data"]
        if number >= page["meta"]["total_pages"]:
            assert page["meta"]["total_results"] == len(found)
            return found
        number += 1


def _days(first: int, last: int) -> tuple[str, str]:
    """Days before today, as texts."""
    return tuple((TODAY - timedelta(days=ago)).isoformat() for ago in (first, last))  # type: ignore[return-value]


@pytest.mark.parametrize(("first", "last"), [(3, 0), (31, 24), (1, -1)])
def test_all_that_counts_data_agrees(small: Api, first: int, last: int) -> None:
    card = small.some("enabled", data_limit=None)
    small.sandbox.admin("POST", "usage", {"sim_card_id": card["id"], "mb": "0.123"})
    begin, end = _days(first, last)
    wdrs = _everything(small, "/reports/wdrs", 250, start_date=begin, end_date=end)
    assert wdrs
    spans = {"filter[created_at][gte]": begin, "filter[created_at][lt]": end}
    details = _everything(small, "/detail_records", 50, **WIRELESS, **spans)
    params = {"product": "wireless", "start_date": begin, "end_date": end, "page[size]": 5000}
    params["metrics"] = "data_cost,uplink_data,downlink_data"
    wanted = sum(Decimal(wdr["cost"]["amount"]) for wdr in wdrs)
    assert wanted > 0
    assert sum(Decimal(str(row["data_cost"])) for row in details) == wanted
    for dimensions in ("mcc", "mcc,mnc", "date", "sim_card_id", "sim_group_name,date"):
        rows = small.get("/usage_reports", dimensions=dimensions, **params)["data"]
        assert sum(Decimal(str(row["data_cost"])) for row in rows) == wanted
        up = sum(Decimal(str(row["uplink_data"])) for row in rows)
        assert up == sum(Decimal(str(wdr["uplink_data"]["amount"])) for wdr in wdrs)
    summary = small.get("/charges_summary", start_date=begin, end_date=end)["data"]
    line = next(x for x in summary["summary"]["lines"] if x["alias"] == "wireless_data")
    assert Decimal(line["amount"]) == wanted.quantize(Decimal("0.01"))
    assert [row["id"] for row in details] == [wdr["id"] for wdr in wdrs]
    for wdr in wdrs[:50]:
        amount = Decimal(str(wdr["uplink_data"]["amount"]))
        amount += Decimal(str(wdr["downlink_data"]["amount"]))
        assert Decimal(wdr["cost"]["amount"]) == amount * Decimal(wdr["rate"]["amount"])


def test_the_cycle_adds_up_to_what_was_consumed(small: Api) -> None:
    begin = TODAY - timedelta(days=18)
    if begin.day > 28:
        begin = begin.replace(day=28)
    rows = small.get(
        "/usage_reports",
        product="wireless",
        dimensions="sim_card_id",
        metrics="uplink_data,downlink_data",
        start_date=f"{begin}T00:00:00Z",
        **{"page[size]": 5000},
    )["data"]
    used = {
        row["sim_card_id"]: Decimal(str(row["uplink_data"])) + Decimal(str(row["downlink_data"]))
        for row in rows
    }
    cards = small.all("/sim_cards")
    shown = {card["id"]: Decimal(card[CONSUMED]["amount"]) for card in cards}
    assert used == {identifier: amount for identifier, amount in shown.items() if amount}
    for group in small.all("/sim_card_groups"):
        members = [c["id"] for c in cards if c["sim_card_group_id"] == group["id"]]
        assert Decimal(group["consumed_data"]["amount"]) == sum(shown[m] for m in members)


def test_pages_and_ids(small: Api) -> None:
    begin, end = _days(5, 2)
    span = {"start_date": begin, "end_date": end}
    rows = _everything(small, "/reports/wdrs", 37, **span)
    assert rows == _everything(small, "/reports/wdrs", 250, **span)
    times = [row["created_at"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert rows[::-1] == _everything(small, "/reports/wdrs", 50, sort="created_at", **span)
    row = rows[len(rows) // 2]
    assert small.get("/reports/wdrs", id=row["id"])["data"] == [row]
    one = small.get("/detail_records", **WIRELESS, **{"filter[id]": row["id"]})
    assert [found["id"] for found in one["data"]] == [row["id"]]
    for field in ("imsi", "mcc", "mnc", "sim_card_id", "sim_group_id", "sim_group_name"):
        expected = [other for other in rows if other[field] == row[field]]
        assert _everything(small, "/reports/wdrs", 250, **span, **{field: row[field]}) == expected
    for strange in ("x", "\0", "0" * 32, "f" * 300, row["id"][:-1] + "z"):
        assert small.get("/reports/wdrs", id=strange)["data"] == []


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 20 * 86_400), min_size=1, max_size=6, unique=True))
def test_any_partition_adds_up(own: SandboxProcess, cuts: list[int]) -> None:
    api = Api(own)
    start = datetime.combine(TODAY, datetime.min.time(), UTC) - timedelta(days=20)

    def rows(low: int, high: int) -> tuple[int, int]:
        times = [
            (start + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (low, high)
        ]
        found = api.get(
            "/usage_reports",
            product="wireless",
            dimensions="mcc",
            metrics="uplink_data_bytes,downlink_data_bytes",
            start_date=times[0],
            end_date=times[1],
            **{"page[size]": 5000},
        )["data"]
        return (
            sum(int(row["uplink_data_bytes"]) for row in found),
            sum(int(row["downlink_data_bytes"]) for row in found),
        )

    ends = [0, *sorted(cuts), 20 * 86_400]
    parts = [rows(low, high) for low, high in pairwise(ends)]
    assert (sum(a for a, _ in parts), sum(b for _, b in parts)) == rows(0, 20 * 86_400)
    api.session.close()


def test_the_past_of_a_deleted_sim_card_stays(small: Api) -> None:
    row = small.get("/reports/wdrs")["data"][0]
    before = small.get("/reports/wdrs", sim_card_id=row["sim_card_id"])
    small.sandbox.admin("DELETE", f"sim_cards/{row['sim_card_id']}")
    assert small.get("/reports/wdrs", sim_card_id=row["sim_card_id"]) == before


def test_limit_threshold_and_cycle() -> None:
    with start_sandbox(sims=150, seed=12, speed=100) as sandbox:
        api = Api(sandbox)
        card = api.some("enabled", data_limit=None)
        here = f"/sim_cards/{card['id']}"
        used = Decimal(card[CONSUMED]["amount"])
        limit = {"amount": str(used + 5), "unit": "MB"}
        api("PATCH", here, json={"data_limit": limit})
        sandbox.admin("POST", "usage", {"sim_card_id": card["id"], "mb": 5})
        assert api.card(card["id"])["status"]["value"] == "enabled"
        sandbox.admin("POST", "usage", {"sim_card_id": card["id"], "mb": "0.001"})
        after = api.card(card["id"])
        assert after["status"]["value"] == "data_limit_exceeded"
        assert Decimal(after[CONSUMED]["amount"]) == used + Decimal("5.001")
        newest = api.get("/reports/wdrs")["data"][0]
        assert (newest["sim_card_id"], newest["mcc"] is None) == (card["id"], False)
        sandbox.admin("POST", "cycle")
        assert {Decimal(c[CONSUMED]["amount"]) for c in api.all("/sim_cards")} == {Decimal(0)}
        assert api.get("/sim_cards", **{"filter[status]": "data_limit_exceeded"})["data"] == []
        assert api.card(card["id"])["status"]["value"] == "enabled"
        sandbox.admin("POST", "usage", {"sim_card_id": card["id"], "mb": 2})
        assert api.card(card["id"])[CONSUMED]["amount"] == "2.0"


def test_a_pooled_limit_trips() -> None:
    with start_sandbox(sims=150, seed=13, speed=100) as sandbox:
        api = Api(sandbox)
        card = api.some("enabled", data_limit=None)
        group = api.get(f"/sim_card_groups/{card['sim_card_group_id']}")["data"]
        limit = {"amount": str(Decimal(group["consumed_data"]["amount"]) + 1), "unit": "MB"}
        api("PATCH", f"/sim_card_groups/{group['id']}", json={"data_limit": limit})
        sandbox.admin("POST", "usage", {"sim_card_id": card["id"], "mb": 3})
        eventually(lambda: api.card(card["id"])["status"]["value"] == "data_limit_exceeded")


def test_usage_grows_only_where_it_is_connected() -> None:
    with start_sandbox(sims=150, seed=14, speed=100_000) as sandbox:
        api = Api(sandbox)
        before = {c["id"]: c for c in api.all("/sim_cards")}
        total = api.get("/reports/wdrs")["meta"]["total_results"]
        made = sandbox.admin("POST", "usage/ticks", {"count": 2})["records"]
        assert made > 20
        assert api.get("/reports/wdrs")["meta"]["total_results"] == total + made
        for card in api.all("/sim_cards"):
            old = before[card["id"]]
            grown = Decimal(card[CONSUMED]["amount"]) - Decimal(old[CONSUMED]["amount"])
            assert grown >= 0
            assert not grown or old["status"]["value"] == "enabled"


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("/detail_records", {}, (400, "10004", "filter[record_type]")),
        ("/detail_records", {"filter[record_type]": "x"}, (400, "10011", "filter[record_type]")),
        ("/detail_records", WIRELESS | {"filter[what]": "1"}, (400, "10031", "filter[what]")),
        ("/detail_records", WIRELESS | {"page[size]": 51}, (422, "10033", "page[size]")),
        (
            "/detail_records",
            WIRELESS | {"filter[date_range]": "last_0_days"},
            (422, "10032", "filter[date_range]"),
        ),
        ("/detail_records", WIRELESS | {"sort": "x"}, (400, "10031", "sort")),
        ("/reports/wdrs", {"start_date": "soon"}, (422, "10015", "start_date")),
        ("/usage_reports", {}, (400, "10004", "product")),
        ("/usage_reports", {"product": "tea"}, (400, "10003", "product")),
        (
            "/usage_reports",
            {"product": "wireless", "dimensions": "mcc", "metrics": "tea"},
            (400, "10003", "metrics"),
        ),
        (
            "/usage_reports",
            {
                "product": "wireless",
                "dimensions": "mcc",
                "metrics": "data_cost",
                "start_date": "2026-01-01T00:00:00Z",
                "end_date": "2026-02-02T00:00:00Z",
            },
            (400, "10033", "end_date"),
        ),
        ("/charges_summary", {"start_date": "2026-01-01"}, (400, "10004", "end_date")),
        ("/charges_breakdown", {"start_date": "1.1.2026"}, (400, "10026", "start_date")),
        (
            "/charges_summary",
            {"start_date": "2026-01-01", "end_date": "2026-02-02"},
            (400, "10033", "end_date"),
        ),
        ("/invoices", {"sort": "paid"}, (422, "10032", "sort")),
    ],
)
def test_bad_queries(
    small: Api, path: str, params: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    assert error(small("GET", path, params=params)) == expected


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1969-12-31"])
def test_absurd_dates(small: Api, day: str) -> None:
    assert small("GET", "/reports/wdrs", params={"end_date": day}).status_code == 200
    assert small("GET", "/reports/wdrs", params={"start_date": day}).status_code == 200
    span = {"filter[created_at][lt]": day}
    assert small("GET", "/detail_records", params=WIRELESS | span).status_code == 200
    breakdown = small("GET", "/charges_breakdown", params={"start_date": day})
    assert breakdown.status_code in (200, 400)
    for name in ("start_date", "end_date"):
        query = {"product": "wireless", "dimensions": "date", "metrics": "data_cost", name: day}
        assert small("GET", "/usage_reports", params=query).status_code in (200, 400)


@pytest.mark.parametrize(
    "body",
    [{}, {"mb": 1}, {"sim_card_id": "x", "mb": 1}, {"sim_card_id": "x", "mb": True}, {"mb": "NaN"}],
)
def test_bad_usage(own: SandboxProcess, body: dict[str, Any]) -> None:
    answer = requests.post(f"{own.admin_url}/usage", json=body, timeout=5)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["source"]["pointer"]


def test_csv_has_the_same_rows(small: Api) -> None:
    query = {"product": "wireless", "dimensions": "date,mcc", "metrics": "data_cost"}
    query["date_range"] = "last_5_days"
    rows = small.get("/usage_reports", **query, **{"page[size]": 5000})["data"]
    text = small("GET", "/usage_reports", check=False, params={**query, "format": "csv"}).text
    head, *lines = text.splitlines()
    assert head == "date,mcc,product,data_cost"
    assert lines == [f"{row['date']},{row['mcc']},wireless,{row['data_cost']:.7f}" for row in rows]


def _within(sims: int, seed: int) -> Sandbox:
    """A sandbox in this process."""
    sandbox = Sandbox(State(None), Clock(speed=100_000), seed)
    plan = FleetPlan(sims, seed, TODAY)
    generate(sandbox, plan)
    complete(sandbox, plan)
    return sandbox


def test_a_threshold_is_noticed_once_a_cycle() -> None:
    sandbox = _within(60, 3)
    identifier = next(iter(sandbox.sim_cards.ids(EVERYTHING.also("c.status = 'enabled'"))))
    noticed: list[str] = []
    sandbox.on_threshold.append(lambda told, card, at: noticed.append(card.listed["id"]))
    cycle.turn_now(sandbox)
    notification = {
        "id": "n",
        "sim_card_id": identifier,
        "threshold": {"amount": "5", "unit": "MB"},
    }
    sandbox.usage_notifications.insert(notification)

    def use(amount: int) -> list[str]:
        card = sandbox.sim_cards.get(identifier)
        assert card is not None
        live.use(sandbox, card, amount)
        return noticed

    assert use(4_999) == []
    assert use(1) == [identifier] == use(10_000)
    cycle.turn_now(sandbox)
    assert use(5_000) == [identifier, identifier]


def test_standby_connects_only_where_that_is_switched_on() -> None:
    sandbox = _within(60, 4)
    standby = set(sandbox.sim_cards.ids(EVERYTHING.also("c.status = 'standby'")))
    growth.tick(sandbox)
    assert set(sandbox.sim_cards.ids(EVERYTHING.also("c.status = 'standby'"))) == standby
    sandbox.standby_connects = True
    growth.tick(sandbox)
    started = sandbox.sim_card_actions.ids(
        EVERYTHING.also("c.action_type = 'enable_standby_sim_card'")
    )
    assert started
    for identifier in started:
        action = sandbox.sim_card_actions.get(identifier)
        assert action is not None
        assert action.listed["sim_card_id"] in standby
        assert action.listed["status"]["value"] == "in-progress"
    sandbox.schedule.run_due(sandbox.clock.now() + 60)
    action = sandbox.sim_card_actions.get(started[0])
    assert action is not None
    assert action.listed["status"]["value"] == "completed"


def test_a_limit_breaks_off_what_is_in_progress() -> None:
    sandbox = _within(60, 5)
    card = sandbox.sim_cards.get(sandbox.sim_cards.ids(EVERYTHING.also("c.status = 'enabled'"))[0])
    assert card is not None
    card.listed["data_limit"] = {"amount": "1000000", "unit": "GB"}
    action = public_ips.start_setting(sandbox, card, "dc2")
    before = balance.balance(sandbox)
    card.listed["data_limit"] = {"amount": "0", "unit": "MB"}
    live.use(sandbox, card, 1_000)
    stopped = sandbox.sim_card_actions.get(action["id"])
    assert stopped is not None
    assert stopped.listed["status"] == {
        "value": "interrupted",
        "reason": "The data limit was exceeded.",
    }
    assert balance.balance(sandbox) == before + 3
    assert sandbox.public_ips.get(card.listed["id"]) is None


def test_charges_of_a_midnight_are_in_the_ledger() -> None:
    sandbox = _within(60, 6)
    card = sandbox.sim_cards.get(sandbox.sim_cards.ids(EVERYTHING.also("c.status = 'enabled'"))[0])
    assert card is not None
    live.use(sandbox, card, 10_000)
    before = balance.balance(sandbox)
    assert ledger.total(sandbox) == before
    day = history(sandbox).day0
    for number in range(day, day + 31):
        recurring.charge_day(sandbox, number)
    after = balance.balance(sandbox)
    assert ledger.total(sandbox) == after
    kinds = {entry.kind for entry in ledger.entries(sandbox, day * DAY_MS, 1 << 52)}
    assert {"data", "sim_active", "sim_inactive"} <= kinds
    data = ledger.entries(sandbox, day * DAY_MS, 1 << 52, "data")
    mcc = card.hidden["current_mcc"]
    assert [-entry.amount for entry in data] == [cost(10_000, mcc)]
