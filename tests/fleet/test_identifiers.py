"""Pasted and uploaded identifiers: every row gets an answer, and nothing is guessed."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Person, TelnyxAccount
from fleet.models import SimCard
from fleet.operations.catalog import KINDS
from fleet.operations.identifiers.given import BadFile, read_file, read_text
from fleet.operations.identifiers.match import Outcome, match, plan_identifiers
from fleet.operations.plan import NothingSelected
from tests.fleet.records import sim_card, store, stored_cards

pytestmark = pytest.mark.django_db
EID = "89049032123451234512345678901235"


def _xlsx(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _outcomes(account: TelnyxAccount, items: Any) -> list[tuple[int, str]]:
    return [(row.row, row.outcome.value) for row in match(account, items).rows]


def test_all_kinds_of_identifier_are_found_with_separators(account: TelnyxAccount) -> None:
    store(account, sim_card(type="esim", eid=EID))
    cards = [*stored_cards(account, 3), SimCard.objects.get(eid=EID)]
    iccid = cards[0].iccid
    spaced = " ".join(iccid[i : i + 4] for i in range(0, len(iccid), 4))
    text = f"{spaced}\n{cards[1].imsi}; {cards[2].msisdn}\t{EID[:8]}-{EID[8:]}"
    matches = match(account, read_text(text))
    assert [row.outcome for row in matches.rows] == [Outcome.MATCHED] * 4
    assert set(matches.sim_card_ids) == {card.pk for card in cards}
    without_plus = match(account, read_text(cards[2].msisdn.lstrip("+") + " " + iccid + "F"))
    assert len(without_plus.sim_card_ids) == 2


def test_what_does_not_match_is_told_row_by_row(account: TelnyxAccount) -> None:
    first, second = stored_cards(account, 2)
    store(account, sim_card(msisdn=first.msisdn))
    text = (
        f"{first.iccid}\n{first.imsi}\n8931999999999999991\n8.93E+19\n"
        f"8931048000000000000\nhello\n{first.msisdn}\n{second.iccid}"
    )
    matches = match(account, read_text(text))
    assert [row.outcome.value for row in matches.rows] == [
        "matched",
        "duplicate",
        "unmatched",
        "damaged",
        "damaged",
        "no identifier",
        "ambiguous",
        "matched",
    ]
    assert matches.rows[1].detail == "the same SIM card as in row 1"
    assert "8.93E+19" in matches.rows[3].detail
    assert "last digits are lost" in matches.rows[4].detail
    assert first.iccid in matches.rows[6].detail
    assert matches.sim_card_ids == [first.pk, second.pk]
    assert matches.counts == {
        "matched": 2,
        "damaged": 2,
        "duplicate": 1,
        "unmatched": 1,
        "no identifier": 1,
        "ambiguous": 1,
    }


def test_a_row_with_several_identifiers_is_one_sim_card(account: TelnyxAccount) -> None:
    first, second = stored_cards(account, 2)
    shared = sim_card(msisdn=first.msisdn)
    store(account, shared)
    table = (
        "ICCID,IMSI,MSISDN,Site\n"
        f"{first.iccid},{first.imsi},{first.msisdn},Depot 12345678901\n"
        f"{second.iccid},{first.imsi},,\n"
        ",,,\n"
        f"{second.iccid},,,\n"
    )
    items = read_file("cards.csv", table.encode())
    rows = [(2, "matched"), (3, "ambiguous"), (5, "matched")]
    assert _outcomes(account, items) == rows
    # The same copied from a spreadsheet and pasted.
    assert _outcomes(account, read_text(table.replace(",", "\t"))) == rows


def test_a_pasted_block_of_identifiers_is_a_list_of_them(account: TelnyxAccount) -> None:
    one, two, three, four = (card.iccid for card in stored_cards(account, 4))
    items = read_text(f"{one}\t{two}\n{three}F\t{four}")
    assert _outcomes(account, items) == [(row, "matched") for row in (1, 2, 3, 4)]


def test_a_first_row_with_a_digit_is_no_name_of_a_column(account: TelnyxAccount) -> None:
    (card,) = stored_cards(account, 1)
    items = read_file("x.csv", f"Depot 7,\nDepot 8,{card.iccid}\nDepot,\n".encode())
    outcomes = [(1, "no identifier"), (2, "matched"), (3, "no identifier")]
    assert _outcomes(account, items) == outcomes


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_csv_files_of_every_make(account: TelnyxAccount, delimiter: str, encoding: str) -> None:
    (card,) = stored_cards(account, 1)
    rows = [["Gerät", "ICCID"], ["Kühlung", f'="{card.iccid}"'], ["Zähler", f"'{card.imsi}"]]
    content = "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)
    outcomes = [(2, "matched"), (3, "duplicate")]
    assert _outcomes(account, read_file("x.csv", content)) == outcomes


def test_spreadsheets_with_text_and_with_numbers(account: TelnyxAccount) -> None:
    first, second = stored_cards(account, 2)
    content = _xlsx(
        [
            ["ICCID", "IMSI"],
            [first.iccid, None],
            [None, int(second.imsi)],
            [float(first.iccid), None],
            [None, None],
            [int("8931048000000000000"), "x"],
        ]
    )
    assert _outcomes(account, read_file("x.xlsx", content)) == [
        (2, "matched"),
        (3, "matched"),
        (4, "damaged"),
        (6, "damaged"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"   \n ", "is empty"),
        (b"PK\x03\x04 this is no spreadsheet", "cannot be read as XLSX"),
        (_xlsx([["8931048"]])[:-900], "cannot be read as XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "without a password"),
        (b"1" * (21 * 2**20), "give a file of at most 20 MB"),
    ],
)
def test_files_that_cannot_be_read(content: bytes, said: str) -> None:
    with pytest.raises(BadFile, match=said):
        read_file("cards", content)


def test_other_accounts_and_removed_sim_cards_do_not_match(
    account: TelnyxAccount, stranger: Person
) -> None:
    other = TelnyxAccount.objects.get(slug="else")
    (foreign,) = stored_cards(other, 1)
    (gone,) = stored_cards(account, 1)
    SimCard.objects.filter(pk=gone.pk).update(removed_at=gone.read_at)
    text = f"{foreign.iccid} {gone.iccid}"
    assert _outcomes(account, read_text(text)) == [(1, "unmatched"), (2, "unmatched")]


def test_the_plan_keeps_the_report(account: TelnyxAccount, operator: Person) -> None:
    cards = stored_cards(account, 2)
    matches = match(account, read_text(f"{cards[0].iccid}\n{cards[1].iccid}\nnobody12345"))
    operation = plan_identifiers(account, KINDS["enable"], matches, operator)
    assert operation.target_count == 2
    assert operation.selection == {"identifiers": {"matched": 2, "no identifier": 1}}
    report = operation.identifier_report.rows
    assert [row["outcome"] for row in report] == ["matched", "matched", "no identifier"]
    assert report[2]["given"] == "nobody12345"
    with pytest.raises(NothingSelected):
        plan_identifiers(account, KINDS["enable"], match(account, read_text("x")), operator)


def test_as_many_queries_for_a_thousand_as_for_ten(
    account: TelnyxAccount, operator: Person
) -> None:
    def queries(count: int) -> int:
        items = read_text("\n".join(card.iccid for card in stored_cards(account, count)))
        with CaptureQueriesContext(connection) as captured:
            operation = plan_identifiers(account, KINDS["enable"], match(account, items), operator)
        assert operation.target_count == count
        return len(captured)

    assert queries(10) == queries(1_000)


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)
@given(st.text(max_size=300))
def test_whatever_is_pasted_gets_an_answer(account: TelnyxAccount, text: str) -> None:
    items = read_text(text)
    numbers = [row.row for row in match(account, items).rows]
    assert numbers == sorted(set(numbers))
    if "\t" not in text:
        assert numbers == list(range(1, len(items) + 1))


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)
@given(st.binary(max_size=400))
def test_whatever_is_uploaded_is_read_or_refused(content: bytes) -> None:
    with suppress(BadFile):
        read_file("x", content)
