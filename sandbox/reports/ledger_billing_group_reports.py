"""Ledger reports by billing group: ordered for a month, ready a little later as CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies, downloads
from sandbox.account import ledger
from sandbox.account.balance import CURRENCY
from sandbox.account.owner import ORGANIZATION
from sandbox.clock import iso, moved_on
from sandbox.collection import Collection, Column
from sandbox.paging import data_response
from sandbox.problems import not_found, wrong_value
from sandbox.reports.wdrs import money
from sandbox.usage.history import DAY_MS
from sandbox.usage.lines import EPOCH

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

# Seconds at speed 1 until a report is there (our choice).
REPORT_SECONDS = 10.0
COLUMNS = [
    "billing_group_id",
    "billing_group_name",
    "date",
    "type",
    "description",
    "quantity",
    "amount",
    "currency",
]


def collection(state: State) -> Collection:
    """The stored reports."""
    return Collection(state, "ledger_reports", [Column("status", lambda report: report["status"])])


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls when a report is ready."""

    def ready(subject: str, due: float) -> None:
        report = sandbox.ledger_reports.get(subject)
        if report is not None:
            begin = date(report.hidden["year"], report.hidden["month"], 1)
            name = f"ledger-{begin:%Y-%m}.csv"
            content = written(sandbox, begin).encode()
            report.hidden["token"] = downloads.publish(sandbox, name, "text/csv", content)
            report.listed["status"] = "complete"
            report.listed["updated_at"] = moved_on(report.listed["updated_at"], due)
            sandbox.ledger_reports.save(report)

    sandbox.schedule.on("ledger_report", ready)


def written(sandbox: Sandbox, begin: date) -> str:
    """The movements of a month; what belongs to SIM cards is in no billing group."""
    end = (begin + timedelta(days=32)).replace(day=1)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    low, high = ((day - EPOCH).days * DAY_MS for day in (begin, end))
    for entry in ledger.entries(sandbox, low, high):
        day = datetime.fromtimestamp(entry.at / 1000, UTC).date().isoformat()
        what = (entry.kind, entry.description, entry.quantity)
        writer.writerow(("", "", day, *what, money(entry.amount), CURRENCY))
    return text.getvalue()


def _shown(request: Request, listed: dict[str, Any], token: str | None) -> dict[str, Any]:
    return {**listed, "report_url": token and downloads.url(request, token)}


async def create_report(request: Request) -> Response:
    """POST /ledger_billing_group_reports; 200 (specification).

    That both fields are needed and the month has begun is our choice.
    """
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    year, month = bodies.whole(body, "year"), bodies.whole(body, "month")
    now = sandbox.clock.now()
    today = datetime.fromtimestamp(now, UTC).date()
    if not 1 <= month <= 12:
        raise wrong_value("/month", "The month is between 1 and 12.", "10033")
    if not 2000 <= year <= today.year:
        raise wrong_value("/year", f"The year is between 2000 and {today.year}.", "10033")
    if date(year, month, 1) > today:
        raise wrong_value("/month", "This month has not begun yet.", "10033")
    report = {
        "id": sandbox.new_id(),
        "record_type": "ledger_billing_group_report",
        "organization_id": ORGANIZATION,
        "status": "pending",
        "report_url": None,
        "created_at": iso(now),
        "updated_at": iso(now),
    }
    sandbox.ledger_reports.insert(report, hidden={"year": year, "month": month})
    due = sandbox.clock.after(REPORT_SECONDS, now)
    sandbox.schedule.add(due, "ledger_report", str(report["id"]))
    return data_response(report)


async def get_report(request: Request) -> Response:
    """GET /ledger_billing_group_reports/{id}."""
    sandbox: Sandbox = request.app.state.sandbox
    report = sandbox.ledger_reports.get(request.path_params["id"])
    if report is None:
        raise not_found()
    return data_response(_shown(request, report.listed, report.hidden.get("token")))


PATH = "/ledger_billing_group_reports"
routes = [
    Route(PATH, create_report, methods=["POST"]),
    Route(f"{PATH}/{{id}}", get_report, methods=["GET"]),
]
