"""The kinds of reports on calls and messages that are asked for, in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import bodies, moments
from sandbox.account.owner import USER
from sandbox.clock import iso, seconds_of
from sandbox.problems import missing, wrong_type, wrong_value
from sandbox.reports.asked_reports import ReportKind, Values, routes_of
from sandbox.reports.record_filters import filters_of, passes
from sandbox.traffic.records import Call, Message, calls, messages
from sandbox.traffic.tables import CALL_FIELDS, MESSAGE_FIELDS, as_csv, call_row, message_row
from sandbox.traffic.totals import CONNECTION, PROFILE_ID, PROFILE_NAME, call_totals, message_rows

if TYPE_CHECKING:
    from sandbox.context import Sandbox

# Whole numbers for words, as the specification's descriptions list them.
DIRECTIONS = {1: "INBOUND", 2: "OUTBOUND"}
RECORD_TYPES = {1: "COMPLETED", 2: "INCOMPLETE", 3: "ERRORS"}
MESSAGES_BY = ("NO_AGGREGATION", "PROFILE", "TAGS")
CALLS_BY = ("NO_AGGREGATION", "CONNECTION", "TAG", "BILLING_GROUP")
BREAKDOWNS = 4
COMPLETE = 1
PENDING_COMPLETE = ("PENDING", "COMPLETE")
NUMBERED = (1, 2)
TOTAL_FIELDS = ("direction", "tags", "profile_id", "sent", "received", "delivered", "parts", "cost")
CALL_TOTAL_FIELDS = ("group", "connection", "tag", "direction", "calls", "answered")
LOOKUP_FIELDS = ("type", "total_dips", "total_cost", "currency")


def _span(body: Values, begin: str, end: str, needed: bool) -> tuple[str, str]:
    """Two times in order; without them everything that there is (our choice)."""
    for name in (begin, end):
        if needed and body.get(name) is None:
            raise missing(f"/{name}")
    first = moments.field(body[begin], f"/{begin}") if body.get(begin) is not None else 0.0
    last = moments.field(body[end], f"/{end}") if body.get(end) is not None else moments.LAST
    if first > last:
        raise wrong_value(f"/{end}", "The end is before the start.", "10033")
    return iso(first), iso(last)


def _numbers(body: Values, name: str, allowed: dict[int, str] | None = None) -> list[int]:
    """A list of whole numbers, of those that stand for something."""
    value = body.get(name, [])
    if not isinstance(value, list):
        raise wrong_type(f"/{name}", "an array of whole numbers")
    for place, item in enumerate(value):
        bodies.whole_number(item, f"/{name}/{place}")
        if allowed is not None and item not in allowed:
            detail = f"{item} is not one of {', '.join(map(str, allowed))}."
            raise wrong_value(f"/{name}/{place}", detail, "10033")
    return [int(item) for item in value]


def _number(body: Values, name: str, count: int, needed: bool = False) -> int:
    """A whole number below ``count`` that stands for a word; 0 without it."""
    if body.get(name) is None and not needed:
        return 0
    number = bodies.whole(body, name)
    if not 0 <= number < count:
        raise wrong_value(f"/{name}", f"{name} is between 0 and {count - 1}.", "10033")
    return number


def _strings(body: Values, name: str) -> list[str]:
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise wrong_type(f"/{name}", "an array of strings")
    return value


def _uuids(body: Values, name: str) -> list[str]:
    values = _strings(body, name)
    return [bodies.uuid(value, f"/{name}/{place}") for place, value in enumerate(values)]


def _checked(body: Values) -> None:
    """What is read by no report here, but has to be right all the same."""
    _uuids(body, "managed_accounts")
    for name in ("select_all_managed_accounts", "include_message_body", "include_all_metadata"):
        bodies.truth(body, name, False)
    for name in ("timezone", "report_name", "source"):
        if not isinstance(body.get(name, ""), str):
            raise wrong_type(f"/{name}", "a string")
    _strings(body, "fields")


def _is_asked_for(report: Values) -> bool:
    """Whether a report is on the one profile and connection there are, and on what is complete."""
    connections = [str(number) for number in report.get("connections") or (CONNECTION,)]
    profiles = report.get("profiles") or (PROFILE_ID,)
    record_types = report.get("record_types") or (COMPLETE,)
    return (
        str(CONNECTION) in connections
        and (PROFILE_ID in profiles or PROFILE_NAME in profiles)
        and (COMPLETE in record_types or RECORD_TYPES[COMPLETE] in record_types)
    )


def _calls_of(sandbox: Sandbox, report: Values) -> list[Call]:
    if not _is_asked_for(report):
        return []
    return calls(sandbox, seconds_of(report["start_time"]), seconds_of(report["end_time"]))


def _messages_of(sandbox: Sandbox, report: Values, begin: str, end: str) -> list[Message]:
    if not _is_asked_for(report):
        return []
    return messages(sandbox, seconds_of(report[begin]), seconds_of(report[end]))


def _read_message_batch(_sandbox: Sandbox, body: Values) -> Values:
    _checked(body)
    begin, end = _span(body, "start_time", "end_time", needed=True)
    return {
        "start_date": begin,
        "end_date": end,
        "report_name": body.get("report_name") or "Messages",
        "connections": _numbers(body, "connections"),
        "directions": [DIRECTIONS[n] for n in _numbers(body, "directions", DIRECTIONS)],
        "record_types": [RECORD_TYPES[n] for n in _numbers(body, "record_types", RECORD_TYPES)],
        "profiles": _uuids(body, "profiles"),
        "filters": filters_of(body),
    }


def _message_batch(sandbox: Sandbox, report: Values) -> tuple[Values, bytes]:
    wanted = report["directions"]
    rows = [
        message_row(message)
        for message in _messages_of(sandbox, report, "start_date", "end_date")
        if (not wanted or message.direction.upper() in wanted)
        and passes(message.sender, message.receiver, message.line.tags, report["filters"])
    ]
    return {}, as_csv(MESSAGE_FIELDS, rows)


def _read_call_batch(_sandbox: Sandbox, body: Values) -> Values:
    _checked(body)
    begin, end = _span(body, "start_time", "end_time", needed=True)
    return {
        "start_time": begin,
        "end_time": end,
        "report_name": body.get("report_name") or "Calls",
        "source": body.get("source") or "calls",
        "timezone": body.get("timezone") or "UTC",
        "retry": 0,
        "connections": _numbers(body, "connections"),
        "call_types": _numbers(body, "call_types", DIRECTIONS),
        "record_types": _numbers(body, "record_types", RECORD_TYPES),
        "managed_accounts": _uuids(body, "managed_accounts"),
        "filters": filters_of(body),
    }


def _call_batch(sandbox: Sandbox, report: Values) -> tuple[Values, bytes]:
    wanted = [DIRECTIONS[number].lower() for number in report["call_types"]]
    rows = [
        call_row(call)
        for call in _calls_of(sandbox, report)
        if (not wanted or call.direction in wanted)
        and passes(call.caller, call.called, call.line.tags, report["filters"])
    ]
    return {}, as_csv([field for group in CALL_FIELDS.values() for field in group], rows)


def _read_message_usage(_sandbox: Sandbox, body: Values) -> Values:
    _checked(body)
    begin, end = _span(body, "start_time", "end_time", needed=False)
    return {
        "start_time": begin,
        "end_time": end,
        "aggregation_type": _number(body, "aggregation_type", len(MESSAGES_BY), needed=True),
        "connections": [],
        "profiles": _uuids(body, "profiles"),
        "result": {},
    }


def _message_usage(sandbox: Sandbox, report: Values) -> tuple[Values, bytes]:
    by = MESSAGES_BY[report["aggregation_type"]]
    rows = message_rows(_messages_of(sandbox, report, "start_time", "end_time"), by)
    return {"result": {"rows": rows}}, as_csv(TOTAL_FIELDS, rows)


def _read_call_usage(_sandbox: Sandbox, body: Values) -> Values:
    _checked(body)
    begin, end = _span(body, "start_time", "end_time", needed=True)
    return {
        "start_time": begin,
        "end_time": end,
        "aggregation_type": _number(body, "aggregation_type", len(CALLS_BY)),
        "product_breakdown": _number(body, "product_breakdown", BREAKDOWNS),
        "connections": [str(number) for number in _numbers(body, "connections")],
        "result": {},
    }


def _call_usage(sandbox: Sandbox, report: Values) -> tuple[Values, bytes]:
    totals = call_totals(_calls_of(sandbox, report), CALLS_BY[report["aggregation_type"]])
    return {"result": totals}, as_csv((*CALL_TOTAL_FIELDS, "cost"), totals["rows"])


def _read_lookups(sandbox: Sandbox, body: Values) -> Values:
    by = body.get("aggregationType", "ALL")
    if by not in ("ALL", "BY_ORGANIZATION_MEMBER"):
        raise wrong_value(
            "/aggregationType", f"{by!r} is not ALL or BY_ORGANIZATION_MEMBER.", "10032"
        )
    today = iso(sandbox.clock.now())[:10]
    days = {}
    for name in ("startDate", "endDate"):
        value = body.get(name, today)
        if not isinstance(value, str) or not moments.DAY_FORM.fullmatch(value):
            raise wrong_value(f"/{name}", "Expected a day such as 2026-05-31.")
        moments.field(value, f"/{name}")
        days[name] = value
    if days["startDate"] > days["endDate"]:
        raise wrong_value("/endDate", "The end is before the start.", "10033")
    return {
        "aggregation_type": by,
        "start_date": days["startDate"],
        "end_date": days["endDate"],
        "managed_accounts": _strings(body, "managedAccounts"),
        "result": [],
    }


def _lookups(_sandbox: Sandbox, _report: Values) -> tuple[Values, bytes]:
    """Nobody looks numbers up here, so nothing is counted and nothing costs."""
    nothing: dict[str, Any] = {
        "type": "CNAM",
        "total_dips": 0,
        "total_cost": 0.0,
        "currency": "USD",
    }
    record = {"record_type": "TelcoDataUsageRecord", "user_id": USER, "aggregations": [nothing]}
    return {"result": [record]}, as_csv(LOOKUP_FIELDS, [nothing])


def _read_message_report(_sandbox: Sandbox, body: Values) -> Values:
    begin, end = _span(body, "start_date", "end_date", needed=True)
    by = bodies.required_text(body, "aggregation_type")
    if by not in MESSAGES_BY:
        detail = f"{by!r} is not one of {', '.join(MESSAGES_BY)}."
        raise wrong_value("/aggregation_type", detail, "10032")
    profiles = body.get("profiles", PROFILE_NAME)
    if not isinstance(profiles, str):
        raise wrong_type("/profiles", "a string")
    return message_report_fields(begin, end, by, profiles)


def message_report_fields(begin: str, end: str, by: str, profiles: str) -> Values:
    """The fields of a usage report of messages besides those that all reports have."""
    return {
        "aggregation_type": by,
        "connections": [],
        "start_date": begin,
        "end_date": end,
        "profiles": profiles,
        "result": [],
    }


def message_report(sandbox: Sandbox, report: Values) -> tuple[Values, bytes]:
    """The rows of a usage report of messages, and its file."""
    found = _messages_of(sandbox, report, "start_date", "end_date")
    rows = message_rows(found, report["aggregation_type"])
    return {"result": rows}, as_csv(TOTAL_FIELDS, rows)


LEGACY = "/legacy/reporting"
MESSAGE_REPORTS = ReportKind(
    "mdr_usage_reports",
    "/reports/mdr_usage_reports",
    "mdr_usage_report",
    "the use of messages",
    PENDING_COMPLETE,
    _read_message_report,
    message_report,
    pages="usual",
)
KINDS = (
    ReportKind(
        "mdr_batches",
        f"{LEGACY}/batch_detail_records/messaging",
        "mdr_report",
        "single messages",
        PENDING_COMPLETE,
        _read_message_batch,
        _message_batch,
    ),
    ReportKind(
        "cdr_batches",
        f"{LEGACY}/batch_detail_records/voice",
        "cdr_detailed_report",
        "single calls",
        NUMBERED,
        _read_call_batch,
        _call_batch,
    ),
    ReportKind(
        "legacy_mdr_usage",
        f"{LEGACY}/usage_reports/messaging",
        "mdr_usage_report_v2_legacy",
        "the use of messages, in the older form",
        NUMBERED,
        _read_message_usage,
        _message_usage,
        pages="legacy",
    ),
    ReportKind(
        "legacy_cdr_usage",
        f"{LEGACY}/usage_reports/voice",
        "cdr_usage_report",
        "calls, in the older form",
        NUMBERED,
        _read_call_usage,
        _call_usage,
        pages="legacy",
    ),
    ReportKind(
        "lookup_usage",
        f"{LEGACY}/usage_reports/number_lookup",
        "TelcoDataUsageReport",
        "looking up numbers",
        PENDING_COMPLETE,
        _read_lookups,
        _lookups,
        empty_deletion=True,
    ),
    MESSAGE_REPORTS,
)
routes = [route for kind in KINDS for route in routes_of(kind)]
