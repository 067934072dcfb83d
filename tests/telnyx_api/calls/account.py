"""Calls of account."""

from tests.telnyx_api.calls.call import Call

CALLS = {
    "audit_events.page": Call(
        {
            "filter_created_after": "2026-08-31T00:00:00Z",
            "filter_created_before": "2026-08-31T00:00:00Z",
            "sort": "desc",
        },
        query={
            "filter[created_after]": "2026-08-31T00:00:00Z",
            "filter[created_before]": "2026-08-31T00:00:00Z",
            "sort": "desc",
            "page[number]": "1",
            "page[size]": "250",
        },
        answer="list",
    ),
    "balance.retrieve": Call(),
    "charges_breakdown.retrieve": Call(
        {"start_date": "2026-08-31", "end_date": "2026-08-31"},
        query={"start_date": "2026-08-31", "end_date": "2026-08-31"},
    ),
    "charges_summary.retrieve": Call(
        {"start_date": "2026-08-31", "end_date": "2026-08-31"},
        query={"start_date": "2026-08-31", "end_date": "2026-08-31"},
    ),
    "detail_records.page": Call(
        {
            "filter_date_range": "next_month",
            "filter_record_type": "wireless",
            "sort": ["sort", "sort2"],
        },
        query={
            "filter[date_range]": "next_month",
            "filter[record_type]": "wireless",
            "sort": "sort,sort2",
            "page[number]": "1",
            "page[size]": "50",
        },
        answer="list",
    ),
    "invoices.page": Call(
        {"sort": "-period_start"},
        query={"sort": "-period_start", "page[number]": "1", "page[size]": "250"},
        answer="list",
    ),
    "invoices.retrieve": Call({"id": "1", "action": "link"}, query={"action": "link"}),
    "auto_recharge_prefs.retrieve": Call(),
    "auto_recharge_prefs.update": Call(
        {
            "enabled": True,
            "invoice_enabled": True,
            "preference": "ach",
            "recharge_amount": "100.00",
            "threshold_amount": "20.00",
        },
        body={
            "enabled": True,
            "invoice_enabled": True,
            "preference": "ach",
            "recharge_amount": "100.00",
            "threshold_amount": "20.00",
        },
    ),
    "user_tags.retrieve": Call(
        {"filter_starts_with": "starts with"}, query={"filter[starts_with]": "starts with"}
    ),
    "stored_payment_transactions.create": Call({"amount": "120.00"}, body={"amount": "120.00"}),
    "webhook_deliveries.page": Call(
        {
            "filter_attempts_contains": "attempts contains",
            "filter_event_type": ["event type"],
            "filter_finished_at_gte": "finished at gte",
            "filter_finished_at_lte": "finished at lte",
            "filter_started_at_gte": "started at gte",
            "filter_started_at_lte": "started at lte",
            "filter_status_eq": "failed",
            "filter_webhook_contains": "webhook contains",
        },
        query={
            "filter[attempts][contains]": "attempts contains",
            "filter[event_type]": "event type",
            "filter[finished_at][gte]": "finished at gte",
            "filter[finished_at][lte]": "finished at lte",
            "filter[started_at][gte]": "started at gte",
            "filter[started_at][lte]": "started at lte",
            "filter[status][eq]": "failed",
            "filter[webhook][contains]": "webhook contains",
            "page[number]": "1",
            "page[size]": "250",
        },
        answer="list",
    ),
    "webhook_deliveries.retrieve": Call({"id": "1"}),
}
