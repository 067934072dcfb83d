"""Device, activation code, connectivity logs, and the end of a SIM card."""

import pytest

from tests.sandbox.client import Api, error, eventually


def test_device_details(api: Api) -> None:
    cards = [api.card(card["id"]) for card in api.all("/sim_cards")[:400]]
    card = next(card for card in cards if card["current_imei"])
    details = api.get(f"/sim_cards/{card['id']}/device_details")["data"]
    assert details["imei"] == card["current_imei"]
    assert details["brand_name"] != "Unknown"
    unused = next(card for card in cards if card["current_imei"] is None)
    assert error(api("GET", f"/sim_cards/{unused['id']}/device_details")) == (404, "10005", "")


def test_activation_codes(api: Api) -> None:
    cards = api.all("/sim_cards")
    free = next(c for c in cards if c["esim_installation_status"] == "released")
    codes = [api.get(f"/sim_cards/{free['id']}/activation_code")["data"] for _ in range(2)]
    assert codes[0] == codes[1]
    assert codes[0]["activation_code"].startswith("LPA:1$")
    installed = next(c for c in cards if c["esim_installation_status"] == "disabled")
    physical = next(c for c in cards if c["type"] == "physical")
    for card in (installed, physical):
        answer = api("GET", f"/sim_cards/{card['id']}/activation_code")
        assert error(answer) == (422, "10027", "")


def test_connectivity_logs(api: Api) -> None:
    for card in api.get("/sim_cards", **{"filter[status]": "enabled", "page[size]": 20})["data"]:
        path = f"/sim_cards/{card['id']}/wireless_connectivity_logs"
        logs = api.all(path)
        if len(logs) > 3:
            break
    times = [log["start_time"] for log in logs]
    assert times == sorted(times, reverse=True)
    assert {log["sim_card_id"] for log in logs} == {card["id"]}
    assert times[0] >= card["created_at"]
    second = api.get(path, **{"page[size]": 2, "page[number]": 2})
    assert second["data"] == logs[2:4]
    assert second["meta"]["total_results"] == len(logs)


@pytest.mark.parametrize("part", ["device_details", "activation_code", "public_ip"])
def test_parts_of_no_sim_card(api: Api, part: str) -> None:
    assert error(api("GET", f"/sim_cards/none/{part}")) == (404, "10005", "")


def test_deletion(api: Api) -> None:
    card = api.some("enabled", type="physical")
    path = f"/sim_cards/{card['id']}"
    answer = api("DELETE", path)
    assert answer.status_code == 200
    assert answer.json()["data"]["status"]["value"] == "disabling"
    eventually(lambda: api("GET", path).status_code == 404)
    assert card["id"] not in {left["id"] for left in api.all("/sim_cards")}
    assert error(api("DELETE", path)) == (404, "10005", "")


def test_deletion_of_a_lost_esim(api: Api) -> None:
    card = api.some("disabled", type="esim")
    change = {"esim_installation_status": "disabled"}
    api.sandbox.admin("POST", f"sim_cards/{card['id']}", change)
    path = f"/sim_cards/{card['id']}"
    assert error(api("DELETE", path)) == (422, "10027", "")
    assert error(api("DELETE", path, params={"report_lost": "perhaps"}))[0] == 422
    assert api("DELETE", path, params={"report_lost": "true"}).status_code == 200
    answer = api("DELETE", path, params={"report_lost": "true"})
    assert answer.status_code in (404, 422)
    eventually(lambda: api("GET", path).status_code == 404)
