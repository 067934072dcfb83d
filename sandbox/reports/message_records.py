"""Messages, and their sums at once: /reports/mdrs and the synchronous usage reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import moments
from sandbox.clock import iso, seconds_of
from sandbox.paging import Page, data_response, list_response, page_of
from sandbox.problems import bad_parameter
from sandbox.reports.asked_reports import new_report
from sandbox.reports.report_kinds import (
    BREAKDOWNS,
    CALLS_BY,
    MESSAGE_REPORTS,
    MESSAGES_BY,
    message_report,
    message_report_fields,
)
from sandbox.traffic.records import calls, messages
from sandbox.traffic.tables import CALL_FIELDS, message_row
from sandbox.traffic.totals import CONNECTION, PROFILE_NAME, call_totals

if TYPE_CHECKING:
    from sandbox.context import Sandbox

DIRECTIONS = ("INBOUND", "OUTBOUND")
MESSAGE_TYPES = ("SMS", "MMS")
STATUSES = (
    *("GW_TIMEOUT", "DELIVERED", "DLR_UNCONFIRMED", "DLR_TIMEOUT"),
    *("RECEIVED", "GW_REJECT", "FAILED"),
)
PRODUCT_BREAKDOWNS = ("NO_BREAKDOWN", "DID_VS_TOLL_FREE", "COUNTRY", "DID_VS_TOLL_FREE_PER_COUNTRY")
assert len(PRODUCT_BREAKDOWNS) == BREAKDOWNS


def _choice(request: Request, name: str, allowed: tuple[str, ...], needed: bool) -> str | None:
    value = request.query_params.get(name)
    if value is None and needed:
        raise bad_parameter(name, "10004", "Missing required parameter", f"{name} is required.")
    if value is not None and value not in allowed:
        detail = f"{value!r} is not one of {', '.join(allowed)}."
        raise bad_parameter(name, "10032", "Value not in the allowed set", detail)
    return value


def _span(request: Request) -> tuple[float, float]:
    """start_date and end_date in Unix seconds; everything without them (our choice)."""
    begin, end = (request.query_params.get(name) for name in ("start_date", "end_date"))
    first = 0.0 if begin is None else moments.parameter("start_date", begin)
    last = moments.LAST if end is None else moments.parameter("end_date", end)
    if first > last:
        detail = "The end is before the start."
        raise bad_parameter("end_date", "10033", "Value out of range", detail)
    return first, last


async def list_messages(request: Request) -> Response:
    """GET /reports/mdrs, newest first; numbers compare whole.

    The specification has no pages here, so that who asks for none gets everything (our choice).
    """
    sandbox: Sandbox = request.app.state.sandbox
    direction = _choice(request, "direction", DIRECTIONS, needed=False)
    wanted = {
        "direction": direction.lower() if direction else None,
        "message_type": _choice(request, "message_type", MESSAGE_TYPES, needed=False),
        "status": _choice(request, "status", STATUSES, needed=False),
        "id": request.query_params.get("id"),
        "cld": request.query_params.get("cld"),
        "cli": request.query_params.get("cli"),
        "profile_name": request.query_params.get("profile"),
    }
    asked = {name: value for name, value in wanted.items() if value}
    rows = (message_row(message) for message in messages(sandbox, *_span(request)))
    found = [row for row in rows if all(row[name] == value for name, value in asked.items())]
    page = page_of(request)
    if not {"page[number]", "page[size]"} & request.query_params.keys():
        page = Page(1, max(1, len(found)))
    shown = [
        orjson.dumps({**row, "record_type": "mdr_report"})
        for row in found[page.offset : page.offset + page.size]
    ]
    return list_response(shown, len(found), page)


async def message_usage(request: Request) -> Response:
    """GET /reports/mdr_usage_reports/sync: sums of messages, at once and not kept."""
    sandbox: Sandbox = request.app.state.sandbox
    by = _choice(request, "aggregation_type", MESSAGES_BY, needed=True)
    begin, end = _span(request)
    profiles = request.query_params.getlist("profiles") or [PROFILE_NAME]
    fields = message_report_fields(iso(begin), iso(end), str(by), ", ".join(profiles))
    report = new_report(sandbox, MESSAGE_REPORTS, fields)
    report.update(message_report(sandbox, report)[0], status="COMPLETE")
    return data_response(report)


async def call_usage(request: Request) -> Response:
    """GET /reports/cdr_usage_reports/sync: sums of calls, at once and not kept."""
    sandbox: Sandbox = request.app.state.sandbox
    by = str(_choice(request, "aggregation_type", CALLS_BY, needed=True))
    breakdown = _choice(request, "product_breakdown", PRODUCT_BREAKDOWNS, needed=True)
    begin, end = (iso(moment) for moment in _span(request))
    at = iso(sandbox.clock.now())
    wanted = request.query_params.getlist("connections")
    numbers = [number for text in wanted for number in text.split(",") if number]
    asked_for = not numbers or str(CONNECTION) in numbers
    found = calls(sandbox, seconds_of(begin), seconds_of(end)) if asked_for else []
    report = {
        "id": sandbox.new_id(),
        "record_type": "cdr_usage_report",
        "aggregation_type": by,
        "product_breakdown": breakdown,
        "connections": [CONNECTION],
        "start_time": begin,
        "end_time": end,
        "status": "COMPLETE",
        "report_url": "",
        "result": call_totals(found, by),
        "created_at": at,
        "updated_at": at,
    }
    return data_response(report)


async def call_fields(_request: Request) -> Response:
    """GET /legacy/reporting/batch_detail_records/voice/fields: columns of files of calls."""
    return Response(orjson.dumps(CALL_FIELDS), media_type="application/json")


routes = [
    Route("/reports/mdrs", list_messages, methods=["GET"]),
    Route("/reports/mdr_usage_reports/sync", message_usage, methods=["GET"]),
    Route("/reports/cdr_usage_reports/sync", call_usage, methods=["GET"]),
    Route("/legacy/reporting/batch_detail_records/voice/fields", call_fields, methods=["GET"]),
]
