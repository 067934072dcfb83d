"""Identifiers are pasted or uploaded, matched, planned, and reported row by row."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.models import AuditEntry, Membership, Person, TelnyxAccount
from fleet.models import Group, Operation, SimCard
from fleet.operations.catalog import KINDS
from fleet.operations.identifiers.given import read_text
from fleet.operations.identifiers.match import match, plan_identifiers
from fleet.web.operations import identifiers
from tests.fleet.records import stored_cards
from tests.web.operations import HTMX, planned, signed_in

pytestmark = pytest.mark.django_db
UNKNOWN = "8931999999999999991"


def _address(account: TelnyxAccount) -> str:
    return reverse("operation_identifiers", args=[account.slug])


def _text(response: Any) -> str:
    text: str = response.content.decode()
    return text


def _cards(account: TelnyxAccount, number: int = 3) -> list[SimCard]:
    return list(SimCard.objects.filter(account=account).exclude(imsi="").order_by("pk")[:number])


def _file(rows: list[list[Any]], name: str = "cards.csv") -> SimpleUploadedFile:
    if name.endswith("csv"):
        return SimpleUploadedFile(name, "\n".join(",".join(row) for row in rows).encode())
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return SimpleUploadedFile(name, content.getvalue())


def _report(account: TelnyxAccount, person: Person, text: str) -> Operation:
    matches = match(account, read_text(text))
    return plan_identifiers(account, KINDS["disable"], matches, person)


def test_pasted_identifiers_become_a_plan_with_a_report(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    first, second, _ = _cards(synced_account)
    data = {
        "identifiers": f"{first.iccid}\n{second.imsi}\n{UNKNOWN}",
        "kind": "add_tags",
        "tags": "depot, north",
    }
    response = as_operator.post(_address(synced_account), data)
    operation = Operation.objects.get()
    assert response.status_code == 302
    assert response["Location"] == operation.get_absolute_url()
    assert operation.inputs == {"tags": ["depot", "north"]}
    assert set(operation.targets.values_list("sim_card", flat=True)) == {first.pk, second.pk}
    entry = AuditEntry.objects.get(action="operation.planned")
    assert entry.detail == {
        "targets": 2,
        "selection": {"identifiers": {"matched": 2, "unmatched": 1}},
        "inputs": {"tags": ["depot", "north"]},
    }
    plan = _text(as_operator.get(response["Location"]))
    assert reverse("identifier_report", args=[synced_account.slug, operation.pk]) in plan
    assert "Not found" in plan
    Operation.objects.update(state="succeeded")
    assert "Show every row" in _text(as_operator.get(response["Location"]))


def test_to_htmx_the_plan_is_a_redirect_of_the_page(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    data = {"identifiers": _cards(synced_account)[0].iccid, "kind": "disable"}
    response = as_operator.post(_address(synced_account), data, headers=HTMX)
    assert response["HX-Redirect"] == Operation.objects.get().get_absolute_url()


@pytest.mark.parametrize("name", ["cards.csv", "cards.xlsx"])
def test_what_is_pasted_and_a_file_go_together(
    as_operator: Client, synced_account: TelnyxAccount, name: str
) -> None:
    first, second, third = _cards(synced_account)
    file = _file([["ICCID"], [second.iccid], [third.iccid], [first.iccid]], name)
    data = {"identifiers": first.imsi, "kind": "disable", "file": file}
    as_operator.post(_address(synced_account), data)
    operation = Operation.objects.get()
    assert operation.target_count == 3
    assert [(row["row"], row["outcome"]) for row in operation.identifier_report.rows] == [
        (1, "matched"),
        (3, "matched"),
        (4, "matched"),
        (5, "duplicate"),
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"kind": "disable"}, "Nothing is given"),
        ({"kind": "disable", "identifiers": " ,;\n"}, "Nothing is given"),
        ({"kind": "disable", "identifiers": "1," * 200_001}, "more than 200,000 rows"),
        ({"identifiers": UNKNOWN}, "Choose what to do"),
        ({"identifiers": UNKNOWN, "kind": "explode"}, "Choose what to do"),
        ({"identifiers": UNKNOWN, "kind": "set_gateway"}, "Choose what to do"),
        ({"identifiers": UNKNOWN, "kind": "add_tags", "tags": " "}, "give tags"),
        ({"identifiers": UNKNOWN, "kind": "set_data_limit", "limit": "lots"}, "no number"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_cannot_be_planned_is_told_at_its_field(
    as_operator: Client,
    synced_account: TelnyxAccount,
    data: dict[str, str],
    said: str,
    headers: dict[str, str],
) -> None:
    response = as_operator.post(_address(synced_account), data, headers=headers)
    text = _text(response)
    assert response.status_code == 422
    assert said in text
    assert data.get("identifiers", "").strip() in text
    if "limit" in data:
        assert 'value="lots"' in text
    assert not Operation.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "is empty"),
        ("blank.csv", b",,\n,,\n", "has no row with anything in it"),
        ("broken.xlsx", b"PK\x03\x04 no spreadsheet", "cannot be read as XLSX"),
        ("large.csv", b"1" * (21 * 2**20), "give a file of at most 20 MB"),
    ],
)
def test_a_bad_file_is_told_and_what_was_pasted_is_kept(
    as_operator: Client, synced_account: TelnyxAccount, name: str, content: bytes, said: str
) -> None:
    def post(headers: dict[str, str]) -> Any:
        file = SimpleUploadedFile(name, content)
        data = {"identifiers": UNKNOWN, "kind": "disable", "file": file}
        return as_operator.post(_address(synced_account), data, headers=headers)

    response = post({})
    assert response.status_code == 422
    assert said in _text(response)
    assert UNKNOWN in _text(response)
    assert f"choose “{name}” again" in _text(response)
    assert f"choose “{name}”" not in _text(post(HTMX)), (
        "the part leaves the field of the file as it is"
    )
    assert not Operation.objects.exists()


def test_where_no_row_matches_the_report_is_shown_at_once(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    text = "\n".join(f"89319999999{number:08d}" for number in range(1, 251))
    data = {"identifiers": text, "kind": "disable"}
    response = as_operator.post(_address(synced_account), data)
    page = _text(response)
    assert response.status_code == 422
    assert "There is nothing to plan" in page
    assert "0 of 250 rows" in page
    assert len(response.context["matches"]["problems"]) == 200
    assert "The first 200 of 250 rows" in page
    assert not Operation.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_only_matching_plans_nothing(
    as_operator: Client, synced_account: TelnyxAccount, headers: dict[str, str]
) -> None:
    first = _cards(synced_account)[0]
    data = {"identifiers": f"{first.iccid}\n{UNKNOWN}\n8.93E+19\n<b>x", "match": "1"}
    response = as_operator.post(_address(synced_account), data, headers=headers)
    page = _text(response)
    assert response.status_code == 200
    assert ("<html" in page) is not bool(headers)
    assert "1 of 4 rows mean a SIM card" in page
    for label in ("Matched", "Not found", "Damaged", "No identifier"):
        assert label in page
    assert "&lt;b&gt;x" in page
    assert "<b>x" not in page
    assert not Operation.objects.exists()
    nothing = as_operator.post(_address(synced_account), {"match": "1"}, headers=headers)
    assert nothing.status_code == 422


def test_the_fields_of_a_kind_come_by_htmx_and_without(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    query = {"kind": "add_tags"}
    part = _text(as_operator.get(_address(synced_account), query, headers=HTMX))
    assert 'name="tags"' in part
    assert "<textarea" not in part
    page = as_operator.get(_address(synced_account), query)
    assert 'name="tags"' in _text(page)
    assert "HX-Request" in page["Vary"]
    assert 'name="tags"' not in _text(as_operator.get(_address(synced_account), {"kind": "enable"}))
    group = Group.objects.filter(account=synced_account).first()
    data = {"identifiers": UNKNOWN, "kind": "move_to_group", "find": "kind"}
    asked = as_operator.post(_address(synced_account), data)
    assert asked.status_code == 200
    assert str(group.remote_id) in _text(asked)
    assert UNKNOWN in _text(asked)


def test_more_than_fits_is_told_in_words(
    as_operator: Client, synced_account: TelnyxAccount, settings: Settings
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
    data = {"identifiers": "1" * (2 * 2**20), "kind": "disable"}
    page = as_operator.post(_address(synced_account), data)
    assert page.status_code == 413
    assert "That is too much at once (2 MB)" in _text(page)
    assert "<textarea" in _text(page)
    part = as_operator.post(_address(synced_account), data, headers=HTMX)
    assert part.status_code == 413
    assert part["Content-Type"].startswith("text/plain"), "a toast; the form stays"


def test_a_body_above_all_limits_is_not_parsed(
    as_operator: Client, synced_account: TelnyxAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identifiers, "LARGEST_BODY", 1_000)
    data = {"kind": "disable", "file": SimpleUploadedFile("x.csv", b"1" * 2_000)}
    assert as_operator.post(_address(synced_account), data).status_code == 413


def test_two_hundred_thousand_pasted_identifiers_pass(
    as_operator: Client, synced_account: TelnyxAccount
) -> None:
    numbers = (f"890490321234512345{number:014d}" for number in range(199_999))
    text = "\r\n".join([_cards(synced_account)[0].iccid, *numbers])
    response = as_operator.post(_address(synced_account), {"identifiers": text, "kind": "disable"})
    assert response.status_code == 302
    assert Operation.objects.get().selection == {
        "identifiers": {"unmatched": 199_999, "matched": 1}
    }


def test_the_report_is_filtered_and_paged(
    as_operator: Client, synced_account: TelnyxAccount, operator: Person
) -> None:
    cards = _cards(synced_account, 60)
    text = "\n".join([*(card.imsi for card in cards), UNKNOWN, "hello"])
    operation = _report(synced_account, operator, text)
    address = reverse("identifier_report", args=[synced_account.slug, operation.pk])
    page = as_operator.get(address)
    assert [row["row"] for row in page.context["page"].rows] == list(range(1, 51))
    assert cards[0].get_absolute_url() in _text(page)
    second = as_operator.get(address, {"after": page.context["page"].after}, headers=HTMX)
    assert "<html" not in _text(second)
    assert [row["row"] for row in second.context["page"].rows] == list(range(51, 63))
    assert second.context["page"].before == "0"
    assert second.context["page"].after is None
    only = as_operator.get(address, {"outcome": "unmatched"})
    assert [row["given"] for row in only.context["page"].rows] == [UNKNOWN]
    for start in ("", "x", "-1", "9" * 30):
        assert as_operator.get(address, {"after": start}).context["page"].rows[0]["row"] == 1
    beyond = as_operator.get(address, {"after": "100000", "outcome": "nonsense"})
    assert beyond.context["page"].rows[0]["row"] == 51


def test_an_operation_that_was_planned_otherwise_has_no_report(
    as_operator: Client, synced_account: TelnyxAccount, operator: Person
) -> None:
    operation = planned(synced_account, operator)
    for name in ("identifier_report", "identifier_report_csv"):
        address = reverse(name, args=[synced_account.slug, operation.pk])
        assert as_operator.get(address).status_code == 404
    assert "Identifiers given" not in _text(as_operator.get(operation.get_absolute_url()))


def test_the_csv_file_keeps_digits_and_holds_no_formula(
    as_operator: Client, synced_account: TelnyxAccount, operator: Person
) -> None:
    first = _cards(synced_account)[0]
    text = f'{first.iccid}\n=A1&"x"&B1\n@SUM\n-1+1\n{UNKNOWN}\n'
    operation = _report(synced_account, operator, text)
    address = reverse("identifier_report_csv", args=[synced_account.slug, operation.pk])
    response = as_operator.get(address)
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content, newline="")))
    assert rows[0] == ["Row", "Given", "Outcome", "Detail"]
    assert [row[1] for row in rows[1:]] == [
        f"'{first.iccid}",
        '\'=A1&"x"&B1',
        "'@SUM",
        "'-1+1",
        f"'{UNKNOWN}",
    ]
    assert rows[1][2:] == ["matched", f"'{first.iccid}"]
    assert response["Content-Disposition"].endswith('-identifiers.csv"')
    only = as_operator.get(address, {"outcome": "matched"})
    assert len(b"".join(only.streaming_content).splitlines()) == 2
    assert AuditEntry.objects.filter(action="operation.exported").count() == 2
    again = match(synced_account, read_text("\n".join(row[1] for row in rows[1:])))
    assert again.counts == operation.selection["identifiers"], "it can be given again as it is"


def test_identifiers_of_another_account_mean_nothing(
    synced_account: TelnyxAccount, stranger: Person
) -> None:
    Membership.objects.filter(person=stranger).update(role=2)
    other = stranger.memberships.get().account
    data = {"identifiers": _cards(synced_account)[0].iccid, "kind": "disable"}
    client = signed_in(stranger)
    assert client.post(_address(other), data).status_code == 422
    operation = _report(synced_account, stranger, data["identifiers"])
    foreign = reverse("identifier_report", args=[other.slug, operation.pk])
    assert client.get(foreign).status_code == 404


def test_managers_see_no_way_in(synced_account: TelnyxAccount, manager: Person) -> None:
    client = signed_in(manager)
    for name in ("sim_cards", "operations"):
        page = _text(client.get(reverse(name, args=[synced_account.slug])))
        assert _address(synced_account) not in page


def test_as_many_queries_for_a_thousand_as_for_ten(
    as_operator: Client, account: TelnyxAccount
) -> None:
    def queries(count: int) -> list[int]:
        text = "\n".join(card.iccid for card in stored_cards(account, count))
        numbers = []
        for data in ({"match": "1"}, {"kind": "disable"}):
            with CaptureQueriesContext(connection) as captured:
                as_operator.post(_address(account), {"identifiers": text, **data})
            numbers.append(len(captured))
        operation = Operation.objects.order_by("-pk").first()
        assert operation.target_count == count
        address = reverse("identifier_report", args=[account.slug, operation.pk])
        for page in (address, operation.get_absolute_url()):
            with CaptureQueriesContext(connection) as captured:
                as_operator.get(page)
            numbers.append(len(captured))
        return numbers

    queries(10)  # what is cached by process or session
    assert queries(10) == queries(1_000)
