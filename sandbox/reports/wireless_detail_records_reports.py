"""Reports of wireless detail records: ordered, then ready a little later."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies, downloads, moments
from sandbox.account.balance import CURRENCY
from sandbox.clock import DAY, iso, moved_on, seconds_of
from sandbox.collection import EVERYTHING, Collection, Column, Record
from sandbox.paging import data_response, page_of
from sandbox.problems import JSON_TYPE, not_found, wrong_value
from sandbox.reports import wdrs
from sandbox.usage import records

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

# Seconds at speed 1 until a report is there (our choice).
REPORT_SECONDS = 20.0
# A report on more records fails (our choice).
MOST_RECORDS = 250_000
COLUMNS = [
    "id",
    "sim_card_id",
    "imsi",
    "phone_number",
    "sim_group_id",
    "sim_group_name",
    "created_at",
    "duration_seconds",
    "mcc",
    "mnc",
    "uplink_data",
    "downlink_data",
    "data_unit",
    "rate",
    "cost",
    "currency",
]


def collection(state: State) -> Collection:
    """The stored reports."""
    return Collection(state, "wdr_reports", [Column("status", lambda report: report["status"])])


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls when a report is ready."""

    def ready(subject: str, due: float) -> None:
        report = sandbox.wdr_reports.get(subject)
        if report is not None:
            content = _file(sandbox, report.listed)
            report.listed["status"] = "failed" if content is None else "complete"
            if content is not None:
                name = f"wdrs-{subject[:8]}.csv"
                token = downloads.publish(sandbox, name, "text/csv", content)
                report.listed["report_url"] = f"{downloads.PREFIX}/{token}"
            report.listed["updated_at"] = moved_on(report.listed["updated_at"], due)
            sandbox.wdr_reports.save(report)

    sandbox.schedule.on("wdr_report", ready)


def _file(sandbox: Sandbox, report: dict[str, Any]) -> bytes | None:
    """The records of the report's time as CSV, newest first; None where there are too many.

    The real columns are not known (behaviour); these are those of the records.
    """
    begin, end = (int(seconds_of(report[name]) * 1000) for name in ("start_time", "end_time"))
    wanted = records.Wanted(max(0, begin), max(0, end))
    if records.count(sandbox, wanted) > MOST_RECORDS:
        return None
    found, _ = records.page(sandbox, wanted, 0, MOST_RECORDS)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for usage in found:
        row = wdrs.document(sandbox, usage)
        for name in ("uplink_data", "downlink_data", "rate", "cost"):
            row[name] = row[name]["amount"]
        row["currency"], row["data_unit"] = CURRENCY, "MB"
        writer.writerow(row[name] for name in COLUMNS)
    return text.getvalue().encode()


def _shown(request: Request, listed: dict[str, Any]) -> dict[str, Any]:
    """A report with the address of its file, which is stored as a path."""
    path = listed["report_url"]
    if path is None or not path.startswith(downloads.PREFIX):
        return listed
    return {**listed, "report_url": downloads.origin(request) + path}


def _known(request: Request) -> tuple[Sandbox, Record]:
    sandbox: Sandbox = request.app.state.sandbox
    report = sandbox.wdr_reports.get(request.path_params["id"])
    if report is None:
        raise not_found()
    return sandbox, report


def _moment(body: dict[str, Any], name: str, default: float) -> str:
    if body.get(name) is None:
        return iso(default)
    return iso(moments.field(body[name], f"/{name}"))


async def list_reports(request: Request) -> Response:
    """GET /wireless/detail_records_reports, newest first; there is no meta (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    page = page_of(request)
    items, _ = sandbox.wdr_reports.page(EVERYTHING, page.offset, page.size)
    shown = [_shown(request, orjson.loads(item)) for item in items]
    return Response(orjson.dumps({"data": shown}), media_type=JSON_TYPE)


async def create_report(request: Request) -> Response:
    """POST /wireless/detail_records_reports; 201. Without times the last day (our choice)."""
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    now = sandbox.clock.now()
    end = _moment(body, "end_time", now)
    begin = _moment(body, "start_time", max(seconds_of(end) - DAY, moments.FIRST))
    if begin >= end:
        raise wrong_value("/end_time", "The end has to be after the start.", "10033")
    report = {
        "id": sandbox.new_id(),
        "record_type": "detail_records_report",
        "start_time": begin,
        "end_time": end,
        "status": "pending",
        "report_url": None,
        "created_at": iso(now),
        "updated_at": iso(now),
    }
    sandbox.wdr_reports.insert(report)
    sandbox.schedule.add(sandbox.clock.after(REPORT_SECONDS, now), "wdr_report", str(report["id"]))
    return data_response(report, 201)


async def get_report(request: Request) -> Response:
    """GET /wireless/detail_records_reports/{id}."""
    return data_response(_shown(request, _known(request)[1].listed))


async def delete_report(request: Request) -> Response:
    """DELETE /wireless/detail_records_reports/{id}: answers it as deleted, then it is gone."""
    sandbox, report = _known(request)
    sandbox.wdr_reports.remove(report)
    downloads.withdraw(sandbox, (report.listed["report_url"] or "").rpartition("/")[2])
    return data_response({**_shown(request, report.listed), "status": "deleted"})


PATH = "/wireless/detail_records_reports"
routes = [
    Route(PATH, list_reports, methods=["GET"]),
    Route(PATH, create_report, methods=["POST"]),
    Route(f"{PATH}/{{id}}", get_report, methods=["GET"]),
    Route(f"{PATH}/{{id}}", delete_report, methods=["DELETE"]),
]
