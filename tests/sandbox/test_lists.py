"""Pages, order, filters and sorting."""

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.client import Api, error


def test_defaults_and_meta(api: Api) -> None:
    answer = api.get("/sim_cards")
    total = answer["meta"]["total_results"]
    assert answer["meta"] == {
        "total_pages": -(-total // 20),
        "total_results": total,
        "page_number": 1,
        "page_size": 20,
    }
    assert len(answer["data"]) == 20


@pytest.mark.parametrize("path", ["/sim_cards", "/sim_card_actions"])
def test_pages_hold_everything_once_newest_first(api: Api, path: str) -> None:
    items = api.all(path)
    total = api.get(path)["meta"]["total_results"]
    assert len({item["id"] for item in items}) == len(items) == total
    dates = [item["created_at"] for item in items]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("size", [1, 7, 249, 250])
def test_pages_of_any_size_agree(api: Api, size: int) -> None:
    everything = [card["id"] for card in api.all("/sim_cards")]
    for number in (1, 2, -(-len(everything) // size)):
        page = api.get("/sim_cards", **{"page[number]": number, "page[size]": size})
        found = [card["id"] for card in page["data"]]
        assert found == everything[(number - 1) * size : number * size]


def test_beyond_the_last_page_there_is_nothing(api: Api) -> None:
    assert api.get("/sim_cards", **{"page[number]": 10**12})["data"] == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("page[size]", "0", "10033"),
        ("page[size]", "251", "10033"),
        ("page[size]", "-1", "10033"),
        ("page[number]", "0", "10033"),
        ("page[number]", "one", "10026"),
        ("page[size]", "", "10026"),
        ("page[size]", "1.5", "10026"),
    ],
)
@pytest.mark.parametrize("path", ["/sim_cards", "/sim_card_groups", "/sim_card_actions"])
def test_bad_pages(api: Api, path: str, name: str, value: str, code: str) -> None:
    assert error(api("GET", path, params={name: value})) == (422, code, name)


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("/sim_cards", {"filter[color]": "red"}, (400, "10031", "filter[color]")),
        ("/sim_cards", {"filter": "red"}, (400, "10031", "filter")),
        ("/sim_cards", {"filter[iccid]x": "1"}, (400, "10031", "filter[iccid]x")),
        ("/sim_cards", {"sort": "iccid"}, (400, "10031", "sort")),
        ("/sim_cards", {"filter[status]": "asleep"}, (422, "10032", "filter[status]")),
        ("/sim_cards", {"include_sim_card_group": "7"}, (422, "10026", "include_sim_card_group")),
        ("/sim_card_groups", {"filter[iccid]": "1"}, (400, "10031", "filter[iccid]")),
        ("/sim_card_actions", {"filter[action_type]": "x"}, (422, "10032", "filter[action_type]")),
        ("/sim_card_actions", {"filter[status]": "enabled"}, (422, "10032", "filter[status]")),
    ],
)
def test_bad_parameters(
    api: Api, path: str, params: dict[str, str], expected: tuple[int, str, str]
) -> None:
    assert error(api("GET", path, params=params)) == expected


def test_iccid_matches_in_part(api: Api) -> None:
    everything = api.all("/sim_cards")
    for part in (everything[5]["iccid"], everything[9]["iccid"][-6:], "8931048"):
        found = {card["id"] for card in api.all("/sim_cards", **{"filter[iccid]": part})}
        assert found == {card["id"] for card in everything if part in card["iccid"]} != set()
    assert api.all("/sim_cards", **{"filter[iccid]": "no digits"}) == []


def test_msisdn_matches_whole(api: Api) -> None:
    card = next(card for card in api.all("/sim_cards") if card["msisdn"])
    found = api.all("/sim_cards", **{"filter[msisdn]": card["msisdn"]})
    assert [item["id"] for item in found] == [card["id"]]
    assert api.all("/sim_cards", **{"filter[msisdn]": card["msisdn"][:-1]}) == []


SPELLINGS: list[Any] = [
    lambda field, values: {f"filter[{field}]": ",".join(values)},
    lambda field, values: [(f"filter[{field}][]", value) for value in values],
    lambda field, values: [(f"filter[{field}]", value) for value in values],
]


@pytest.mark.parametrize("spelling", SPELLINGS, ids=["commas", "brackets", "repeats"])
def test_several_statuses(api: Api, spelling: Any) -> None:
    wanted = ["standby", "data_limit_exceeded", "unauthorized_imei"]
    params = spelling("status", wanted)
    page = api("GET", "/sim_cards", params=[*_pairs(params), ("page[size]", "250")]).json()
    assert {card["status"]["value"] for card in page["data"]} == set(wanted)
    everything = [card for card in api.all("/sim_cards") if card["status"]["value"] in wanted]
    assert page["meta"]["total_results"] == len(everything)


@pytest.mark.parametrize("spelling", SPELLINGS, ids=["commas", "brackets", "repeats"])
def test_all_tags_must_match(api: Api, spelling: Any) -> None:
    everything = api.all("/sim_cards")
    wanted = ["customer:waterland", "model:aqua-m7"]
    params = [*_pairs(spelling("tags", wanted)), ("page[size]", "250")]
    found = api("GET", "/sim_cards", params=params).json()["data"]
    expected = [card["id"] for card in everything if set(wanted) <= set(card["tags"])]
    assert [card["id"] for card in found] == expected[:250] != []
    either = [card for card in everything if set(wanted) & set(card["tags"])]
    assert len(either) > len(expected)


def _pairs(params: Any) -> list[tuple[str, str]]:
    return list(params.items()) if isinstance(params, dict) else params


def test_group_filter_and_filters_together(api: Api) -> None:
    everything = api.all("/sim_cards")
    group_id = everything[0]["sim_card_group_id"] or everything[1]["sim_card_group_id"]
    params = {"filter[sim_card_group_id]": group_id, "filter[status]": "enabled,standby"}
    found = {card["id"] for card in api.all("/sim_cards", **params)}
    assert found == {
        card["id"]
        for card in everything
        if card["sim_card_group_id"] == group_id
        and card["status"]["value"] in ("enabled", "standby")
    }
    assert found
    alone = api.all("/sim_cards", **{"filter[sim_card_group_id]": "null"})
    assert alone
    assert all(card["sim_card_group_id"] is None for card in alone)


@pytest.mark.parametrize("sign", ["", "-"])
def test_sorting_by_usage(api: Api, sign: str) -> None:
    field = "current_billing_period_consumed_data"
    found = api.all("/sim_cards", sort=f"{sign}{field}.amount")
    amounts = [Decimal(card[field]["amount"]) for card in found]
    assert amounts == sorted(amounts, reverse=bool(sign))
    assert len({card["id"] for card in found}) == api.get("/sim_cards")["meta"]["total_results"]


@pytest.mark.parametrize("yes", ["true", "True", "TRUE", "1"])
def test_group_included_on_request(api: Api, yes: str) -> None:
    for card in api.get("/sim_cards", include_sim_card_group=yes)["data"]:
        group = card["sim_card_group"]
        assert (group and group["id"]) == card["sim_card_group_id"]
    assert "sim_card_group" not in api.get("/sim_cards", include_sim_card_group="False")["data"][0]


def test_actions_filtered(api: Api) -> None:
    everything = api.all("/sim_card_actions")
    for field, value, of in (
        ("status", "failed", lambda action: action["status"]["value"]),
        ("action_type", "disable", lambda action: action["action_type"]),
        ("sim_card_id", everything[3]["sim_card_id"], lambda action: action["sim_card_id"]),
    ):
        found = api.all("/sim_card_actions", **{f"filter[{field}]": value})
        assert found == [action for action in everything if of(action) == value] != []
    nothing = {"filter[bulk_sim_card_action_id]": everything[0]["id"]}
    assert api.all("/sim_card_actions", **nothing) == []
