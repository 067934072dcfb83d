"""Mobile voice connections, under both of their paths."""

import pytest

from tests.sandbox.client import Api, error

PATH = "/v2/mobile_voice_connections"


@pytest.mark.parametrize("path", [PATH, PATH.removeprefix("/v2")])
def test_life_of_a_connection(api: Api, path: str) -> None:
    body = {"connection_name": "Lifts 7", "inbound": {"channel_limit": 5}, "tags": ["a"]}
    answer = api("POST", path, json=body)
    assert answer.status_code == 201
    connection = answer.json()["data"]
    assert (connection["active"], connection["webhook_api_version"]) == (True, "2")
    assert connection["inbound"] == {"channel_limit": 5}
    assert connection["tags"] == ["a"]
    here = f"{path}/{connection['id']}"
    assert api.get(here)["data"] == connection
    assert api.all(path, **{"filter[connection_name][contains]": "fts 7"}) == [connection]
    assert connection in api.all(path, sort="-created_at")
    change = {"active": False, "outbound": {"channel_limit": 2}, "webhook_timeout_secs": 9}
    changed = api("PATCH", here, json=change).json()["data"]
    assert changed["outbound"] == {"channel_limit": 2, "outbound_voice_profile_id": None}
    assert (changed["active"], changed["inbound"]) == (False, {"channel_limit": 5})
    assert api("DELETE", here).json()["data"] == changed
    assert error(api("GET", here)) == (404, "10005", "")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"active": 1}, (422, "10026", "/active")),
        ({"connection_name": ""}, (422, "10015", "/connection_name")),
        ({"inbound": {"channel_limit": "5"}}, (422, "10026", "/inbound/channel_limit")),
        ({"outbound": 5}, (422, "10026", "/outbound")),
        ({"webhook_api_version": "3"}, (422, "10032", "/webhook_api_version")),
        ({"webhook_event_url": 5}, (422, "10026", "/webhook_event_url")),
    ],
)
def test_bad_connections(api: Api, body: object, expected: tuple[int, str, str]) -> None:
    assert error(api("POST", PATH, json=body)) == expected


def test_bad_sort(api: Api) -> None:
    assert error(api("GET", f"{PATH}?sort=size")) == (400, "10031", "sort")


@pytest.mark.parametrize("limit", [3, 3.0])
def test_a_whole_number_may_be_written_as_a_float(api: Api, limit: float) -> None:
    body = {"connection_name": "float", "inbound": {"channel_limit": limit}}
    made = api("POST", "/mobile_voice_connections", json=body).json()["data"]
    assert made["inbound"]["channel_limit"] == 3
    assert isinstance(made["inbound"]["channel_limit"], int)


def test_a_number_that_no_reader_takes_is_refused(api: Api) -> None:
    body = {"connection_name": "long", "inbound": {"channel_limit": 1e300}}
    answer = api("POST", "/mobile_voice_connections", json=body)
    assert error(answer) == (422, "10033", "/inbound/channel_limit")
