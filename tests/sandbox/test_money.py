"""Ledger, charges, invoices: they tell the same story."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.sandbox.client import Api, error, eventually
from tests.sandbox_process import start_sandbox

LEDGER = "/ledger_billing_group_reports"
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def books() -> Any:
    """A small account of this module alone."""
    with start_sandbox(sims=200, seed=21, speed=100) as running:
        api = Api(running)
        yield api
        api.session.close()


def _ledger(api: Api, month: date) -> list[dict[str, str]]:
    answer = api("POST", LEDGER, json={"year": month.year, "month": month.month})
    assert answer.status_code == 200
    report = answer.json()["data"]
    assert (report["status"], report["report_url"]) == ("pending", None)
    here = f"{LEDGER}/{report['id']}"
    done = eventually(
        lambda: next((r for r in [api.get(here)["data"]] if r["status"] == "complete"), None)
    )
    text = requests.get(done["report_url"], timeout=5).text
    return list(csv.DictReader(io.StringIO(text)))


def _summary(api: Api, month: date) -> dict[str, Any]:
    following = (month + timedelta(days=32)).replace(day=1)
    query = {"start_date": month.isoformat(), "end_date": following.isoformat()}
    data: dict[str, Any] = api.get("/charges_summary", **query)["data"]
    return data


def test_invoices_are_files_with_the_charges(books: Api) -> None:
    invoices = books.all("/invoices")
    assert len(invoices) >= 3
    starts = [invoice["period_start"] for invoice in invoices]
    assert starts == sorted(starts, reverse=True)
    forward = books.get("/invoices", sort="period_start")["data"]
    assert forward == invoices[::-1]
    for invoice in invoices:
        here = f"/invoices/{invoice['invoice_id']}"
        assert books.get(here)["data"] == invoice
        linked = books.get(here, action="link")["data"]
        assert linked == books.get(here, action="link")["data"]
        file = requests.get(linked["download_url"], timeout=5)
        assert (file.status_code, file.headers["content-type"]) == (200, "application/pdf")
        _check_pdf(file.content)
        month = date.fromisoformat(invoice["period_start"])
        total = _summary(books, month)["total"]["grand_total"]
        assert re.search(rf"\(Total +{re.escape(total)}\) Tj".encode(), file.content)
        assert Decimal(total) > 0
        wrong = requests.get(linked["download_url"][:-1], timeout=5)
        assert wrong.status_code == 404
    assert error(books("GET", "/invoices/none")) == (404, "10005", "")


def _check_pdf(content: bytes) -> None:
    """The table of places leads to the objects, and the stream is as long as it says."""
    assert content.startswith(b"%PDF-1.4")
    assert content.endswith(b"%%EOF\n")
    table = int(re.search(rb"startxref\n(\d+)\n", content)[1])  # type: ignore[index]
    assert content[table:].startswith(b"xref\n0 6\n")
    places = re.findall(rb"(\d{10}) 00000 n \n", content[table:])
    assert len(places) == 5
    for number, place in enumerate(places, 1):
        assert content[int(place) :].startswith(b"%d 0 obj\n" % number)
    stream = re.search(rb"/Length (\d+) >>\nstream\n", content)
    assert stream is not None
    assert content[stream.end() + int(stream[1]) :].startswith(b"\nendstream")


def test_ledger_and_summary_agree(books: Api) -> None:
    month = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)
    rows, summary = _ledger(books, month), _summary(books, month)
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row["type"]] = sums.get(row["type"], Decimal(0)) - Decimal(row["amount"])
    total = {name: Decimal(value) for name, value in summary["total"].items()}
    assert total["existing_mrc"] == sums["sim_active"] + sums["sim_inactive"] > 0
    new = sums.get("new_sim_active", Decimal(0)) + sums.get("new_sim_inactive", Decimal(0))
    assert total["new_mrc"] == new
    assert total["other"] == sums["data"].quantize(Decimal("0.01")) > 0
    parts = ("new_mrc", "new_otc", "existing_mrc", "other", "credits")
    assert total["grand_total"] == sum(total[name] for name in parts)
    query = {"start_date": month.isoformat()}
    found = books.get("/charges_breakdown", **query)["data"]["results"]
    services = [service for result in found for service in result["services"]]
    recurring = [Decimal(s["cost"]) for s in services if s["cost_type"] == "MRC"]
    assert sum(recurring) == total["existing_mrc"] + total["new_mrc"]
    text = books("GET", "/charges_breakdown", check=False, params={**query, "format": "csv"}).text
    assert len(text.splitlines()) == 1 + len(services)


def test_purchases_stand_in_the_ledger(books: Api) -> None:
    before = Decimal(books.get("/balance")["data"]["balance"])
    answer = books("POST", "/actions/purchase/esims", json={"amount": 3})
    assert answer.status_code == 202
    after = Decimal(books.get("/balance")["data"]["balance"])
    assert before - after == Decimal("2.10")
    row = next(row for row in _ledger(books, TODAY.replace(day=1)) if row["type"] == "esim")
    assert (Decimal(row["amount"]), row["quantity"]) == (Decimal("-2.10"), "3")
    total = _summary(books, TODAY.replace(day=1))["total"]
    assert total["new_otc"] == "2.10"


def test_the_whole_ledger_is_the_balance(books: Api) -> None:
    total, month = Decimal(0), TODAY.replace(day=1)
    for _ in range(7):
        total += sum(Decimal(row["amount"]) for row in _ledger(books, month))
        month = (month - timedelta(days=1)).replace(day=1)
    shown = Decimal(books.get("/balance")["data"]["balance"])
    assert total.quantize(Decimal("0.01")) == shown


def test_automatic_recharge() -> None:
    with start_sandbox(sims=50, seed=22, speed=100) as sandbox:
        api = Api(sandbox)
        wishes = {"enabled": True, "threshold_amount": "50.00", "recharge_amount": "300.00"}
        assert api("PATCH", "/payment/auto_recharge_prefs", json=wishes).status_code == 200
        sandbox.admin("POST", "balance", {"amount": "51"})
        assert api("POST", "/actions/purchase/esims", json={"amount": 1}).status_code == 202
        assert api.get("/balance")["data"]["balance"] == "50.30"
        assert api("POST", "/actions/purchase/esims", json={"amount": 1}).status_code == 202
        assert api.get("/balance")["data"]["balance"] == "349.60"
        kinds = [row["type"] for row in _ledger(api, TODAY.replace(day=1))]
        assert kinds[-2:] == ["esim", "recharge"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "10004", "/year")),
        ({"year": 2026}, (422, "10004", "/month")),
        ({"year": True, "month": 1}, (422, "10026", "/year")),
        ({"year": 2026, "month": 13}, (422, "10033", "/month")),
        ({"year": 10**9, "month": 1}, (422, "10033", "/year")),
    ],
)
def test_bad_ledger_reports(books: Api, body: object, expected: tuple[int, str, str]) -> None:
    assert error(books("POST", LEDGER, json=body)) == expected
    assert error(books("GET", f"{LEDGER}/none")) == (404, "10005", "")
