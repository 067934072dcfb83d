"""Reports of wireless detail records: ordered, then ready a little later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import DAY, iso, moved_on, seconds_of
from sandbox.collection import EVERYTHING, Collection, Column, Record
from sandbox.paging import data_response, page_of
from sandbox.problems import JSON_TYPE, not_found, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

# Seconds at speed 1 until a report is there (our choice).
REPORT_SECONDS = 20.0


def collection(state: State) -> Collection:
    """The stored reports."""
    return Collection(state, "wdr_reports", [Column("status", lambda report: report["status"])])


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls when a report is ready."""

    def ready(subject: str, due: float) -> None:
        report = sandbox.wdr_reports.get(subject)
        if report is not None:
            report.listed["status"] = "complete"
            report.listed["report_url"] = f"https://reports.sandbox.example/{subject}"
            report.listed["updated_at"] = moved_on(report.listed["updated_at"], due)
            sandbox.wdr_reports.save(report)

    sandbox.schedule.on("wdr_report", ready)


def _known(request: Request) -> tuple[Sandbox, Record]:
    sandbox: Sandbox = request.app.state.sandbox
    report = sandbox.wdr_reports.get(request.path_params["id"])
    if report is None:
        raise not_found()
    return sandbox, report


def _moment(body: dict[str, Any], name: str, default: float) -> str:
    if body.get(name) is None:
        return iso(default)
    text = bodies.text(body[name], f"/{name}")
    try:
        return iso(seconds_of(text))
    except ValueError:
        raise wrong_value(f"/{name}", f"{text!r} is not a time in ISO 8601.") from None


async def list_reports(request: Request) -> Response:
    """GET /wireless/detail_records_reports, newest first; there is no meta (specification)."""
    sandbox: Sandbox = request.app.state.sandbox
    page = page_of(request)
    items, _ = sandbox.wdr_reports.page(EVERYTHING, page.offset, page.size)
    return Response(b'{"data":[' + b",".join(items) + b"]}", media_type=JSON_TYPE)


async def create_report(request: Request) -> Response:
    """POST /wireless/detail_records_reports; 201, without times the last day (our choice)."""
    sandbox: Sandbox = request.app.state.sandbox
    body = bodies.json_object(request)
    now = sandbox.clock.now()
    begin, end = _moment(body, "start_time", now - DAY), _moment(body, "end_time", now)
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
    return data_response(_known(request)[1].listed)


async def delete_report(request: Request) -> Response:
    """DELETE /wireless/detail_records_reports/{id}: answers it as deleted, then it is gone."""
    sandbox, report = _known(request)
    sandbox.wdr_reports.remove(report)
    return data_response({**report.listed, "status": "deleted"})


PATH = "/wireless/detail_records_reports"
routes = [
    Route(PATH, list_reports, methods=["GET"]),
    Route(PATH, create_report, methods=["POST"]),
    Route(f"{PATH}/{{id}}", get_report, methods=["GET"]),
    Route(f"{PATH}/{{id}}", delete_report, methods=["DELETE"]),
]
