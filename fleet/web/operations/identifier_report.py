"""What became of each identifier of an operation's selection: a page, and a CSV file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from accounts.models import Role
from accounts.web.access import AccountRequest, account_view
from fleet.models import IdentifierReport, Operation, SimCard
from fleet.operations.identifiers.match import Outcome
from fleet.web.operations.export import as_text
from fleet.web.operations.one_operation import heading_of, operation_of, record
from fleet.web.partials import render_page
from fleet.web.shell import in_section

PAGE_SIZE = 50
CHUNK = 2_000


@dataclass(frozen=True)
class ReportPage:
    """Some rows, and where its neighbours begin (None where there is none)."""

    rows: list[dict[str, Any]]
    before: str | None
    after: str | None


@in_section("operations")
@require_GET
@account_view(Role.MANAGER)
def identifier_report(request: AccountRequest, pk: int) -> HttpResponse:
    """The rows with their outcomes."""
    operation = operation_of(request, pk)
    rows = _rows_of(operation)
    outcome = _outcome(request)
    page = _page_of(_having(rows, outcome), request.GET.get("after") or request.GET.get("before"))
    _add_links(operation, page.rows)
    context = {
        "operation": operation,
        "title": heading_of(operation),
        "counts": dict(Counter(row["outcome"] for row in rows).most_common()),
        "total": len(rows),
        "outcome": outcome,
        "page": page,
    }
    return render_page(request, "operations/identifiers_report.html", context, "list")


@require_GET
@account_view(Role.MANAGER)
def identifier_report_csv(request: AccountRequest, pk: int) -> StreamingHttpResponse:
    """The rows that the page shows, or all of them, one a line."""
    operation = operation_of(request, pk)
    outcome = _outcome(request)
    rows = _having(_rows_of(operation), outcome)
    record(request, "exported", operation, form="csv", part="identifiers", outcome=outcome)
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    name = f"operation-{operation.pk}-identifiers.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _rows_of(operation: Operation) -> list[dict[str, Any]]:
    report = IdentifierReport.objects.filter(operation=operation).first()
    if report is None:
        raise Http404("This operation was not planned from identifiers")
    rows: list[dict[str, Any]] = report.rows
    return rows


def _outcome(request: AccountRequest) -> str:
    given = request.GET.get("outcome", "")
    return given if given in set(Outcome) else ""


def _having(rows: list[dict[str, Any]], outcome: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["outcome"] == outcome] if outcome else rows


def _page_of(rows: list[dict[str, Any]], start: str | None) -> ReportPage:
    """The page that begins with row number `start` of these; the first one where it is damaged."""
    number = int(start) if start and start.isdecimal() and len(start) < 10 else 0
    first = min(number, max(0, len(rows) - 1)) // PAGE_SIZE * PAGE_SIZE
    end = first + PAGE_SIZE
    return ReportPage(
        rows[first:end],
        str(first - PAGE_SIZE) if first else None,
        str(end) if end < len(rows) else None,
    )


def _add_links(operation: Operation, rows: list[dict[str, Any]]) -> None:
    """Give each row that means one SIM card its `card`; one query."""
    iccids = [row["detail"] for row in rows if row["outcome"] == Outcome.MATCHED]
    cards = SimCard.objects.filter(account=operation.account, iccid__in=iccids)
    by_iccid = {card.iccid: card for card in cards.only("account", "remote_id", "iccid")}
    for card in by_iccid.values():
        card.account = operation.account
    for row in rows:
        if row["outcome"] == Outcome.MATCHED:
            row["card"] = by_iccid.get(row["detail"])


def _lines(rows: list[dict[str, Any]]) -> Iterator[bytes]:
    # The mark tells spreadsheets that it is UTF-8.
    yield b"\xef\xbb\xbfRow,Given,Outcome,Detail\r\n"
    for start in range(0, len(rows), CHUNK):
        lines = io.StringIO(newline="")
        csv.writer(lines).writerows(
            [row["row"], as_text(row["given"]), row["outcome"], as_text(row["detail"])]
            for row in rows[start : start + CHUNK]
        )
        yield lines.getvalue().encode()
