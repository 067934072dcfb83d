"""Invoices: one for every calendar month of the history that is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import downloads
from sandbox.account import balance, charges, pdf
from sandbox.clock import DAY
from sandbox.paging import data_response, list_response, page_of
from sandbox.problems import bad_parameter, not_found
from sandbox.usage.lines import EPOCH, history

if TYPE_CHECKING:
    from sandbox.context import Sandbox

ORDERS = ("period_start", "-period_start")
ACTIONS = ("json", "link")


def _months(sandbox: Sandbox) -> list[tuple[date, date]]:
    """First and last day of the months that are over and charged, oldest first."""
    begin = EPOCH + timedelta(days=history(sandbox).first)
    last = int(sandbox.state.fact("charged_until") or sandbox.clock.now() // DAY)
    closed = min(EPOCH + timedelta(days=last), datetime.now(UTC).date())
    found = []
    while True:
        following = (begin + timedelta(days=32)).replace(day=1)
        if following > closed:
            return found
        found.append((begin, following - timedelta(days=1)))
        begin = following


def _document(
    sandbox: Sandbox, request: Request, begin: date, end: date, newest: bool
) -> dict[str, Any]:
    """The newest one is open while the balance is below zero (our choice: prepaid otherwise)."""
    name = f"invoice {sandbox.state.fact('seed')} {begin}"
    identifier = str(uuid5(NAMESPACE_URL, name))
    return {
        "invoice_id": identifier,
        "file_id": str(uuid5(NAMESPACE_URL, f"file of {name}")),
        "paid": not newest or balance.balance(sandbox) >= 0,
        "period_start": begin.isoformat(),
        "period_end": end.isoformat(),
        "url": f"{downloads.origin(request)}/v2/invoices/{identifier}",
    }


def _all(sandbox: Sandbox, request: Request) -> list[dict[str, Any]]:
    months = _months(sandbox)
    return [
        _document(sandbox, request, begin, end, (begin, end) == months[-1]) for begin, end in months
    ]


def _choice(request: Request, name: str, allowed: tuple[str, ...], default: str) -> str:
    value = request.query_params.get(name, default)
    if value not in allowed:
        detail = f"{value!r} is not one of {', '.join(allowed)}."
        raise bad_parameter(name, "10032", "Value not in the allowed set", detail)
    return value


async def list_invoices(request: Request) -> Response:
    """GET /invoices, newest first."""
    sandbox: Sandbox = request.app.state.sandbox
    page, order = page_of(request), _choice(request, "sort", ORDERS, "-period_start")
    found = _all(sandbox, request)
    if order.startswith("-"):
        found.reverse()
    shown = found[page.offset : page.offset + page.size]
    return list_response([orjson.dumps(invoice) for invoice in shown], len(found), page)


async def get_invoice(request: Request) -> Response:
    """GET /invoices/{id}; with ``action=link`` also where its file is (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    action = _choice(request, "action", ACTIONS, "json")
    identifier = request.path_params["id"]
    invoice = next((i for i in _all(sandbox, request) if i["invoice_id"] == identifier), None)
    if invoice is None:
        raise not_found()
    if action == "link":
        invoice["download_url"] = downloads.url(request, _file(sandbox, invoice))
    return data_response(invoice)


def _file(sandbox: Sandbox, invoice: dict[str, Any]) -> str:
    """The token of the file, which is made when it is first asked for."""
    fact = f"file {invoice['file_id']}"
    token = sandbox.state.fact(fact)
    if token is None:
        name = f"invoice-{invoice['period_start'][:7]}.pdf"
        content = pdf.document(written(sandbox, invoice))
        token = downloads.publish(sandbox, name, "application/pdf", content)
        sandbox.state.set_fact(fact, token)
    return token


def written(sandbox: Sandbox, invoice: dict[str, Any]) -> list[str]:
    """The lines of an invoice: the same figures as those of the charges of its month."""
    begin = date.fromisoformat(invoice["period_start"])
    end = date.fromisoformat(invoice["period_end"]) + timedelta(days=1)
    found = charges.statement(sandbox, begin, end)
    lines = [
        "INVOICE",
        "",
        f"Number  {invoice['invoice_id']}",
        f"Period  {invoice['period_start']} to {invoice['period_end']}",
        "",
        _row("", "Quantity", f"Amount ({balance.CURRENCY})"),
    ]
    for line in found.lines:
        if line["type"] == "simple":
            lines.append(_row(line["name"], line["quantity"], line["amount"]))
            continue
        for title, key in (("existing", "existing_this_month"), ("new", "new_this_month")):
            part = line[key]
            lines.append(_row(f"{line['name']} ({title})", part["quantity"], part["mrc"]))
            if part["otc"] not in (None, "0.00"):
                lines.append(_row(f"{line['name']} (one-time)", "", part["otc"]))
    if found.total["credits"] != "0.00":
        lines.append(_row("Credits", "", found.total["credits"]))
    return [*lines, "", _row("Total", "", found.total["grand_total"])]


def _row(name: str, quantity: object, value: str) -> str:
    return f"{name:<46}{quantity:>12}{value:>18}"


routes = [
    Route("/invoices", list_invoices, methods=["GET"]),
    Route("/invoices/{id}", get_invoice, methods=["GET"]),
]
