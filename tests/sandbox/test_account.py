"""Billing groups, payments and reports of wireless detail records."""

from decimal import Decimal

import pytest
import requests

from tests.sandbox.client import Api, error, eventually

REPORTS = "/wireless/detail_records_reports"
PAYMENTS = "/payment/stored_payment_transactions"


def test_life_of_a_billing_group(api: Api) -> None:
    answer = api("POST", "/billing_groups", json={"name": "Field work"})
    assert answer.status_code == 200
    group = answer.json()["data"]
    here = f"/billing_groups/{group['id']}"
    assert api.get(here)["data"] == group == api.all("/billing_groups")[0]
    changed = api("PATCH", here, json={"name": "Depots"}).json()["data"]
    assert (changed["name"], changed["deleted_at"]) == ("Depots", None)
    assert api("DELETE", here).json()["data"]["deleted_at"] is not None
    assert error(api("GET", here)) == (404, "10005", "")
    assert error(api("POST", "/billing_groups", json={})) == (422, "10004", "/name")


def test_a_report(api: Api) -> None:
    times = {"start_time": "2026-05-01T00:00:00Z", "end_time": "2026-05-02T00:00:00+02:00"}
    answer = api("POST", REPORTS, json=times)
    assert answer.status_code == 201
    report = answer.json()["data"]
    assert (report["status"], report["report_url"]) == ("pending", None)
    assert report["end_time"] == "2026-05-01T22:00:00.000Z"
    here = f"{REPORTS}/{report['id']}"
    eventually(lambda: api.get(here)["data"]["status"] == "complete")
    done = api.get(here)["data"]
    assert done["report_url"].startswith(api.sandbox.base_url.removesuffix("/v2"))
    file = requests.get(done["report_url"], timeout=5)
    assert (file.status_code, file.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert file.text.startswith("id,sim_card_id,")
    listed = api.get(REPORTS)
    assert listed == {"data": [done, *listed["data"][1:]]}
    assert api("DELETE", here).json()["data"] == {**done, "status": "deleted"}
    assert error(api("GET", here)) == (404, "10005", "")
    assert requests.get(done["report_url"], timeout=5).status_code == 404
    assert api("POST", REPORTS, json={}).status_code == 201


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"start_time": "yesterday"}, (422, "10015", "/start_time")),
        ({"start_time": 5}, (422, "10026", "/start_time")),
        (
            {"start_time": "2020-01-02T00:00:00Z", "end_time": "2020-01-01T00:00:00Z"},
            (422, "10033", "/end_time"),
        ),
    ],
)
def test_bad_reports(api: Api, body: object, expected: tuple[int, str, str]) -> None:
    assert error(api("POST", REPORTS, json=body)) == expected


def test_recharging(api: Api) -> None:
    path = "/payment/auto_recharge_prefs"
    before = api.get(path)["data"]
    change = {"enabled": not before["enabled"], "recharge_amount": "300.00", "preference": "ach"}
    changed = api("PATCH", path, json=change).json()["data"]
    assert changed == {**before, **change} == api.get(path)["data"]
    for body, code, field in (
        ({"enabled": "yes"}, "10026", "enabled"),
        ({"threshold_amount": "5"}, "10027", "threshold_amount"),
        ({"preference": "cash"}, "10032", "preference"),
    ):
        assert error(api("PATCH", path, json=body)) == (422, code, f"/{field}")
    # It really recharges, so other tests would not know their balance.
    assert api("PATCH", path, json=before | {"enabled": False}).json()["data"]["enabled"] is False


@pytest.mark.parametrize("path", [f"/v2{PAYMENTS}", PAYMENTS])
def test_payments(api: Api, path: str) -> None:
    before = Decimal(api.get("/balance")["data"]["balance"])
    answer = api("POST", path, json={"amount": "120.00"})
    assert answer.status_code == 200
    assert answer.json()["data"]["amount_cents"] == 12_000
    assert Decimal(api.get("/balance")["data"]["balance"]) == before + 120
    for amount in ("120", "0.00", "-1.00"):
        assert error(api("POST", path, json={"amount": amount})) == (422, "10027", "/amount")
    assert error(api("POST", path, json={})) == (422, "10004", "/amount")
