"""The targets of an operation as CSV and XLSX, read in chunks, whatever their number."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import Any

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from accounts.models import Role
from accounts.web.access import AccountRequest, account_view
from fleet.models import Operation, TargetState
from fleet.operations.kinds.kind import Subject
from fleet.operations.kinds.shown import shown
from fleet.operations.plan import kind_of
from fleet.web.operations.figures import chosen_targets
from fleet.web.operations.one_operation import answer, operation_of, record

CHUNK = 2_000
# A sheet has 1,048,576 rows, and one of them is the heading.
MOST_ROWS_OF_A_SHEET = 1_048_575
_OF_SIM_CARDS = {"ICCID": "sim_card__iccid", "MSISDN": "sim_card__msisdn"}
_OF_GROUPS = {"Group": "group__name", "Group id": "group__remote_id"}
_COMMON = ("Bystander", "State", "Reason", "Was", "Is", "Requests", "Sent (UTC)", "Ended (UTC)")
_COLUMNS = (
    "bystander",
    "state",
    "reason",
    "prior",
    "after",
    "attempts",
    "submitted_at",
    "finished_at",
)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@require_GET
@account_view(Role.MANAGER)
def targets_csv(request: AccountRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    """The targets that the page shows, one a line."""
    found = operation_of(request, pk)
    _record(request, found, "csv")
    response = StreamingHttpResponse(
        _lines(found, request.GET.get("state", "")), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{_file_name(found)}.csv"'
    return response


@require_GET
@account_view(Role.MANAGER)
def targets_xlsx(request: AccountRequest, pk: int) -> HttpResponse | FileResponse:
    """The same as a workbook; its cells are texts, so that no digit is lost."""
    found = operation_of(request, pk)
    state = request.GET.get("state", "")
    number = chosen_targets(found, state).count()
    if number > MOST_ROWS_OF_A_SHEET:
        text = (
            f"A sheet holds {MOST_ROWS_OF_A_SHEET:,} rows, and these are {number:,}: "
            "export them as CSV."
        )
        return answer(request, found, text, "warning")
    _record(request, found, "xlsx")
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Targets")
    sheet.append(_heading(found))
    for row in _rows(found, state):
        sheet.append([_clean(value) for value in row])
    file = TemporaryFile(prefix="targets-")  # noqa: SIM115 - FileResponse closes it
    book.save(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{_file_name(found)}.xlsx")


def _record(request: AccountRequest, operation: Operation, form: str) -> None:
    state = request.GET.get("state", "")
    record(request, "exported", operation, form=form, state=state)


def _file_name(operation: Operation) -> str:
    return f"operation-{operation.pk}-{operation.kind}"


def _subject_columns(operation: Operation) -> dict[str, str]:
    of_cards = kind_of(operation).subject == Subject.SIM_CARDS
    return _OF_SIM_CARDS if of_cards else _OF_GROUPS


def _heading(operation: Operation) -> list[str]:
    return [*_subject_columns(operation), *_COMMON]


class _Line:
    """What csv.writer writes to: gives back each line."""

    def write(self, line: str) -> str:
        return line


def _lines(operation: Operation, state: str) -> Iterator[bytes]:
    writer: Any = csv.writer(_Line())
    # The mark tells spreadsheets that it is UTF-8.
    yield ("\ufeff" + writer.writerow(_heading(operation))).encode()
    lines: list[str] = []
    for row in _rows(operation, state):
        lines.append(writer.writerow([as_text(value) for value in row]))
        if len(lines) == CHUNK:
            yield "".join(lines).encode()
            lines = []
    if lines:
        yield "".join(lines).encode()


def _rows(operation: Operation, state: str) -> Iterator[list[str | int]]:
    columns = _subject_columns(operation)
    last = 0
    while True:
        chunk = list(
            chosen_targets(operation, state)
            .filter(pk__gt=last)
            .order_by("pk")
            .values_list("pk", *columns.values(), *_COLUMNS)[:CHUNK]
        )
        for pk, first, second, *values in chunk:
            last = pk
            yield [str(first or ""), str(second or ""), *_common(*values)]
        if len(chunk) < CHUNK:
            return


def _common(
    bystander: bool,
    state: str,
    reason: str,
    prior: Any,
    after: Any,
    attempts: int,
    sent: datetime | None,
    ended: datetime | None,
) -> list[str | int]:
    return [
        "yes" if bystander else "",
        TargetState(state).label,
        reason,
        shown(prior),
        shown(after),
        attempts,
        _moment(sent),
        _moment(ended),
    ]


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def as_text(value: str | int) -> str:
    """A value for CSV that no spreadsheet takes for a formula or a number.

    It would calculate the one, and round the other to 15 digits. The apostrophe before it is how
    a person types a text there; Simfleet takes it off where such a file is uploaded.
    """
    text = str(value)
    if text.startswith(_FORMULAS) or (text.isdecimal() and len(text) > 11):
        return f"'{text}"
    return text


def _clean(value: str | int) -> str | int:
    if isinstance(value, int):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    # openpyxl makes a formula of a text that begins like one.
    return f"'{text}" if text.startswith("=") else text
