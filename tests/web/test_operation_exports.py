"""Targets as CSV and XLSX: every digit, no formula, in chunks."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import AuditEntry, Person, TelnyxAccount
from fleet.models import Group, Operation, OperationTarget, SimCard
from fleet.operations.catalog import KINDS
from fleet.operations.identifiers.given import read_file
from fleet.operations.plan import plan
from fleet.web.operations import export
from tests.web.operations import ended, planned

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(synced_account: TelnyxAccount, operator: Person) -> Operation:
    """Three SIM cards, of which one failed with what looks like a formula."""
    operation = planned(synced_account, operator)
    return ended(operation, "failed", "completed", "completed", reason='=HYPERLINK("http://x")')


def _csv(client: Client, operation: Operation, **query: str) -> list[dict[str, str]]:
    address = reverse("targets_csv", args=[operation.account.slug, operation.pk])
    response: Any = client.get(address, query)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert f"operation-{operation.pk}-enable.csv" in response["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))


def _xlsx(client: Client, operation: Operation, **query: str) -> list[tuple[Any, ...]]:
    address = reverse("targets_xlsx", args=[operation.account.slug, operation.pk])
    response: Any = client.get(address, query)
    book = load_workbook(io.BytesIO(response.getvalue()))
    return list(book["Targets"].iter_rows(values_only=True))


def test_csv_keeps_the_digits_and_runs_nothing(as_operator: Client, run: Operation) -> None:
    rows = _csv(as_operator, run)
    iccids = list(run.targets.order_by("pk").values_list("sim_card__iccid", flat=True))
    assert [row["ICCID"] for row in rows] == [f"'{iccid}" for iccid in iccids]
    assert [row["State"] for row in rows] == ["Failed", "Completed", "Completed"]
    assert rows[0]["Reason"] == '\'=HYPERLINK("http://x")'
    assert rows[0]["Was"] == "Disabled"
    assert AuditEntry.objects.get(action="operation.exported").detail["form"] == "csv"


@pytest.mark.parametrize("value", ["=1+1", "+15550100", "-1", "@sum", "\tx", "8931048000000000001"])
def test_a_spreadsheet_reads_it_as_text(value: str) -> None:
    assert export.as_text(value) == f"'{value}"
    assert export.as_text("plain 12") == "plain 12"
    assert export.as_text(3) == "3"


def test_what_was_exported_can_be_uploaded_again(as_operator: Client, run: Operation) -> None:
    address = reverse("targets_csv", args=[run.account.slug, run.pk])
    response: Any = as_operator.get(address)
    given = read_file("targets.csv", response.getvalue())
    found = {identifier for row in given for identifier in row.identifiers}
    assert set(run.targets.values_list("sim_card__iccid", flat=True)) <= found


def test_xlsx_cells_are_texts(as_operator: Client, run: Operation) -> None:
    heading, *rows = _xlsx(as_operator, run)
    assert heading[:2] == ("ICCID", "MSISDN")
    iccids = list(run.targets.order_by("pk").values_list("sim_card__iccid", flat=True))
    assert [row[0] for row in rows] == iccids
    assert rows[0][4] == '\'=HYPERLINK("http://x")'


def test_only_what_the_page_shows(as_operator: Client, run: Operation) -> None:
    assert [row["State"] for row in _csv(as_operator, run, state="failed")] == ["Failed"]
    assert len(_xlsx(as_operator, run, state="completed")) == 3


def test_a_control_character_breaks_no_workbook(as_operator: Client, run: Operation) -> None:
    run.targets.filter(state="failed").update(reason="bell \x07 rings")
    assert _xlsx(as_operator, run)[1][4] == "bell  rings"


def test_more_than_a_sheet_holds_is_said(
    as_operator: Client, run: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_ROWS_OF_A_SHEET", 2)
    address = reverse("targets_xlsx", args=[run.account.slug, run.pk])
    response = as_operator.get(address, follow=True)
    assert "these are 3: export them as CSV" in response.content.decode()


def test_groups_are_exported_by_name(
    as_operator: Client, synced_account: TelnyxAccount, operator: Person
) -> None:
    rows = Group.objects.filter(account=synced_account)
    operation = plan(synced_account, KINDS["clear_group_limit"], rows, operator, {})
    address = reverse("targets_csv", args=[synced_account.slug, operation.pk])
    response: Any = as_operator.get(address)
    lines = list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
    assert {line["Group"] for line in lines} == set(rows.values_list("name", flat=True))


def test_it_is_read_in_chunks(
    as_operator: Client, run: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = SimCard.objects.exclude(targets__operation=run).order_by("pk")[:200]
    OperationTarget.objects.bulk_create(
        OperationTarget(operation=run, sim_card=card, state="skipped") for card in cards
    )
    monkeypatch.setattr(export, "CHUNK", 50)
    with CaptureQueriesContext(connection) as queries:
        rows = _csv(as_operator, run)
    assert len(rows) == 203
    reads = [q["sql"] for q in queries if 'FROM "fleet_operationtarget"' in q["sql"]]
    assert len(reads) == 5
    assert all("LIMIT 50" in sql for sql in reads)
