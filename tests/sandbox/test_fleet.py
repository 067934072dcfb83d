"""What the simulated fleet promises."""

import re
from collections import Counter
from datetime import date
from decimal import Decimal
from statistics import mean, median
from typing import Any

import orjson
import pytest

from sandbox.clock import Clock
from sandbox.context import Sandbox
from sandbox.fleet.generation import FleetPlan, generate
from sandbox.fleet.networks import COUNTRIES
from sandbox.iot.lifecycle import RESTING
from sandbox.state import State
from tests.sandbox.client import Api
from tests.sandbox_process import start_sandbox

DAY = date(2026, 5, 31)
CONSUMED = "current_billing_period_consumed_data"


def _fleet(sims: int, seed: int = 7, as_of: date = DAY) -> dict[str, list[tuple[bytes, ...]]]:
    state = State(None)
    sandbox = Sandbox(state, Clock(), seed)
    generate(sandbox, FleetPlan(sims, seed, as_of))
    return {
        collection.name: state.connection.execute(
            f"SELECT listed, detail, hidden FROM {collection.name}_documents ORDER BY seq"
        ).fetchall()
        for collection in sandbox.collections
    }


@pytest.fixture(scope="module")
def cards() -> list[dict[str, Any]]:
    """The detail of 2,000 SIM cards nobody has touched."""
    state = State(None)
    sandbox = Sandbox(state, Clock(), 7)
    generate(sandbox, FleetPlan(2000, 7, DAY))
    identifiers = state.connection.execute("SELECT id FROM sim_cards ORDER BY seq")
    records = [sandbox.sim_cards.get(identifier) for (identifier,) in identifiers.fetchall()]
    return [{**r.listed, **r.detail, **r.hidden} for r in records if r is not None]


def _luhn_holds(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert _fleet(300) == _fleet(300)


def test_another_seed_gives_another_fleet() -> None:
    one, other = _fleet(300), _fleet(300, seed=8)
    assert not set(one["sim_cards"]) & set(other["sim_cards"])


def test_the_day_moves_dates_and_nothing_else() -> None:
    def without_dates(fleet: dict[str, list[tuple[bytes, ...]]]) -> str:
        return re.sub(r'"20\d\d-[^"]+Z"', "", repr(fleet["sim_cards"]))

    one, other = _fleet(300), _fleet(300, as_of=date(2027, 1, 1))
    assert one != other
    assert without_dates(one) == without_dates(other)


def test_two_processes_serve_the_same_fleet() -> None:
    pages = []
    for _ in range(2):
        with start_sandbox(sims=120, seed=3, as_of="2026-05-31") as sandbox:
            api = Api(sandbox)
            pages.append(api("GET", "/sim_cards?page[size]=250").content)
    assert pages[0] == pages[1]


def test_numbers_are_valid_and_never_repeat(cards: list[dict[str, Any]]) -> None:
    for card in cards:
        assert re.fullmatch(r"89\d{17}", card["iccid"])
        assert _luhn_holds(card["iccid"])
        assert re.fullmatch(r"\d{15}", card["imsi"])
        assert card["msisdn"] is None or re.fullmatch(r"\+[1-9]\d{9,14}", card["msisdn"])
        for imei in [card["imei"], *(card["authorized_imeis"] or [])]:
            assert imei is None or (re.fullmatch(r"\d{15}", imei) and _luhn_holds(imei))
        assert (card["eid"] is None) == (card["type"] == "physical")
        if card["eid"]:
            assert re.fullmatch(r"89\d{30}", card["eid"])
            assert int(card["eid"]) % 97 == 1
    for field in ("id", "iccid", "imsi", "msisdn", "eid", "imei"):
        values = [card[field] for card in cards if card[field] is not None]
        assert len(set(values)) == len(values)


def test_shares(cards: list[dict[str, Any]]) -> None:
    share = {s: n / len(cards) for s, n in Counter(c["status"]["value"] for c in cards).items()}
    assert set(share) == set(RESTING)
    assert 0.66 < share["enabled"] < 0.78
    assert 0.14 < share["disabled"] < 0.19
    assert 0.05 < share["standby"] < 0.07
    esims = [card for card in cards if card["type"] == "esim"]
    assert 0.12 < len(esims) / len(cards) < 0.18
    assert {card["esim_installation_status"] for card in esims} == {"released", "disabled", None}
    assert 0.1 < sum(card["msisdn"] is None for card in cards) / len(cards) < 0.2
    assert 20 < sum(card["voice_enabled"] for card in cards) < 400
    units = Counter(card["data_limit"]["unit"] for card in cards if card["data_limit"])
    assert units["MB"] > 20
    assert units["GB"] > 5
    assert len({card["current_mcc"] for card in cards}) > 15


def test_statuses_agree_with_the_rest(cards: list[dict[str, Any]]) -> None:
    networks = {(c.mcc, mnc) for c in COUNTRIES.values() for mnc, _ in c.networks}
    for card in cards:
        status = card["status"]["value"]
        assert card["status"]["reason"]
        assert card["actions_in_progress"] is False
        if card["sim_card_group_id"] is None:
            assert status == "disabled"
        if card["live_data_session"] == "connected":
            assert status == "enabled"
            assert (card["current_mcc"], card["current_mnc"]) in networks
        if status == "unauthorized_imei":
            assert card["imei"] not in card["authorized_imeis"]
        elif card["authorized_imeis"]:
            assert card["imei"] in card["authorized_imeis"]
        used = Decimal(card[CONSUMED]["amount"])
        if card["data_limit"]:
            factor = 1024 if card["data_limit"]["unit"] == "GB" else 1
            over = used > Decimal(card["data_limit"]["amount"]) * factor
            assert over == (status == "data_limit_exceeded")
        else:
            assert status != "data_limit_exceeded"
        assert card["created_at"] <= card["updated_at"] < f"{DAY}T"
    sessions = Counter(c["live_data_session"] for c in cards if c["status"]["value"] == "enabled")
    assert min(sessions.values()) > 10
    assert sessions["connected"] > 900


def test_usage_has_a_heavy_tail(cards: list[dict[str, Any]]) -> None:
    used = [float(c[CONSUMED]["amount"]) for c in cards if c["status"]["value"] == "enabled"]
    assert mean(used) > 3 * median(used) > 3
    assert max(used) > 40 * median(used)


def test_tags(cards: list[dict[str, Any]]) -> None:
    kinds = Counter(tag.partition(":")[0] for card in cards for tag in card["tags"])
    for kind in ("site", "customer", "model"):
        assert kinds[kind] > 1_500
    assert any(not card["tags"] for card in cards)


def test_groups(cards: list[dict[str, Any]]) -> None:
    groups = [orjson.loads(row[0]) for row in _fleet(2000)["sim_card_groups"]]
    assert 8 <= len(groups) <= 14
    assert sum(group["default"] for group in groups) == 1
    assert sum(group["data_limit"] is not None for group in groups) > len(groups) / 2
    oldest = min(card["created_at"] for card in cards)
    for group in groups:
        assert group["created_at"] < oldest
        members = [card for card in cards if card["sim_card_group_id"] == group["id"]]
        assert members
        if group["data_limit"]:
            assert group["data_limit"]["unit"] == "GB"
            limit = Decimal(group["data_limit"]["amount"]) * 1024
            assert sum(Decimal(card[CONSUMED]["amount"]) for card in members) < limit
        if len(members) >= 100:
            disabled = [card for card in members if card["status"]["value"] == "disabled"]
            assert len(disabled) >= 25


@pytest.mark.parametrize("sims", [50, 51, 77, 120, 999])
def test_every_status_in_every_fleet(sims: int) -> None:
    fleet = _fleet(sims)["sim_cards"]
    assert len(fleet) == sims
    assert {orjson.loads(row[0])["status"]["value"] for row in fleet} == set(RESTING)


@pytest.mark.parametrize("sims", [0, 1, 2, 5, 13])
def test_the_smallest_fleets(sims: int) -> None:
    assert len(_fleet(sims)["sim_cards"]) == sims


def test_an_empty_fleet_is_served() -> None:
    with start_sandbox(sims=0) as sandbox:
        meta = Api(sandbox).get("/sim_cards")["meta"]
        assert meta == {"total_pages": 0, "total_results": 0, "page_number": 1, "page_size": 20}


def test_history(api: Api) -> None:
    actions = api.all("/sim_card_actions")
    assert {action["status"]["value"] for action in actions} >= {"completed", "failed"}
    for action in actions:
        explained = action["status"]["value"] in ("failed", "interrupted")
        assert bool(action["status"]["reason"]) == explained
