"""The client's calls for usage and money, at a real process of the sandbox."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from telnyx_api.client import Client
from tests.sandbox_process import start_sandbox

TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with start_sandbox(sims=120, seed=31, speed=200) as sandbox:
        yield Client(sandbox.api_key, base_url=sandbox.base_url)


def test_usage_is_the_same_everywhere(client: Client) -> None:
    begin, end = (TODAY - timedelta(days=2)).isoformat(), TODAY.isoformat()
    wdrs = list(client.wdrs.list(start_date=begin, end_date=end))
    total = sum(Decimal(wdr["cost"]["amount"]) for wdr in wdrs)
    assert total > 0
    records = client.detail_records.list(
        filter_record_type="wireless", filter_date_range="last_2_days"
    )
    assert sum(Decimal(str(record["data_cost"])) for record in records) == total
    wanted = {
        "product": "wireless",
        "dimensions": ["date", "mcc"],
        "metrics": ["data_cost"],
        "start_date": f"{begin}T00:00:00Z",
        "end_date": f"{end}T00:00:00Z",
    }
    rows = list(client.usage_reports.list(**wanted))
    assert sum(Decimal(str(row["data_cost"])) for row in rows) == total
    assert len(client.usage_reports.csv(**wanted).splitlines()) == 1 + len(rows)
    options = client.usage_reports.options("wireless")
    assert "data_cost" in options[0]["product_metrics"]
    lines = client.charges_summary.retrieve(begin, end)["summary"]["lines"]
    data = next(line for line in lines if line["alias"] == "wireless_data")
    assert Decimal(data["amount"]) == total.quantize(Decimal("0.01"))


def test_charges_and_invoices(client: Client) -> None:
    invoices = list(client.invoices.list())
    assert len(invoices) >= 3
    linked = client.invoices.retrieve(invoices[0]["invoice_id"], action="link")
    file = io.BytesIO()
    assert client.downloads.to_file(linked["download_url"], file) > 500
    assert file.getvalue().startswith(b"%PDF-")
    start = invoices[0]["period_start"]
    results = client.charges_breakdown.retrieve(start)["results"]
    assert len(client.charges_breakdown.csv(start).splitlines()) > len(results) > 0


def test_reports_are_files(client: Client) -> None:
    begin = f"{TODAY - timedelta(days=1)}T00:00:00Z"
    report = client.wireless_detail_records_reports.create(start_time=begin)
    ledger = client.ledger_billing_group_reports.create(year=TODAY.year, month=TODAY.month)
    deadline = datetime.now(UTC) + timedelta(seconds=5)
    while report["report_url"] is None or ledger["report_url"] is None:
        assert datetime.now(UTC) < deadline
        report = client.wireless_detail_records_reports.retrieve(report["id"])
        ledger = client.ledger_billing_group_reports.retrieve(ledger["id"])
    file = io.BytesIO()
    client.downloads.to_file(report["report_url"], file)
    rows = file.getvalue().decode().splitlines()
    assert len(rows) == 1 + len(list(client.wdrs.list(start_date=begin)))
    file = io.BytesIO()
    client.downloads.to_file(ledger["report_url"], file)
    assert b"sim_active" in file.getvalue()
