"""Calls and messages: every report tells of the same ones, with the same money."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from sandbox.traffic.totals import CONNECTION, PROFILE_ID, PROFILE_NAME
from tests.sandbox.client import Api, error, eventually

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
BEGIN, END = (TODAY - timedelta(days=30)).isoformat(), TODAY.isoformat()
LEGACY = "/legacy/reporting"
OTHER = "00000000-0000-4000-8000-000000000000"
SPAN = {"start_time": BEGIN, "end_time": END}
DAYS = {"start_date": BEGIN, "end_date": END}
KINDS: dict[str, dict[str, Any]] = {
    f"{LEGACY}/batch_detail_records/messaging": SPAN,
    f"{LEGACY}/batch_detail_records/voice": SPAN,
    f"{LEGACY}/usage_reports/messaging": {**SPAN, "aggregation_type": 0},
    f"{LEGACY}/usage_reports/voice": SPAN,
    f"{LEGACY}/usage_reports/number_lookup": {"startDate": BEGIN[:10], "endDate": END[:10]},
    "/reports/mdr_usage_reports": {**DAYS, "aggregation_type": "NO_AGGREGATION"},
}


def made(api: Api, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """A report that was asked for and has become complete."""
    created = api("POST", path, json=body)
    assert created.status_code == 200, created.text
    identifier = created.json()["data"]["id"]
    assert created.json()["data"]["status"] in (1, "PENDING")
    eventually(lambda: api.get(f"{path}/{identifier}")["data"]["report_url"])
    report = api.get(f"{path}/{identifier}")["data"]
    assert report["status"] in (2, "COMPLETE")
    return report


def rows_of(report: dict[str, Any]) -> list[dict[str, str]]:
    """The rows of its file."""
    file = requests.get(report["report_url"], timeout=10)
    assert file.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(file.text)))


def total(rows: list[dict[str, Any]]) -> Decimal:
    """What all of them cost together."""
    return sum((Decimal(row["cost"]) for row in rows), Decimal(0))


def test_messages_cost_the_same_everywhere(api: Api) -> None:
    listed = api.get("/reports/mdrs", **DAYS)["data"]
    assert len(listed) > 20
    assert len({row["id"] for row in listed}) == len(listed)
    assert all(Decimal(row["cost"]) == Decimal(row["rate"]) * row["parts"] for row in listed)
    for by in ("NO_AGGREGATION", "PROFILE"):
        summed = api.get("/reports/mdr_usage_reports/sync", **DAYS, aggregation_type=by)["data"]
        assert total(summed["result"]) == total(listed) > 0
        assert sum(int(row["parts"]) for row in summed["result"]) == sum(
            row["parts"] for row in listed
        )
    for path in ("/reports/mdr_usage_reports", f"{LEGACY}/usage_reports/messaging"):
        assert total(rows_of(made(api, path, KINDS[path]))) == total(listed)
    batch = rows_of(made(api, f"{LEGACY}/batch_detail_records/messaging", SPAN))
    assert [row["id"] for row in batch] == [row["id"] for row in listed]
    assert total(batch) == total(listed)


def test_calls_cost_the_same_everywhere(api: Api) -> None:
    rows = rows_of(made(api, f"{LEGACY}/batch_detail_records/voice", SPAN))
    assert len(rows) > 20
    for by in ("NO_AGGREGATION", "CONNECTION", "BILLING_GROUP"):
        wanted = {"aggregation_type": by, "product_breakdown": "NO_BREAKDOWN"}
        result = api.get("/reports/cdr_usage_reports/sync", **DAYS, **wanted)["data"]["result"]
        assert Decimal(result["cost"]) == total(result["rows"]) == total(rows) > 0
        assert result["calls"] == len(rows)
    path = f"{LEGACY}/usage_reports/voice"
    assert total(rows_of(made(api, path, SPAN))) == total(rows)
    events = api.all(
        "/call_events",
        **{"filter[name]": "call.initiated", "filter[occurred_at][gte]": BEGIN},
    )
    before = [event for event in events if event["event_timestamp"] < END[:10]]
    assert len(before) == len(rows)


@pytest.mark.parametrize("path", KINDS)
def test_reports_are_listed_until_they_are_deleted(api: Api, path: str) -> None:
    report = made(api, path, KINDS[path])
    assert report["id"] == api.get(path)["data"][0]["id"]
    assert api("DELETE", f"{path}/{report['id']}").status_code == 200
    assert error(api("GET", f"{path}/{report['id']}"))[0] == 404
    assert error(api("DELETE", f"{path}/{report['id']}"))[0] == 404
    assert report["id"] not in [item["id"] for item in api.get(path)["data"]]
    assert requests.get(report["report_url"], timeout=10).status_code == 404


def test_older_reports_have_other_names_for_pages(api: Api) -> None:
    path = f"{LEGACY}/usage_reports/voice"
    ids = [made(api, path, SPAN)["id"] for _ in range(3)]
    pages = [api.get(path, page=number, per_page=1) for number in (1, 2, 3)]
    assert [page["data"][0]["id"] for page in pages] == ids[::-1]
    assert pages[0]["meta"]["page_size"] == 1
    assert error(api("GET", f"{path}?per_page=251"))[0] == 422


@pytest.mark.parametrize("path", [path for path in KINDS if "lookup" not in path])
@pytest.mark.parametrize("wrong", [7, True, "yesterday", None, "", [BEGIN]])
def test_wrong_times_are_refused(api: Api, path: str, wrong: Any) -> None:
    name = "start_date" if path.startswith("/reports") else "start_time"
    if wrong is None and path.endswith("usage_reports/messaging"):
        return
    status, _, pointer = error(api("POST", path, json={**KINDS[path], name: wrong}))
    assert (status, pointer) == (422, f"/{name}")


@pytest.mark.parametrize("path", KINDS)
def test_the_ends_of_time_are_no_fault(api: Api, path: str) -> None:
    body = dict(KINDS[path])
    names = [name for name in body if name.lower().startswith(("start", "end"))]
    body.update(zip(names, ("0001-01-01", "9999-12-31"), strict=True))
    made(api, path, body)


def test_records_can_be_filtered(api: Api) -> None:
    listed = api.get("/reports/mdrs", **DAYS)["data"]
    paged = api.get("/reports/mdrs", **DAYS, **{"page[number]": 2, "page[size]": 5})
    assert paged["data"] == listed[5:10]
    one = listed[-1]
    assert api.get("/reports/mdrs", id=one["id"])["data"] == [one]
    inbound = api.get("/reports/mdrs", **DAYS, direction="INBOUND")["data"]
    assert inbound == [row for row in listed if row["direction"] == "inbound"]
    assert 0 < len(inbound) < len(listed)
    assert error(api("GET", "/reports/mdrs?direction=UP"))[2] == "direction"
    event = api.get("/call_events")["data"][0]
    same = api.get("/call_events", **{"filter[leg_id]": event["call_leg_id"]})["data"]
    assert event in same
    assert {item["call_session_id"] for item in same} == {event["call_session_id"]}
    assert api.get("/call_events", **{"filter[product]": "fax"})["data"] == []
    assert error(api("GET", "/call_events?filter[product]=tv"))[2] == "filter[product]"


def test_sessions_have_the_cost_of_their_call(api: Api) -> None:
    row = next(
        row
        for row in rows_of(made(api, f"{LEGACY}/batch_detail_records/voice", SPAN))
        if Decimal(row["cost"]) > 0
    )
    kinds = api.get("/session_analysis/metadata")["record_types"]
    name = next(kind["record_type"] for kind in kinds if kind["child_relationships"])
    path = f"/session_analysis/{name}/{row['call_id']}"
    found = api.get(path)
    assert Decimal(found["cost"]["total"]) == Decimal(row["cost"])
    (leg,) = found["root"]["children"]
    assert Decimal(leg["cost"]["event_cost"]) == Decimal(row["cost"])
    assert leg["relationship"]["parent_id"] == row["call_id"]
    assert api.get(path, include_children="false")["root"]["children"] == []
    assert api.get(path, expand="none")["root"]["record"] == {}
    unknown = "00000000-0000-4000-8000-000000000000"
    assert error(api("GET", f"/session_analysis/{name}/{unknown}"))[0] == 404
    assert error(api("GET", f"{path}?max_depth=6"))[2] == "max_depth"


def test_numbers_are_those_of_the_sim_cards(api: Api) -> None:
    created = api("POST", "/phone_numbers/csv_downloads?csv_format=V2").json()["data"][0]
    path = f"/phone_numbers/csv_downloads/{created['id']}"
    eventually(lambda: api.get(path)["data"][0]["status"] == "complete")
    file = requests.get(api.get(path)["data"][0]["url"], timeout=10).text
    numbers = {row["phone_number"] for row in csv.DictReader(io.StringIO(file))}
    assert numbers == {card["msisdn"] for card in api.all("/sim_cards")} - {None}
    assert created["id"] in [item["id"] for item in api.all("/phone_numbers/csv_downloads")]
    assert error(api("GET", "/phone_numbers/csv_downloads/%00"))[0] == 404


@pytest.mark.parametrize(
    ("path", "field", "ours", "other"),
    [
        (f"{LEGACY}/batch_detail_records/voice", "connections", [CONNECTION], [7]),
        (f"{LEGACY}/batch_detail_records/voice", "record_types", [1, 3], [2]),
        (f"{LEGACY}/batch_detail_records/messaging", "profiles", [PROFILE_ID], [OTHER]),
        (f"{LEGACY}/batch_detail_records/messaging", "record_types", [1], [2, 3]),
    ],
)
def test_what_is_not_asked_for_is_left_out(
    api: Api, path: str, field: str, ours: list[Any], other: list[Any]
) -> None:
    everything = rows_of(made(api, path, SPAN))
    assert everything
    assert rows_of(made(api, path, {**SPAN, field: ours})) == everything
    assert rows_of(made(api, path, {**SPAN, field: other})) == []


def test_sums_are_of_the_profile_and_connection_that_are_asked_for(api: Api) -> None:
    messages = {**DAYS, "aggregation_type": "NO_AGGREGATION"}
    path = "/reports/mdr_usage_reports/sync"
    assert api.get(path, **messages, profiles=PROFILE_NAME)["data"]["result"]
    assert api.get(path, **messages, profiles="Others")["data"]["result"] == []
    calls = {**messages, "product_breakdown": "NO_BREAKDOWN"}
    path = "/reports/cdr_usage_reports/sync"
    assert api.get(path, **calls, connections=CONNECTION)["data"]["result"]["calls"] > 0
    assert api.get(path, **calls, connections=7)["data"]["result"]["calls"] == 0
