"""The records, charges and events of the account, through the official client."""

from datetime import UTC, datetime, timedelta

import telnyx

TODAY = datetime.now(UTC).date()
MONTH = TODAY.replace(day=1)
BEFORE = (MONTH - timedelta(days=1)).replace(day=1)


def test_detail_records(client: telnyx.Telnyx, lenient: telnyx.Telnyx) -> None:
    found = client.detail_records.list(
        filter={"record_type": "sim_card_usage", "date_range": "last_week"}, page_size=50
    )
    assert len(found.data or []) == 50


def test_wireless_detail_records(client: telnyx.Telnyx) -> None:
    page = client.reports.list_wdrs(
        start_date=f"{TODAY - timedelta(days=3)}T00:00:00Z",
        end_date=f"{TODAY}T00:00:00Z",
        page_size=20,
    )
    assert len(page.data or []) == 20
    assert page.data[0].cost is not None


def test_usage_reports(client: telnyx.Telnyx) -> None:
    options = client.usage_reports.get_options(product="wireless").data
    assert options
    rows = client.usage_reports.list(
        product="wireless",
        dimensions=["sim_group_name"],
        metrics=["uplink_data", "data_cost"],
        start_date=str(TODAY - timedelta(days=7)),
        end_date=str(TODAY),
    )
    assert rows.data


def test_charges(client: telnyx.Telnyx) -> None:
    summary = client.charges_summary.retrieve(start_date=BEFORE, end_date=MONTH).data
    assert summary is not None
    assert float(summary.total.grand_total) > 0
    breakdown = client.charges_breakdown.retrieve(start_date=BEFORE, end_date=MONTH).data
    assert breakdown is not None


def test_invoices(client: telnyx.Telnyx) -> None:
    invoices = list(client.invoices.list())
    assert len(invoices) >= 3
    one = client.invoices.retrieve(str(invoices[0].invoice_id), action="link")
    assert one.data is not None
    assert str(one.data.download_url).startswith("http")


def test_audit_events(client: telnyx.Telnyx) -> None:
    client.billing_groups.create(name="audited")
    newest = client.audit_events.list(page_size=5).data or []
    assert newest
    assert newest[0].change_made_by


def test_tags(client: telnyx.Telnyx) -> None:
    tags = client.user_tags.list(filter={"starts_with": "model:"}).data
    assert tags is not None


def test_webhook_deliveries(client: telnyx.Telnyx) -> None:
    deliveries = client.webhook_deliveries.list(page_size=10).data or []
    assert deliveries
    one = client.webhook_deliveries.retrieve(str(deliveries[0].id)).data
    assert one is not None
    assert one.attempts
