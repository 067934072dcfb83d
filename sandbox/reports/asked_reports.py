"""Reports that are asked for, become complete a little later, and can be downloaded as CSV.

What the kinds have in common: create, list, retrieve, delete. What sets them apart is in the table
of :mod:`sandbox.reports.report_kinds`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies, downloads
from sandbox.clock import iso, moved_on
from sandbox.collection import EVERYTHING, Collection, Column, Record
from sandbox.paging import Page, data_response, legacy_page_of, list_response, page_of
from sandbox.problems import not_found

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

Values = dict[str, Any]
# Seconds at speed 1 until a report is there (our choice).
REPORT_SECONDS = 15.0


@dataclass(frozen=True)
class ReportKind:
    """One kind of report.

    ``read`` checks the body and answers the fields of the report besides those that all have;
    ``result`` answers what else shows once it is complete, and the content of the file.
    ``statuses`` are those of a report that is pending and of one that is complete. ``about`` says
    what it reports, for the documentation. ``pages`` are those of the list by the specification:
    "legacy" (page and per_page), "usual", or "none", where the list comes whole.
    """

    name: str
    path: str
    record_type: str
    about: str
    statuses: tuple[str | int, str | int]
    read: Callable[[Sandbox, Values], Values]
    result: Callable[[Sandbox, Values], tuple[Values, bytes]]
    pages: str = "none"
    empty_deletion: bool = False


def collection(state: State, kind: ReportKind) -> Collection:
    """The stored reports of a kind."""
    status = Column("status", lambda report: report["status"], indexed=False)
    return Collection(state, kind.name, [status])


def register(sandbox: Sandbox, kinds: tuple[ReportKind, ...]) -> None:
    """Say what the schedule calls when a report is ready."""
    for kind in kinds:
        sandbox.schedule.on(kind.name, _completion(sandbox, kind))


def _completion(sandbox: Sandbox, kind: ReportKind) -> Callable[[str, float], None]:
    def complete(subject: str, due: float) -> None:
        stored = sandbox.asked_reports[kind.name]
        report = stored.get(subject)
        if report is None:
            return
        result, content = kind.result(sandbox, report.listed)
        name = f"{kind.record_type}-{subject[:8]}.csv"
        token = downloads.publish(sandbox, name, "text/csv", content)
        at = moved_on(report.listed["updated_at"], due)
        report.listed.update(result, status=kind.statuses[1], updated_at=at)
        report.listed["report_url"] = f"{downloads.PREFIX}/{token}"
        stored.save(report)

    return complete


def new_report(sandbox: Sandbox, kind: ReportKind, fields: Values) -> Values:
    """A report that is pending."""
    at = iso(sandbox.clock.now())
    return {
        "id": sandbox.new_id(),
        "record_type": kind.record_type,
        "status": kind.statuses[0],
        "report_url": "",
        "created_at": at,
        "updated_at": at,
        **fields,
    }


def shown(request: Request, report: Values) -> Values:
    """A report with the address of its file, which is stored as a path."""
    path = report["report_url"]
    return {**report, "report_url": downloads.origin(request) + path} if path else report


class ReportId(StringConvertor):
    """The id of a report in a path; these words are other operations, with GET alone."""

    regex = "(?!(?:sync|fields)$)[^/]+"


register_url_convertor("report", ReportId())


def routes_of(kind: ReportKind) -> list[Route]:
    """The four operations of a kind."""

    def stored(request: Request) -> tuple[Sandbox, Collection]:
        sandbox: Sandbox = request.app.state.sandbox
        return sandbox, sandbox.asked_reports[kind.name]

    def known(request: Request) -> tuple[Sandbox, Collection, Record]:
        sandbox, reports = stored(request)
        report = reports.get(request.path_params["id"])
        if report is None:
            raise not_found()
        return sandbox, reports, report

    async def list_reports(request: Request) -> Response:
        _, reports = stored(request)
        page = page_of(request) if kind.pages == "usual" else legacy_page_of(request)
        if kind.pages == "none":
            page = Page(1, max(1, len(reports)))
        items, total = reports.page(EVERYTHING, page.offset, page.size)
        ready = [orjson.dumps(shown(request, orjson.loads(item))) for item in items]
        return list_response(ready, total, page)

    async def create_report(request: Request) -> Response:
        sandbox, reports = stored(request)
        report = new_report(sandbox, kind, kind.read(sandbox, bodies.json_object(request)))
        reports.insert(report)
        sandbox.schedule.add(sandbox.clock.after(REPORT_SECONDS), kind.name, str(report["id"]))
        return data_response(report)

    async def get_report(request: Request) -> Response:
        return data_response(shown(request, known(request)[2].listed))

    async def delete_report(request: Request) -> Response:
        sandbox, reports, report = known(request)
        reports.remove(report)
        downloads.withdraw(sandbox, report.listed["report_url"].rpartition("/")[2])
        if kind.empty_deletion:
            return Response(b"")
        return data_response({**report.listed, "report_url": ""})

    list_reports.__doc__ = f"Reports of {kind.about}, newest first."
    create_report.__doc__ = f"Ask for a report of {kind.about}; it is complete a little later."
    get_report.__doc__ = f"A report of {kind.about}, with the address of its file."
    delete_report.__doc__ = f"Delete a report of {kind.about}, and its file."
    return [
        Route(kind.path, list_reports, methods=["GET"]),
        Route(kind.path, create_report, methods=["POST"]),
        Route(f"{kind.path}/{{id:report}}", get_report, methods=["GET"]),
        Route(f"{kind.path}/{{id:report}}", delete_report, methods=["DELETE"]),
    ]
