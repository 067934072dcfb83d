"""Usage by product and dimension (GET /usage_reports); this account uses wireless alone."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import moments
from sandbox.filters import flag
from sandbox.paging import list_response, page_of
from sandbox.problems import JSON_TYPE, Problem, bad_filter
from sandbox.usage import date_ranges, records
from sandbox.usage.history import DAY_MS
from sandbox.usage.lines import EPOCH, history
from sandbox.usage.prices import PER_DOLLAR, cost
from sandbox.usage.records import Sum, Wanted

if TYPE_CHECKING:
    from sandbox.context import Sandbox

LONGEST_MS = 31 * DAY_MS
LARGEST_PAGE = 5000
MB_BYTES = 1_000_000
WIRELESS_DIMENSIONS = (
    "mnc",
    "mcc",
    "sim_card_id",
    "sim_group_id",
    "sim_group_name",
    "currency",
    "date",
    "date_time",
)
WIRELESS_METRICS = (
    "uplink_data_bytes",
    "downlink_data",
    "downlink_data_bytes",
    "uplink_data",
    "data_cost",
)
# Dimensions and metrics of products that this account does not use (a choice of the real ones).
PRODUCTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "wireless": (WIRELESS_DIMENSIONS, WIRELESS_METRICS),
    "messaging": (
        ("direction", "currency", "message_type", "country_code", "date", "date_time"),
        ("cost", "count", "parts", "carrier_fee"),
    ),
    "sip-trunking": (
        ("direction", "currency", "country_iso", "date", "date_time"),
        ("connected", "cost", "completed", "call_sec", "attempted", "billed_sec"),
    ),
    "verify": (("currency", "country_code", "date", "date_time"), ("cost", "count")),
}
FILTER = re.compile(r"filter\[(\w+)\](?:\[\])?", re.ASCII)
# How many rows are put together for one answer (our choice).
MOST_ROWS = 500_000


def _bad(parameter: str, code: str, title: str, detail: str) -> Problem:
    """This operation documents 400 for all its errors."""
    return Problem(400, code, title, detail, {"parameter": parameter})


def _listed(request: Request, name: str) -> list[str]:
    values = [part for key in (name, f"{name}[]") for part in request.query_params.getlist(key)]
    parts = [part.strip() for value in values for part in value.split(",")]
    return list(dict.fromkeys(part for part in parts if part))


def _product(request: Request, name: str | None) -> str:
    if not name:
        raise _bad("product", "10004", "Missing required parameter", "product is required.")
    if name not in PRODUCTS:
        detail = f"Available products: {', '.join(PRODUCTS)}."
        raise _bad("product", "10003", "Product invalid value", detail)
    return name


def _choice(request: Request, name: str, product: str, allowed: tuple[str, ...]) -> list[str]:
    """The dimensions or metrics asked for; code and title as the specification's example."""
    found = _listed(request, name)
    if not found:
        raise _bad(name, "10004", "Missing required parameter", f"{name} is required.")
    if not set(found) <= set(allowed):
        detail = f"Available {name} values for {product}: {','.join(allowed)}."
        raise _bad(name, "10003", f"{name.capitalize()} invalid values", detail)
    return found


def _span(request: Request, now: float) -> tuple[int, int]:
    """Begin and end (not included) in milliseconds; without a wish the last 31 days."""
    query = request.query_params
    if query.get("date_range"):
        span = date_ranges.milliseconds(query["date_range"], now)
        if span is None:
            detail = f"{query['date_range']!r} is not a range such as today or last_3_days."
            raise _bad("date_range", "10015", "Bad request", detail)
        begin, end = span
    else:
        try:
            text = query.get("end_date")
            end = int(moments.seconds(text) * 1000) if text else int(now * 1000) + 1
            text = query.get("start_date")
            begin = int(moments.seconds(text) * 1000) if text else end - LONGEST_MS
        except ValueError:
            detail = "Times are written as in 2026-05-31T00:00:00Z."
            raise _bad("start_date", "10015", "Bad request", detail) from None
    if begin > end:
        raise _bad("end_date", "10033", "Value out of range", "The end is before the start.")
    if end - begin > LONGEST_MS:
        raise _bad("end_date", "10033", "Value out of range", "At most 31 days can be asked for.")
    return max(0, begin), max(0, end)


def _filters(request: Request, dimensions: tuple[str, ...]) -> dict[str, str]:
    """``filter[name]=value``, also as the text of a parameter that is named filter."""
    items = []
    for key, value in request.query_params.multi_items():
        if key == "filter":
            items += [part.rpartition("=")[::2] for part in value.split("&") if part]
        elif key.startswith("filter"):
            items.append((key, value))
    found = {}
    for key, value in items:
        parts = FILTER.fullmatch(key)
        if parts is None or parts[1] not in dimensions:
            raise bad_filter("filter", f"{key!r} is not a filter on a dimension.")
        found[parts[1]] = value
    return found


def _rows(
    sandbox: Sandbox,
    dimensions: list[str],
    metrics: list[str],
    span: tuple[int, int],
    filters: dict[str, str],
) -> list[dict[str, Any]]:
    by_day = bool({"date", "date_time"} & {*dimensions, *filters})
    if filters.pop("currency", "USD") != "USD":
        return []
    fields = tuple((name, value) for name, value in filters.items() if name in records.FIELDS)
    wanted = Wanted(*span, fields)
    past = history(sandbox)
    days: list[tuple[int, int]] = [span]
    if by_day:
        first = max(span[0] // DAY_MS, past.first)
        last = min(-(-span[1] // DAY_MS), int(sandbox.clock.now() * 1000) // DAY_MS + 1)
        days = [
            (max(span[0], day * DAY_MS), min(span[1], (day + 1) * DAY_MS))
            for day in range(first, max(last, past.day0))
        ]
    totals: dict[tuple[Any, ...], list[int]] = {}
    by_card = "sim_card_id" in dimensions
    for begin, end in days:
        if begin >= end:
            continue
        date = (EPOCH + timedelta(days=begin // DAY_MS)).isoformat()
        moment = f"{date}T00:00:00Z"
        if filters.get("date", date) != date or filters.get("date_time", moment) != moment:
            continue
        for found in records.sums(sandbox, Wanted(begin, end, wanted.fields), by_card):
            key = tuple(_value(sandbox, name, found, date) for name in dimensions)
            total = totals.setdefault(key, [0, 0, 0])
            total[0] += found.up
            total[1] += found.down
            total[2] += cost(found.up + found.down, found.mcc)
        if len(totals) > MOST_ROWS:
            detail = f"These are more than {MOST_ROWS} rows: ask for fewer days or dimensions."
            raise _bad("dimensions", "10015", "Bad request", detail)
    return [_row(sandbox, dimensions, metrics, key, total) for key, total in totals.items()]


def _value(sandbox: Sandbox, name: str, found: Sum, date: str) -> Any:
    if name == "sim_card_id":
        return found.n
    if name in ("sim_group_id", "sim_group_name"):
        return records.group_of(sandbox, found.g)[name == "sim_group_name"] or ""
    known = {"date": date, "date_time": f"{date}T00:00:00Z", "currency": "USD"}
    return known[name] if name in known else getattr(found, name)


def _row(
    sandbox: Sandbox, dimensions: list[str], metrics: list[str], key: Any, total: list[int]
) -> dict[str, Any]:
    """Dimensions as texts, the product, and metrics as numbers (behaviour)."""
    up, down, units = total
    numbers = {
        "uplink_data": up / 1000,
        "downlink_data": down / 1000,
        # Both are exact: a thousandth of a megabyte is a thousand bytes.
        "uplink_data_bytes": float(up * MB_BYTES // 1000),
        "downlink_data_bytes": float(down * MB_BYTES // 1000),
        "data_cost": units / PER_DOLLAR,
    }
    row = dict(zip(dimensions, key, strict=True))
    if "sim_card_id" in row:
        row["sim_card_id"] = sandbox.state.connection.execute(
            "SELECT id FROM usage_lines WHERE n = ?", (row["sim_card_id"],)
        ).fetchone()[0]
    return {**row, "product": "wireless", **{name: numbers[name] for name in metrics}}


async def list_usage(request: Request) -> Response:
    """GET /usage_reports; as CSV all rows at once (our choice)."""
    sandbox: Sandbox = request.app.state.sandbox
    product = _product(request, request.query_params.get("product"))
    allowed, measured = PRODUCTS[product]
    dimensions = _choice(request, "dimensions", product, allowed)
    metrics = _choice(request, "metrics", product, measured)
    span = _span(request, sandbox.clock.now())
    filters, order = _filters(request, allowed), _listed(request, "sort")
    flag(request, "managed_accounts")
    for wish in order:
        if wish.removeprefix("-") not in (*dimensions, *metrics):
            raise bad_filter("sort", f"{wish!r} is neither a dimension nor a metric asked for.")
    form = request.query_params.get("format", "json")
    if form not in ("json", "csv"):
        raise _bad("format", "10032", "Value not in the allowed set", "json or csv.")
    page = page_of(request, LARGEST_PAGE)
    rows = []
    if product == "wireless":
        rows = _rows(sandbox, dimensions, metrics, span, filters)
    for wish in reversed(order or dimensions):
        name = wish.removeprefix("-")
        rows.sort(key=lambda row: row[name], reverse=wish.startswith("-"))
    if form == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*dimensions, "product", *metrics])
        for row in rows:
            numbers = [f"{row[name]:.7f}" for name in metrics]
            writer.writerow([*(row[name] for name in dimensions), product, *numbers])
        return Response(text.getvalue(), media_type="text/csv")
    shown = rows[page.offset : page.offset + page.size]
    return list_response([orjson.dumps(row) for row in shown], len(rows), page)


async def list_options(request: Request) -> Response:
    """GET /usage_reports/options."""
    name = request.query_params.get("product")
    wanted = [_product(request, name)] if name else list(PRODUCTS)
    data = [
        {
            "product": product,
            "product_dimensions": list(PRODUCTS[product][0]),
            "product_metrics": list(PRODUCTS[product][1]),
            "record_types": [],
        }
        for product in wanted
    ]
    return Response(orjson.dumps({"data": data}), media_type=JSON_TYPE)


routes = [
    Route("/usage_reports", list_usage, methods=["GET"]),
    Route("/usage_reports/options", list_options, methods=["GET"]),
]
