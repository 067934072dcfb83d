"""What differs from one resource to the next: pages, text, lists of one, finer checks."""

from collections.abc import Callable

import pytest

from telnyx_api import Client, errors
from tests.telnyx_api.scripted_server import Reply, ScriptedServer

Call = Callable[[Client], object]
USAGE = {"product": "wireless", "dimensions": ["mcc", "mnc"], "metrics": "data_cost"}
PEOPLE = {"first_name": "A", "last_name": "B", "business_name": ""}
STREET = {"street_address": "1 Main", "locality": "X", "country_code": "US"}
PROVIDER = {"idp_entity_id": "https://i.example.test", "idp_sso_target_url": "https://i/s"}


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda c: c.detail_records.page(1, 51, filter_record_type="wireless"), "size"),
        (lambda c: c.detail_records.pages(51, filter_record_type="wireless"), "page_size"),
        (lambda c: c.usage_reports.page(1, 5001, **USAGE), "size"),
        (lambda c: c.legacy_cdr_usage_reports.page(1, 251), "size"),
        (lambda c: c.detail_records.page(), "filter_record_type"),
        (
            lambda c: c.detail_records.page(
                filter_record_type="wireless", filter_date_range="last_0_days"
            ),
            "filter_date_range",
        ),
        (lambda c: c.call_events.page(page_limit=251), "page_limit"),
        (lambda c: c.call_events.page(page_limit=0), "page_limit"),
        (
            lambda c: c.call_events.pages(filter_occurred_at_gte="a", filter_occurred_at_lt="b"),
            "filter_occurred_at_lt",
        ),
        (lambda c: c.wireless_blocklists.update_without_id(type="lte"), "type"),
        (lambda c: c.session_analysis.retrieve("r", "1", max_depth=6), "max_depth"),
        (lambda c: c.addresses.page(filter_street_address_contains="ab"), None),
        (lambda c: c.charges_summary.retrieve("2026-08-01", "2026-09-02"), "end_date"),
        (lambda c: c.charges_breakdown.retrieve("2026-08-01", "2026-09-02"), "end_date"),
        (lambda c: c.charges_breakdown.csv("2026-08-01", "2026-09-02"), "end_date"),
        (lambda c: c.charges_breakdown.retrieve("2026-8-1"), "start_date"),
        (lambda c: c.charges_breakdown.retrieve("20260801"), "start_date"),
        (
            lambda c: c.usage_reports.page(
                **USAGE, start_date="2026-08-01T00:00:00Z", end_date="2026-09-01T00:00:01Z"
            ),
            "end_date",
        ),
        (lambda c: c.audit_events.page(filter_created_after="2026-08-01"), "filter_created_after"),
        (lambda c: c.esims.purchase(amount=0), "amount"),
        (lambda c: c.esims.purchase(amount=True), "amount"),
        (lambda c: c.esims.purchase(amount=1, status="registering"), "status"),
        (lambda c: c.esims.purchase(amount=1, whitelabel_name="a-b"), "whitelabel_name"),
        (lambda c: c.sim_cards.register(registration_codes=[]), "registration_codes"),
        (lambda c: c.sim_cards.register(registration_codes="0123456789"), "registration_codes"),
        (lambda c: c.sim_cards.register(registration_codes=["12a"]), "registration_codes[0]"),
        (lambda c: c.sim_cards.bulk_set_public_ips([]), "sim_card_ids"),
        (lambda c: c.sim_cards.bulk_set_public_ips(["1", ""]), "sim_card_ids[1]"),
        (lambda c: c.sim_card_orders.create("", 1), "address_id"),
        (lambda c: c.sim_card_orders.create("1", 0), "quantity"),
        (lambda c: c.stored_payment_transactions.create("120"), "amount"),
        (lambda c: c.stored_payment_transactions.create("-1.00"), "amount"),
        (lambda c: c.auto_recharge_prefs.update(), "fields"),
        (lambda c: c.auto_recharge_prefs.update(threshold_amount="1,5"), "threshold_amount"),
        (lambda c: c.ledger_billing_group_reports.create(month=13, year=2026), "month"),
        (lambda c: c.wireless_blocklists.create(name="n", type="mcc", values=["AT"]), "values[0]"),
        (lambda c: c.wireless_blocklists.create(name="n", type="plmn", values=[]), "values"),
        (lambda c: c.wireless_blocklists.update_without_id(), "fields"),
        (
            lambda c: c.addresses.create(**PEOPLE, **{**STREET, "country_code": "USA"}),
            "country_code",
        ),
        (
            lambda c: c.authentication_providers.create(
                name="n", short_name="s", settings={**PROVIDER, "colour": "red"}
            ),
            "settings",
        ),
        (
            lambda c: c.authentication_providers.create(
                name="n", short_name="s", settings=PROVIDER
            ),
            "settings.idp_cert_fingerprint",
        ),
        (
            lambda c: c.sim_card_data_usage_notifications.create(
                sim_card_id="1", threshold={"amount": "1", "unit": "TB"}
            ),
            "threshold.unit",
        ),
        (
            lambda c: c.mdr_batch_reports.create(
                start_time="2026-08-01T00:00:00Z",
                end_time="2026-08-02T00:00:00Z",
                filters=[{"filter_type": "xor"}],
            ),
            "filters[0].filter_type",
        ),
    ],
)
def test_what_the_specification_forbids_is_not_sent(
    server: ScriptedServer, client: Client, call: Call, argument: str | None
) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        call(client)
    assert caught.value.argument == (argument or "filter_street_address_contains")
    assert caught.value.allowed
    assert server.received == []


@pytest.mark.parametrize(
    "range_",
    [("2026-08-01", "2026-09-01"), ("2026-08-01T00:00:00Z", "2026-09-01T00:00:00Z")],
)
def test_31_days_are_allowed(
    server: ScriptedServer, client: Client, range_: tuple[str, str]
) -> None:
    server.script(Reply(body={"data": []}))
    client.usage_reports.page(**USAGE, start_date=range_[0], end_date=range_[1])  # type: ignore[arg-type]
    assert len(server.received) == 1


def test_older_reports_count_their_pages_in_their_own_way(
    server: ScriptedServer, client: Client
) -> None:
    meta = {"total_pages": 2, "total_results": 3, "page_number": 1, "page_size": 2}
    server.script(
        Reply(body={"data": [{"id": "1"}, {"id": "2"}], "meta": meta}),
        Reply(body={"data": [{"id": "3"}], "meta": {**meta, "page_number": 2}}),
    )
    found = [report["id"] for report in client.legacy_mdr_usage_reports.list(page_size=2)]
    assert found == ["1", "2", "3"]
    assert [request.query for request in server.received] == [
        [("page", "1"), ("per_page", "2")],
        [("page", "2"), ("per_page", "2")],
    ]


def test_a_list_without_pages_says_how_much_there_would_be(
    server: ScriptedServer, client: Client
) -> None:
    meta = {"total_pages": 3, "total_results": 50, "page_number": 1, "page_size": 20}
    server.script(Reply(body={"data": [{"id": "1"}], "meta": meta}), Reply(body={"data": []}))
    page = client.mdrs.page(direction="INBOUND")
    assert (page.total_results, page.size, page.is_last) == (50, 20, False)
    assert client.wireless_regions.page(product="public_ips").is_last
    assert server.received[0].query == [("direction", "INBOUND")]


def test_blocklist_values_are_read_to_the_last_page_that_the_first_tells_of(
    server: ScriptedServer, client: Client
) -> None:
    meta = {"total_pages": 2, "total_results": 3, "page_number": 1, "page_size": 2}
    server.script(
        Reply(body={"data": [{"code": "1"}, {"code": "2"}], "meta": meta}),
        Reply(body={"data": [{"code": "3"}], "meta": {**meta, "page_number": 2}}),
        Reply(body={"data": [{"code": "4"}]}),
        Reply(body={"data": [], "meta": {**meta, "total_pages": 9}}),
    )
    values = client.wireless_blocklist_values
    assert [value["code"] for value in values.list(type="mcc")] == ["1", "2", "3"]
    assert [value["code"] for value in values.list(type="plmn")] == ["4"]
    assert list(values.list(type="country")) == []
    assert [request.query for request in server.received] == [
        [("type", "mcc")],
        [("type", "mcc"), ("page[number]", "2")],
        [("type", "plmn")],
        [("type", "country")],
    ]


CSV = b"\xef\xbb\xbfmcc,data_cost\r\n232,1.50\r\n"


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.usage_reports.csv(**USAGE),
        lambda c: c.charges_breakdown.csv("2026-08-01"),
    ],
)
def test_csv_comes_as_text(server: ScriptedServer, client: Client, call: Call) -> None:
    server.script(Reply(raw=CSV, headers={"Content-Type": "text/csv"}))
    assert call(client) == "mcc,data_cost\r\n232,1.50\r\n"
    [request] = server.received
    assert request.headers["accept"] == "text/csv"
    assert ("format", "csv") in request.query


def test_csv_that_is_no_text_is_unreadable(server: ScriptedServer, client: Client) -> None:
    server.script(*[Reply(raw=b"\xff\xfe\x00")] * 9)
    with pytest.raises(errors.AnswerUnreadable, match="UTF-8"):
        client.charges_breakdown.csv("2026-08-01")


@pytest.mark.parametrize("data", [[], [{"id": "1"}, {"id": "2"}], {"id": "1"}], ids=repr)
def test_a_list_that_should_hold_one_record(
    server: ScriptedServer, client: Client, data: object
) -> None:
    server.script(*[Reply(body={"data": data})] * 9)
    with pytest.raises(errors.AnswerUnreadable):
        client.csv_downloads.retrieve("1")


def test_a_record_that_is_the_whole_answer(server: ScriptedServer, client: Client) -> None:
    server.script(Reply(body={"id": "1"}), *[Reply(body=[])] * 9)
    assert client.access_ip_addresses.retrieve("1") == {"id": "1"}
    with pytest.raises(errors.AnswerUnreadable):
        client.access_ip_addresses.retrieve("1")


def test_null_is_sent_where_it_is_allowed(server: ScriptedServer, client: Client) -> None:
    server.script(Reply(body={"data": {"id": "1"}}))
    client.mobile_voice_connections.update("1", webhook_event_url=None)
    assert server.received[0].json == {"webhook_event_url": None}
    with pytest.raises(errors.InvalidArgument):
        client.mobile_voice_connections.update("1", connection_name=None)  # type: ignore[typeddict-item]


def test_the_name_of_a_field_may_differ_from_the_arguments(
    server: ScriptedServer, client: Client
) -> None:
    server.script(Reply(body={"data": {"id": "1"}}))
    client.number_lookup_usage_reports.create(start_date="2026-08-01", aggregation_type="ALL")
    assert server.received[0].json == {"startDate": "2026-08-01", "aggregationType": "ALL"}
