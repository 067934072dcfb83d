"""Detail records of all products (GET /detail_records); this account has only wireless ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import moments
from sandbox.account.balance import CURRENCY
from sandbox.clock import iso
from sandbox.paging import list_response, page_of
from sandbox.problems import Problem, bad_filter, bad_parameter
from sandbox.reports.wdrs import money
from sandbox.usage import date_ranges, records
from sandbox.usage.prices import PER_DOLLAR, price
from sandbox.usage.records import LATEST, Usage, Wanted

if TYPE_CHECKING:
    from sandbox.context import Sandbox

LARGEST_PAGE = 50
# How many records a filter or an order on what is not indexed may look at (our choice).
MOST_LOOKED_AT = 250_000
# The specification's list says wireless, its records sim_card_usage; both are taken (behaviour).
WIRELESS = ("wireless", "sim_card_usage")
OTHERS = [
    "ai-voice-assistant",
    "amd",
    "call-control",
    "conference",
    "conference-participant",
    "embedding",
    "fax",
    "inference",
    "inference-speech-to-text",
    "media_storage",
    "media-streaming",
    "messaging",
    "noise-suppression",
    "recording",
    "sip-trunking",
    "siprec-client",
    "stt",
    "tts",
    "verify",
    "webrtc",
]
COLUMNS = [
    "id",
    "created_at",
    "closed_at",
    "imsi",
    "mcc",
    "mnc",
    "phone_number",
    "ip_address",
    "sim_card_id",
    "sim_card_tags",
    "sim_group_id",
    "sim_group_name",
    "uplink_data",
    "downlink_data",
    "data_unit",
    "data_rate",
    "data_cost",
    "currency",
]
TIMES = ("created_at", "closed_at")
NUMBERS = ("uplink_data", "downlink_data", "data_cost", "data_rate")
FILTER = re.compile(r"filter\[(\w+)\](?:\[(\w+)\])?(?:\[\])?", re.ASCII)
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, wish: value == wish,
    "ne": lambda value, wish: value != wish,
    "gt": lambda value, wish: value > wish,
    "gte": lambda value, wish: value >= wish,
    "lt": lambda value, wish: value < wish,
    "lte": lambda value, wish: value <= wish,
    "starts_with": lambda value, wish: str(value).startswith(str(wish)),
    "ends_with": lambda value, wish: str(value).endswith(str(wish)),
    "contains": lambda value, wish: str(wish) in str(value),
}
Check = tuple[str, str, Any]


def document(sandbox: Sandbox, usage: Usage, tags: list[Any]) -> dict[str, Any]:
    """A record as this list shows it; amounts of data are MB (specification)."""
    group_id, group_name = records.group_of(sandbox, usage.g)
    return {
        "id": usage.id,
        "record_type": "sim_card_usage",
        "created_at": iso(usage.at / 1000),
        "closed_at": iso(usage.closed / 1000),
        "sim_card_id": usage.line.sim_card_id,
        "sim_card_tags": ",".join(tags),
        "sim_group_id": group_id,
        "sim_group_name": group_name,
        "imsi": usage.line.imsi,
        "phone_number": usage.line.msisdn,
        "ip_address": usage.line.ip,
        "mcc": usage.mcc,
        "mnc": usage.mnc,
        "uplink_data": usage.up / 1000,
        "downlink_data": usage.down / 1000,
        "data_unit": "MB",
        "data_rate": money(price(usage.mcc) * 1000),
        "data_cost": usage.cost / PER_DOLLAR,
        "currency": CURRENCY,
    }


def _record_type(request: Request) -> str:
    kind = request.query_params.get("filter[record_type]")
    if not kind:
        detail = "filter[record_type] is required."
        source = {"parameter": "filter[record_type]"}
        raise Problem(400, "10004", "Missing required parameter", detail, source)
    if kind not in WIRELESS and kind not in OTHERS:
        detail = f"No record type {kind!r} is known."
        source = {"parameter": "filter[record_type]"}
        raise Problem(400, "10011", "Bad Request", detail, source)
    return kind


def _read(request: Request, sandbox: Sandbox) -> tuple[Wanted, list[Check]]:
    """What the query finds by itself, and what is to be checked record by record."""
    begin, end = 0, LATEST
    fields: list[tuple[str, str]] = []
    checks: list[Check] = []
    for key, value in request.query_params.multi_items():
        if not key.startswith("filter"):
            continue
        parts = FILTER.fullmatch(key)
        name, operator = (parts[1], parts[2] or "eq") if parts else ("", "")
        if name == "record_type" and operator == "eq":
            continue
        if name == "date_range" and operator == "eq":
            span = date_ranges.milliseconds(value, sandbox.clock.now())
            if span is None:
                detail = f"{value!r} is not a range such as today or last_3_days."
                raise bad_parameter(key, "10032", "Value not in the allowed set", detail)
            begin, end = max(begin, span[0]), min(end, span[1])
        elif name not in COLUMNS or operator not in OPERATORS:
            raise bad_filter(key, f"{key} is not a filter of this list.")
        elif name == "created_at" and operator in ("eq", "gt", "gte", "lt", "lte"):
            at = max(0, int(moments.parameter(key, value) * 1000))
            if operator in ("eq", "gt", "gte"):
                begin = max(begin, at + (operator == "gt"))
            if operator in ("eq", "lt", "lte"):
                end = min(end, at + (operator != "lt"))
        elif operator == "eq" and name in records.FIELDS:
            fields.append((name, value))
        elif operator == "eq" and name == "id":
            one = records.by_id(sandbox, value)
            begin, end = (0, 0) if one is None else (max(begin, one.begin), min(end, one.end))
            fields += [] if one is None else one.fields
        else:
            checks.append((name, operator, _wish(key, name, operator, value)))
    return Wanted(begin, end, tuple(fields)), checks


def _wish(key: str, name: str, operator: str, value: str) -> Any:
    if name in NUMBERS and operator not in ("starts_with", "ends_with", "contains"):
        try:
            number = float(value)
        except ValueError:
            raise bad_filter(key, f"{value!r} is not a number.") from None
        return number
    if name in TIMES and operator in ("eq", "ne", "gt", "gte", "lt", "lte"):
        return moments.filtered(key, value)
    return value


def _fits(record: dict[str, Any], check: Check) -> bool:
    name, operator, wish = check
    value = record[name]
    if value is None:
        return operator == "ne"
    return OPERATORS[operator](float(value) if isinstance(wish, float) else value, wish)


def _order(request: Request) -> list[str]:
    wishes = [part for name in ("sort", "sort[]") for part in request.query_params.getlist(name)]
    fields = [field for wish in wishes for field in wish.split(",") if field]
    for wish in fields:
        if wish.removeprefix("-") not in COLUMNS:
            raise bad_filter("sort", f"{wish!r} is not a field of these records.")
    return fields


async def list_detail_records(request: Request) -> Response:
    """GET /detail_records, newest first."""
    sandbox: Sandbox = request.app.state.sandbox
    page, kind = page_of(request, LARGEST_PAGE), _record_type(request)
    wanted, checks = _read(request, sandbox)
    order = _order(request)
    if kind not in WIRELESS:
        return list_response([], 0, page)
    if not checks and order in ([], ["created_at"], ["-created_at"]):
        forward = order == ["created_at"]
        found, total = records.page(sandbox, wanted, page.offset, page.size, forward)
        shown = _documents(sandbox, found)
    else:
        everything = _checked(sandbox, wanted, checks, order)
        total, shown = len(everything), everything[page.offset : page.offset + page.size]
    return list_response([orjson.dumps(record) for record in shown], total, page)


def _documents(sandbox: Sandbox, found: list[Usage]) -> list[dict[str, Any]]:
    tags = records.tags_of(sandbox, {usage.line.sim_card_id for usage in found})
    return [document(sandbox, usage, tags.get(usage.line.sim_card_id, [])) for usage in found]


def _checked(
    sandbox: Sandbox, wanted: Wanted, checks: list[Check], order: list[str]
) -> list[dict[str, Any]]:
    if records.count(sandbox, wanted) > MOST_LOOKED_AT:
        raise bad_filter(
            "filter", f"This would look at more than {MOST_LOOKED_AT} records: ask for fewer days."
        )
    found, _ = records.page(sandbox, wanted, 0, MOST_LOOKED_AT)
    kept = [
        record
        for record in _documents(sandbox, found)
        if all(_fits(record, check) for check in checks)
    ]
    for wish in reversed(order):
        name = wish.removeprefix("-")
        kept.sort(
            key=lambda record: (
                (record[name] is not None, record[name] or 0)
                if name in NUMBERS
                else str(record[name] or "")
            ),
            reverse=wish.startswith("-"),
        )
    return kept


routes = [Route("/detail_records", list_detail_records, methods=["GET"])]
