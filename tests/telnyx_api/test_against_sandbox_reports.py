"""The client's calls for reports on calls and messages, at a real process of the sandbox."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from telnyx_api import errors
from telnyx_api.client import Client
from tests.sandbox.client import eventually
from tests.sandbox_process import start_sandbox

NOW = datetime.now(UTC).replace(microsecond=0)
BEGIN, END = (NOW - timedelta(days=60)).isoformat(), NOW.isoformat()
TIMES = {"start_time": BEGIN, "end_time": END}
DATES = {"start_date": BEGIN, "end_date": END}
DAYS = {"startDate": BEGIN[:10], "endDate": END[:10]}
ASKED: dict[str, dict[str, Any]] = {
    "mdr_batch_reports": TIMES,
    "cdr_batch_reports": TIMES,
    "legacy_mdr_usage_reports": {**TIMES, "aggregation_type": 0},
    "legacy_cdr_usage_reports": TIMES,
    "mdr_usage_reports": {**DATES, "aggregation_type": "NO_AGGREGATION"},
    "number_lookup_usage_reports": DAYS,
}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with start_sandbox(sims=600, seed=31, speed=500) as sandbox:
        yield Client(sandbox.api_key, base_url=sandbox.base_url)


@pytest.mark.parametrize("name", ASKED)
def test_reports_that_are_asked_for(client: Client, name: str) -> None:
    reports = getattr(client, name)
    identifiers = [reports.create(**_named(reports.create, ASKED[name]))["id"] for _ in range(22)]
    first = identifiers[0]
    address = eventually(lambda: reports.retrieve(first)["report_url"])
    file = io.BytesIO()
    client.downloads.to_file(address, file)
    assert file.getvalue().startswith(
        (b"id,", b"billed_seconds,", b"direction,", b"group,", b"type,")
    )
    assert {report["id"] for report in reports.list()} == set(identifiers)
    reports.delete(first)
    with pytest.raises(errors.NotFound):
        reports.retrieve(first)


def _named(create: Callable[..., Any], values: dict[str, Any]) -> dict[str, Any]:
    """The values under the names that the method gives them."""
    names = {"startDate": "start_date", "endDate": "end_date"}
    return {names.get(name, name): value for name, value in values.items()}


def test_sums_are_the_same_everywhere(client: Client) -> None:
    messages = list(client.mdrs.list(**DATES))
    total = sum(Decimal(message["cost"]) for message in messages)
    assert total > 0
    sums = client.mdr_usage_reports.sync(aggregation_type="NO_AGGREGATION", **DATES)
    assert sum(Decimal(row["cost"]) for row in sums["result"]) == total
    calls = client.cdr_usage_reports.sync(
        aggregation_type="NO_AGGREGATION", product_breakdown="NO_BREAKDOWN", **DATES
    )
    assert Decimal(calls["result"]["cost"]) > 0


def test_a_call_with_its_leg(client: Client) -> None:
    event = next(client.call_events.list(filter_name="call.hangup"))
    kinds = [kind["record_type"] for kind in client.session_analysis.metadata()["record_types"]]
    kind = client.session_analysis.record_type_metadata(kinds[0])
    session = client.session_analysis.retrieve(kind["record_type"], event["call_session_id"])
    assert session["root"]["children"][0]["id"] == event["call_leg_id"]
    assert client.cdr_batch_reports.available_fields()


def test_phone_numbers(client: Client) -> None:
    wanted = client.csv_downloads.create(csv_format="V2")
    address = eventually(lambda: client.csv_downloads.retrieve(wanted["id"])["url"])
    file = io.BytesIO()
    client.downloads.to_file(address, file)
    numbers = file.getvalue().decode().splitlines()[1:]
    held = [card["msisdn"] for card in client.sim_cards.list() if card["msisdn"]]
    assert sorted(line.split(",")[0] for line in numbers) == sorted(held)
    assert wanted["id"] in [item["id"] for item in client.csv_downloads.list()]
