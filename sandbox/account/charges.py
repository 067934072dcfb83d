"""Charges of a period in sum and by SIM card, counted from the ledger and the usage records."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.account import ledger, recurring
from sandbox.account.balance import CENT, CURRENCY, amount
from sandbox.account.owner import USER
from sandbox.moments import DAY_FORM
from sandbox.paging import data_response
from sandbox.problems import Problem
from sandbox.usage import records
from sandbox.usage.history import DAY_MS
from sandbox.usage.lines import EPOCH
from sandbox.usage.prices import dollars

if TYPE_CHECKING:
    from sandbox.context import Sandbox

EMAIL = "owner@sandbox.example"
LONGEST = 31
# Recurring services: alias, name, kind of the existing, kind of the new, kind of one-time costs.
SERVICES = (
    ("sim_cards", recurring.SIM_NAMES["sim_active"], "sim_active", "new_sim_active", "esim"),
    (
        "sim_cards_inactive",
        recurring.SIM_NAMES["sim_inactive"],
        "sim_inactive",
        "new_sim_inactive",
        "",
    ),
    ("public_ips", "Public IPs", "public_ip", "new_public_ip", ""),
    ("private_wireless_gateways", "Private wireless gateways", "gateway", "", ""),
)


class Statement(NamedTuple):
    """What a period cost; ``lines`` as charges_summary has them, ``data`` exact in 10^-7 USD."""

    lines: list[dict[str, Any]]
    adjustments: list[dict[str, str]]
    total: dict[str, str]
    data: int


def _bad(parameter: str, code: str, title: str, detail: str) -> Problem:
    """These operations document 400."""
    return Problem(400, code, title, detail, {"parameter": parameter})


def _day(request: Request, name: str, default: date | None = None) -> date:
    text = request.query_params.get(name)
    if text is None and default is not None:
        return default
    if not text:
        raise _bad(name, "10004", "Missing required parameter", f"{name} is required.")
    try:
        if not DAY_FORM.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        detail = f"{text!r} is not a day like 2026-05-31."
        raise _bad(name, "10026", "Invalid parameter type", detail) from None


def _month_after(day: date) -> date:
    """A month later, but no more than 31 days."""
    try:
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        last = (following.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return following.replace(day=min(day.day, last.day))
    except OverflowError:
        return day


def period(request: Request, end_required: bool) -> tuple[date, date]:
    """First day and the day after the last, at most 31 days (specification)."""
    start = _day(request, "start_date")
    end = _day(request, "end_date", None if end_required else _month_after(start))
    if end <= start:
        detail = "The end has to be after the start."
        raise _bad("end_date", "10033", "Value out of range", detail)
    if (end - start).days > LONGEST:
        detail = f"At most {LONGEST} days can be asked for."
        raise _bad("end_date", "10033", "Value out of range", detail)
    return start, end


def milliseconds(day: date) -> int:
    """The start of a day; no earlier than 1970."""
    return max(0, (day - EPOCH).days * DAY_MS)


def statement(sandbox: Sandbox, start: date, end: date) -> Statement:
    """Add up a period."""
    begin, until = milliseconds(start), milliseconds(end)
    sums: dict[str, tuple[int, Decimal]] = {}
    adjustments = []
    credits, corrections = Decimal(0), Decimal(0)
    for entry in ledger.entries(sandbox, begin, until):
        value = dollars(entry.amount)
        if entry.kind in ("refund", "adjustment"):
            day = datetime.fromtimestamp(entry.at / 1000, UTC).date().isoformat()
            # A credit lowers what is to be paid, so it is below zero (specification's example).
            adjustments.append(
                {
                    "amount": amount(-value),
                    "description": entry.description,
                    "event_date": day,
                }
            )
            credits -= value if entry.kind == "refund" else 0
            corrections -= value if entry.kind == "adjustment" else 0
        quantity, before = sums.get(entry.kind, (0, Decimal(0)))
        sums[entry.kind] = quantity + entry.quantity, before - value
    nothing = (0, Decimal(0))
    new_mrc = new_otc = existing_mrc = Decimal(0)
    lines: list[dict[str, Any]] = []
    for alias, name, existing, new, once in SERVICES:
        was, fresh, paid = (sums.get(kind, nothing) for kind in (existing, new, once))
        existing_mrc += was[1]
        new_mrc += fresh[1]
        new_otc += paid[1]
        lines.append(
            {
                "type": "comparative",
                "name": name,
                "alias": alias,
                "new_this_month": {
                    "quantity": fresh[0],
                    "mrc": amount(fresh[1]),
                    "otc": amount(paid[1]),
                },
                "existing_this_month": {"quantity": was[0], "mrc": amount(was[1]), "otc": None},
            }
        )
    found = records.sums(sandbox, records.Wanted(begin, until)) if begin < until else []
    data = sum(part.cost for part in found)
    megabytes = sum(part.up + part.down for part in found) // 1000
    orders = sums.get("order", nothing)
    for alias, name, quantity, value in (
        ("wireless_data", "Wireless data in MB", megabytes, dollars(data)),
        ("sim_card_orders", "SIM card orders", *orders),
    ):
        lines.append(
            {
                "type": "simple",
                "name": name,
                "alias": alias,
                "quantity": quantity,
                "amount": amount(value),
            }
        )
    other = dollars(data).quantize(CENT) + orders[1]
    parts = {
        "new_mrc": new_mrc,
        "new_otc": new_otc,
        "existing_mrc": existing_mrc,
        "other": other,
        "credits": credits,
        "ledger_adjustments": corrections,
    }
    total = {name: amount(value) for name, value in parts.items()}
    # The balance's own adjustments by hand are no charge (our choice).
    total["grand_total"] = amount(new_mrc + new_otc + existing_mrc + other + credits)
    return Statement(lines, adjustments, total, data)


async def get_summary(request: Request) -> Response:
    """GET /charges_summary."""
    sandbox: Sandbox = request.app.state.sandbox
    start, end = period(request, end_required=True)
    found = statement(sandbox, start, end)
    return data_response(
        {
            "user_id": USER,
            "user_email": EMAIL,
            "currency": CURRENCY,
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
            "summary": {"lines": found.lines, "adjustments": found.adjustments},
            "total": found.total,
        }
    )


def _breakdown(sandbox: Sandbox, start: date, end: date) -> list[dict[str, Any]]:
    """The charges of every SIM card.

    The real list is one of phone numbers and shows no SIM cards; where those stand is not
    documented. A SIM card without a number stands there with its IMSI (our choice).
    """
    begin, until = milliseconds(start), milliseconds(end)
    db = sandbox.state.connection
    services: dict[str, list[dict[str, str]]] = {}

    def add(tn: str, name: str, price: Decimal, cost_type: str) -> None:
        services.setdefault(tn, []).append(
            {"name": name, "cost": amount(price), "cost_type": cost_type}
        )

    firsts = [
        milliseconds(start + timedelta(days=ahead))
        for ahead in range((end - start).days)
        if (start + timedelta(days=ahead)).day == 1
    ]
    # Only what the ledger has: a month that is charged.
    charged = {e.at for e in ledger.entries(sandbox, begin, until, "sim_active", "sim_inactive")}
    tn = "coalesce(s.msisdn, s.imsi)"
    for at in firsts:
        if at in charged:
            rows = db.execute(
                f"SELECT {tn}, {recurring.STANDING} FROM usage_lines s WHERE s.registered < ?"
                " AND (s.removed IS NULL OR s.removed >= ?) ORDER BY s.n",
                (at, at, at),
            )
            for number, active in rows:
                kind, price = recurring.SIM_PRICES[active]
                add(number, recurring.SIM_NAMES[kind], price, "MRC")
    kinds = ("new_sim_active", "new_sim_inactive")
    days = {e.at // DAY_MS for e in ledger.entries(sandbox, begin, until, *kinds)}
    rows = db.execute(
        f"SELECT {tn}, s.active, s.registered / {DAY_MS}, s.paid FROM usage_lines s"
        " WHERE s.registered >= ? AND s.registered < ? ORDER BY s.n",
        (begin, until),
    )
    for number, active, day, paid in rows:
        if day in days:
            kind, price = recurring.SIM_PRICES[active]
            add(number, recurring.SIM_NAMES[kind], price, "MRC")
        if paid:
            add(number, "eSIM purchase", dollars(paid), "OTC")
    for entry in ledger.entries(sandbox, begin, until, "public_ip", "new_public_ip"):
        row = db.execute(
            f"SELECT {tn} FROM usage_lines s WHERE s.id = ? ORDER BY s.n", (entry.reference,)
        ).fetchone()
        if row is not None:
            add(row[0], "Public IP", -dollars(entry.amount), "MRC")
    return [
        {
            "tn": number,
            "charge_type": "wireless",
            "service_owner_user_id": USER,
            "service_owner_email": EMAIL,
            "services": parts,
        }
        for number, parts in services.items()
    ]


async def get_breakdown(request: Request) -> Response:
    """GET /charges_breakdown, as JSON or as CSV with a row for each service."""
    sandbox: Sandbox = request.app.state.sandbox
    start, end = period(request, end_required=False)
    form = request.query_params.get("format", "json")
    if form not in ("json", "csv"):
        raise _bad("format", "10032", "Value not in the allowed set", "The format is json or csv.")
    results = _breakdown(sandbox, start, end)
    if form == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("tn", "charge_type", "service", "cost_type", "cost", "currency"))
        for result in results:
            for service in result["services"]:
                cells = (service["name"], service["cost_type"], service["cost"], CURRENCY)
                writer.writerow((result["tn"], result["charge_type"], *cells))
        return Response(text.getvalue(), media_type="text/csv")
    return data_response(
        {
            "user_id": USER,
            "user_email": EMAIL,
            "currency": CURRENCY,
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
            "results": results,
        }
    )


routes = [
    Route("/charges_summary", get_summary, methods=["GET"]),
    Route("/charges_breakdown", get_breakdown, methods=["GET"]),
]
