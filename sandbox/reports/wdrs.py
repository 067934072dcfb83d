"""Wireless detail records (GET /reports/wdrs)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import moments
from sandbox.account.balance import CURRENCY
from sandbox.clock import iso
from sandbox.paging import list_response, page_of
from sandbox.problems import bad_filter
from sandbox.usage import records
from sandbox.usage.prices import dollars, price
from sandbox.usage.records import LATEST, Usage, Wanted

if TYPE_CHECKING:
    from sandbox.context import Sandbox

FIELDS = ("imsi", "mcc", "mnc", "sim_card_id", "sim_group_id", "sim_group_name", "phone_number")


def money(units: int) -> str:
    """An exact amount in USD, from units of 10^-7 USD."""
    return f"{dollars(units):f}"


def document(sandbox: Sandbox, usage: Usage) -> dict[str, Any]:
    """A record as this list shows it: the cost is the rate times both amounts (specification)."""
    group_id, group_name = records.group_of(sandbox, usage.g)
    return {
        "id": usage.id,
        "record_type": "wdr",
        "sim_card_id": usage.line.sim_card_id,
        "imsi": usage.line.imsi,
        "phone_number": usage.line.msisdn,
        "mcc": usage.mcc,
        "mnc": usage.mnc,
        "sim_group_id": group_id,
        "sim_group_name": group_name,
        "uplink_data": {"amount": usage.up / 1000, "unit": "MB"},
        "downlink_data": {"amount": usage.down / 1000, "unit": "MB"},
        "rate": {"amount": money(price(usage.mcc) * 1000), "currency": CURRENCY},
        "cost": {"amount": money(usage.cost), "currency": CURRENCY},
        "duration_seconds": usage.seconds,
        # With an offset, as the real ones (behaviour).
        "created_at": iso(usage.at / 1000).replace("Z", "+00:00"),
    }


def ascending(request: Request) -> bool:
    """Which way the list goes; without a wish newest first (behaviour), as in every list."""
    wishes = [part for name in ("sort", "sort[]") for part in request.query_params.getlist(name)]
    fields = [field for wish in wishes for field in wish.split(",") if field]
    if any(field not in ("created_at", "-created_at") for field in fields):
        raise bad_filter("sort", "The list is sorted by created_at or -created_at.")
    return bool(fields) and fields[0] == "created_at"


def wanted_of(request: Request, sandbox: Sandbox) -> Wanted | None:
    """What a request asks for; None is nothing at all."""
    query = request.query_params
    begin, end = 0, LATEST
    if query.get("start_date"):
        begin = max(0, int(moments.parameter("start_date", query["start_date"]) * 1000))
    if query.get("end_date"):
        end = max(0, int(moments.parameter("end_date", query["end_date"]) * 1000))
    if query.get("id"):
        one = records.by_id(sandbox, query["id"])
        if one is None:
            return None
        begin, end = max(begin, one.begin), min(end, one.end)
        fields = list(one.fields)
    else:
        fields = []
    fields += [(name, query[name]) for name in FIELDS if query.get(name)]
    return Wanted(begin, end, tuple(fields))


async def list_wdrs(request: Request) -> Response:
    """GET /reports/wdrs; the start is included, the end is not (our choice)."""
    sandbox: Sandbox = request.app.state.sandbox
    page, forward = page_of(request), ascending(request)
    wanted = wanted_of(request, sandbox)
    found: list[Usage] = []
    total = 0
    if wanted is not None:
        found, total = records.page(sandbox, wanted, page.offset, page.size, forward)
    return list_response([orjson.dumps(document(sandbox, row)) for row in found], total, page)


routes = [Route("/reports/wdrs", list_wdrs, methods=["GET"])]
