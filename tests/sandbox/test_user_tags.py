"""The tags in use."""

from __future__ import annotations

from tests.sandbox.client import Api, error

PATH = "/user_tags"


def _tags(api: Api, prefix: str | None = None) -> tuple[list[str], list[str]]:
    filters = {} if prefix is None else {"filter[starts_with]": prefix}
    found = api.get(PATH, **filters)["data"]
    assert set(found) == {"number_tags", "outbound_profile_tags"}
    return found["number_tags"], found["outbound_profile_tags"]


def test_tags_of_sim_cards(api: Api) -> None:
    card = api.some("enabled")
    here = f"/sim_cards/{card['id']}"
    used = {tag for item in api.all("/sim_cards") for tag in item["tags"]}
    assert _tags(api)[0] == sorted(used)
    assert used
    api("PATCH", here, json={"tags": [*card["tags"], "Zebra-1", "zebra-2", "Ünder"]})
    assert _tags(api, "zEBRA-") == (["Zebra-1", "zebra-2"], [])
    assert _tags(api, "ünd")[0] == ["Ünder"]
    assert _tags(api, "ebra") == _tags(api, "%") == ([], [])
    assert _tags(api, "")[0] == _tags(api)[0]
    api("PATCH", here, json={"tags": ["zebra-2"]})
    assert _tags(api, "zebra")[0] == ["zebra-2"]
    api("PATCH", here, json={"tags": card["tags"]})
    assert _tags(api)[0] == sorted(used)


def test_tags_of_voice_connections(api: Api) -> None:
    path = "/mobile_voice_connections"
    body = {"connection_name": "tagged", "tags": ["yonder-b", "yonder-a"]}
    made = api("POST", path, json=body).json()["data"]
    assert _tags(api, "yonder") == ([], ["yonder-a", "yonder-b"])
    api("DELETE", f"{path}/{made['id']}")
    assert _tags(api, "yonder") == ([], [])


def test_tags_go_with_their_sim_card(api: Api) -> None:
    card = api.some("disabled")["id"]
    api("PATCH", f"/sim_cards/{card}", json={"tags": ["only-here"]})
    assert _tags(api, "only-here")[0] == ["only-here"]
    api.sandbox.admin("DELETE", f"sim_cards/{card}")
    assert _tags(api, "only-here")[0] == []


def test_unknown_filters(api: Api) -> None:
    wrong = api("GET", PATH, params={"filter[ends_with]": "x"})
    assert error(wrong) == (400, "10031", "filter[ends_with]")
