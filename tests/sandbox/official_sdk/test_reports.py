"""Reports that are asked for and become complete, through the official client."""

from datetime import UTC, datetime, timedelta

import telnyx

from tests.sandbox.client import eventually

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
WEEK_AGO = TODAY - timedelta(days=7)


def test_wireless_detail_records_reports(client: telnyx.Telnyx) -> None:
    reports = client.wireless.detail_records_reports
    report = reports.create(start_time=WEEK_AGO.isoformat(), end_time=TODAY.isoformat()).data
    assert report is not None
    identifier = str(report.id)
    eventually(lambda: reports.retrieve(identifier).data.report_url)
    assert identifier in [item.id for item in reports.list().data or []]
    assert reports.delete(identifier).data


def test_ledger_reports(client: telnyx.Telnyx) -> None:
    month = TODAY.replace(day=1) - timedelta(days=1)
    reports = client.ledger_billing_group_reports
    report = reports.create(year=month.year, month=month.month).data
    assert report is not None
    eventually(lambda: reports.retrieve(str(report.id)).data.report_url)


def test_batches_of_calls_and_messages(client: telnyx.Telnyx) -> None:
    batches = client.legacy.reporting.batch_detail_records
    assert batches.voice.retrieve_fields().model_dump()
    voice = batches.voice.create(start_time=WEEK_AGO, end_time=TODAY).data
    messages = batches.messaging.create(start_time=WEEK_AGO, end_time=TODAY).data
    assert voice is not None
    assert messages is not None
    eventually(lambda: batches.voice.retrieve(str(voice.id)).data.report_url)
    eventually(lambda: batches.messaging.retrieve(str(messages.id)).data.report_url)
    assert str(voice.id) in [str(item.id) for item in batches.voice.list().data or []]
    assert str(messages.id) in [str(item.id) for item in batches.messaging.list().data or []]
    assert batches.voice.delete(str(voice.id)).data
    assert batches.messaging.delete(str(messages.id)).data


def test_usage_of_messages(client: telnyx.Telnyx) -> None:
    reports = client.legacy.reporting.usage_reports.messaging
    report = reports.create(aggregation_type=0, start_time=WEEK_AGO, end_time=TODAY).data
    assert report is not None
    eventually(lambda: reports.retrieve(str(report.id)).data.report_url)
    assert str(report.id) in [str(item.id) for item in reports.list()]
    assert reports.delete(str(report.id)).data


def test_usage_of_calls(client: telnyx.Telnyx) -> None:
    reports = client.legacy.reporting.usage_reports.voice
    report = reports.create(start_time=WEEK_AGO, end_time=TODAY).data
    assert report is not None
    eventually(lambda: reports.retrieve(str(report.id)).data.report_url)
    assert str(report.id) in [str(item.id) for item in reports.list()]
    assert reports.delete(str(report.id)).data


def test_usage_of_number_lookup(client: telnyx.Telnyx) -> None:
    reports = client.legacy.reporting.usage_reports.number_lookup
    report = reports.create(start_date=WEEK_AGO.date(), end_date=TODAY.date()).data
    assert report is not None
    identifier = str(report.id)
    assert reports.retrieve(identifier).data
    assert identifier in [str(item.id) for item in reports.list().data or []]
    reports.delete(identifier)


def test_usage_reports_of_messages_and_calls(client: telnyx.Telnyx) -> None:
    reports = client.reports.mdr_usage_reports
    report = reports.create(aggregation_type="PROFILE", start_date=WEEK_AGO, end_date=TODAY).data
    assert report is not None
    identifier = str(report.id)
    eventually(lambda: reports.retrieve(identifier).data.status == "COMPLETE")
    assert identifier in [item.id for item in reports.list()]
    assert reports.delete(identifier).data
    assert reports.fetch_sync(aggregation_type="PROFILE", start_date=WEEK_AGO, end_date=TODAY).data
    assert client.reports.cdr_usage_reports.fetch_sync(
        aggregation_type="CONNECTION",
        product_breakdown="NO_BREAKDOWN",
        start_date=WEEK_AGO,
        end_date=TODAY,
    ).data


def test_messages_and_call_events(client: telnyx.Telnyx) -> None:
    messages = client.reports.list_mdrs(
        start_date=WEEK_AGO.isoformat(), end_date=TODAY.isoformat()
    ).data
    assert messages is not None
    assert client.call_events.list(page_size=20).data is not None


def test_session_analysis(client: telnyx.Telnyx) -> None:
    metadata = client.session_analysis.metadata.retrieve()
    assert metadata.meta.total_record_types == len(metadata.record_types) > 1
    kind = client.session_analysis.metadata.retrieve_record_type("callcontrol-cdrs")
    assert kind.child_relationships[0].child_record_type == "call-legs"
    event = (client.call_events.list(page_size=1).data or [])[0]
    analysis = client.session_analysis.retrieve(
        str(event.call_session_id), record_type=kind.record_type
    )
    assert analysis.session_id == event.call_session_id
    children = analysis.to_dict()["root"]["children"]
    assert [child["id"] for child in children] == [event.call_leg_id]


def test_csv_downloads(client: telnyx.Telnyx) -> None:
    downloads = client.phone_numbers.csv_downloads
    started = downloads.create(csv_format="V2").data
    assert started
    identifier = str(started[0].id)
    eventually(lambda: downloads.retrieve(identifier).data[0].status == "complete")
    assert identifier in [item.id for item in downloads.list()]
