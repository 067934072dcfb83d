"""Every call sends the method, path, query and body of the specification, or refuses to."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from telnyx_api import Client, Page, errors
from tests.telnyx_api.scripted_server import Reply, ScriptedServer

RECORD = Reply(body={"data": {"id": "1", "not_in_the_specification": [1]}})
LIMIT = {"amount": "2048.0", "unit": "MB"}
Call = Callable[[Client], object]


def page_of(*ids: str, **meta: int) -> Reply:
    return Reply(body={"data": [{"id": id} for id in ids], **({"meta": meta} if meta else {})})


@pytest.mark.parametrize(
    ("call", "sent", "body"),
    [
        (lambda c: c.sim_cards.retrieve("1"), "GET /sim_cards/1", None),
        (lambda c: c.sim_cards.enable("1"), "POST /sim_cards/1/actions/enable", None),
        (lambda c: c.sim_cards.disable("1"), "POST /sim_cards/1/actions/disable", None),
        (lambda c: c.sim_cards.set_standby("1"), "POST /sim_cards/1/actions/set_standby", None),
        (lambda c: c.sim_cards.update("1", tags=[]), "PATCH /sim_cards/1", {"tags": []}),
        (
            lambda c: c.sim_cards.update(
                "1",
                tags=("a", "b"),
                sim_card_group_id="g",
                data_limit=LIMIT,
                authorized_imeis=None,
            ),
            "PATCH /sim_cards/1",
            {
                "tags": ["a", "b"],
                "sim_card_group_id": "g",
                "data_limit": LIMIT,
                "authorized_imeis": None,
            },
        ),
        (
            lambda c: c.sim_cards.update("1", data_limit=None),
            "PATCH /sim_cards/1",
            {"data_limit": None},
        ),
        (lambda c: c.sim_card_groups.retrieve("1"), "GET /sim_card_groups/1", None),
        (lambda c: c.sim_card_groups.create("n"), "POST /sim_card_groups", {"name": "n"}),
        (
            lambda c: c.sim_card_groups.create("n", data_limit=LIMIT),
            "POST /sim_card_groups",
            {"name": "n", "data_limit": LIMIT},
        ),
        (
            lambda c: c.sim_card_groups.update("1", name="m"),
            "PATCH /sim_card_groups/1",
            {"name": "m"},
        ),
        (lambda c: c.sim_card_groups.delete("1"), "DELETE /sim_card_groups/1", None),
        (lambda c: c.sim_card_actions.retrieve("1"), "GET /sim_card_actions/1", None),
        (
            lambda c: c.sim_cards.retrieve("a/b?c#ü %"),
            "GET /sim_cards/a%2Fb%3Fc%23%C3%BC%20%25",
            None,
        ),
    ],
)
def test_one_record(
    server: ScriptedServer, client: Client, call: Call, sent: str, body: object
) -> None:
    server.script(RECORD)
    assert call(client) == {"id": "1", "not_in_the_specification": [1]}
    [request] = server.received
    assert f"{request.method} {request.target.removeprefix('/v2')}" == sent
    assert (request.json if request.body else None) == body


@pytest.mark.parametrize(
    ("call", "query"),
    [
        (lambda c: c.sim_cards.page(), []),
        (
            lambda c: c.sim_cards.page(
                filter_status=["enabled", "standby"],
                filter_tags=["a b", "c"],
                filter_iccid="8931",
                filter_msisdn="+1310",
                filter_sim_card_group_id="g",
                sort="-current_billing_period_consumed_data.amount",
                include_sim_card_group=True,
            ),
            [
                ("filter[status]", "enabled,standby"),
                ("filter[tags]", "a b,c"),
                ("filter[iccid]", "8931"),
                ("filter[msisdn]", "+1310"),
                ("filter[sim_card_group_id]", "g"),
                ("sort", "-current_billing_period_consumed_data.amount"),
                ("include_sim_card_group", "true"),
            ],
        ),
        (
            lambda c: c.sim_cards.page(filter_status="disabled", filter_tags=None),
            [("filter[status]", "disabled")],
        ),
        (
            lambda c: c.sim_cards.page(filter_tags=["a,b", "c"]),
            [("filter[tags][]", "a,b"), ("filter[tags][]", "c")],
        ),
        (
            lambda c: c.sim_card_groups.page(
                filter_name="n",
                filter_private_wireless_gateway_id="p",
                filter_wireless_blocklist_id="w",
            ),
            [
                ("filter[name]", "n"),
                ("filter[private_wireless_gateway_id]", "p"),
                ("filter[wireless_blocklist_id]", "w"),
            ],
        ),
        (
            lambda c: c.sim_card_actions.page(
                filter_sim_card_id="s",
                filter_status="in-progress",
                filter_bulk_sim_card_action_id="b",
                filter_action_type="set_public_ip",
            ),
            [
                ("filter[sim_card_id]", "s"),
                ("filter[status]", "in-progress"),
                ("filter[bulk_sim_card_action_id]", "b"),
                ("filter[action_type]", "set_public_ip"),
            ],
        ),
    ],
)
def test_filters(
    server: ScriptedServer, client: Client, call: Call, query: list[tuple[str, str]]
) -> None:
    server.script(page_of())
    call(client)
    paging = [("page[number]", "1"), ("page[size]", "250")]
    assert server.received[0].query == query + paging


@pytest.mark.parametrize(
    ("call", "query"),
    [
        (
            lambda c: c.sim_cards.retrieve(
                "1", include_sim_card_group=False, include_pin_puk_codes=True
            ),
            [("include_sim_card_group", "false"), ("include_pin_puk_codes", "true")],
        ),
        (
            lambda c: c.sim_card_groups.retrieve("1", include_iccids=True),
            [("include_iccids", "true")],
        ),
    ],
)
def test_options(
    server: ScriptedServer, client: Client, call: Call, query: list[tuple[str, str]]
) -> None:
    server.script(RECORD)
    call(client)
    assert server.received[0].query == query


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda c: c.sim_cards.retrieve(""), "id"),
        (lambda c: c.sim_cards.retrieve("  "), "id"),
        (lambda c: c.sim_cards.retrieve(None), "id"),
        (lambda c: c.sim_cards.retrieve(7), "id"),
        (lambda c: c.sim_card_groups.delete(".."), "id"),
        (lambda c: c.sim_card_groups.delete("."), "id"),
        (lambda c: c.sim_cards.page(number=0), "number"),
        (lambda c: c.sim_cards.page(number=True), "number"),
        (lambda c: c.sim_cards.page(size=251), "size"),
        (lambda c: c.sim_cards.page(size=0), "size"),
        (lambda c: c.sim_cards.page(size="250"), "size"),
        (lambda c: c.sim_cards.pages(page_size=251), "page_size"),
        (lambda c: c.sim_cards.list(filter_status=["lost"]), "filter_status"),
        (lambda c: c.sim_cards.page(filter_status=[]), "filter_status"),
        (lambda c: c.sim_cards.page(filter_tags=[""]), "filter_tags[0]"),
        (lambda c: c.sim_cards.page(filter_iccid=""), "filter_iccid"),
        (lambda c: c.sim_cards.page(sort="iccid"), "sort"),
        (lambda c: c.sim_cards.page(include_sim_card_group="yes"), "include_sim_card_group"),
        (lambda c: c.sim_card_actions.page(filter_status="interrupted"), "filter_status"),
        (lambda c: c.sim_card_actions.page(filter_action_type="x"), "filter_action_type"),
        (lambda c: c.sim_cards.update("1"), "fields"),
        (lambda c: c.sim_cards.update("1", tags="abc"), "tags"),
        (lambda c: c.sim_cards.update("1", tags=["a", 1]), "tags[1]"),
        (lambda c: c.sim_cards.update("1", tags=None), "tags"),
        (lambda c: c.sim_cards.update("1", sim_card_group_id=""), "sim_card_group_id"),
        (lambda c: c.sim_cards.update("1", authorized_imeis="356"), "authorized_imeis"),
        (lambda c: c.sim_cards.update("1", data_limit={"amount": "1"}), "data_limit"),
        (
            lambda c: c.sim_cards.update("1", data_limit={"amount": 5, "unit": "MB"}),
            "data_limit.amount",
        ),
        (
            lambda c: c.sim_cards.update("1", data_limit={"amount": "-5", "unit": "MB"}),
            "data_limit.amount",
        ),
        (
            lambda c: c.sim_cards.update("1", data_limit={"amount": "5", "unit": "TB"}),
            "data_limit.unit",
        ),
        (lambda c: c.sim_card_groups.create(""), "name"),
        (lambda c: c.sim_card_groups.update("1"), "fields"),
    ],
)
def test_what_the_specification_forbids_is_not_sent(
    server: ScriptedServer, client: Client, call: Call, argument: str
) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        call(client)
    assert caught.value.argument == argument
    assert caught.value.allowed
    assert isinstance(caught.value, ValueError)
    assert server.received == []


def test_an_unknown_filter_is_a_mistake_in_the_program(client: Client) -> None:
    with pytest.raises(TypeError, match="filter_colour"):
        client.sim_cards.page(filter_colour="red")  # type: ignore[call-arg]


def test_a_page_says_what_it_is(server: ScriptedServer, client: Client) -> None:
    meta = {"total_pages": 3, "total_results": 55, "page_number": 2, "page_size": 25}
    server.script(page_of("1", "2", **meta))
    before = datetime.now(UTC)
    page = client.sim_cards.page(number=2, size=25)
    assert before <= page.received_at <= datetime.now(UTC)
    at = page.received_at
    assert page == Page([{"id": "1"}, {"id": "2"}], 2, 25, 3, 55, at)  # type: ignore[list-item]


def test_a_list_walks_the_pages_as_they_are_asked_for(
    server: ScriptedServer, client: Client
) -> None:
    server.script(page_of("1", "2", total_pages=3), page_of("3", "4", total_pages=3))
    server.script(page_of("5", total_pages=3))
    found = client.sim_cards.list(page_size=2, filter_iccid="89")
    assert server.received == []
    assert next(found) == {"id": "1"}
    assert len(server.received) == 1
    assert [record["id"] for record in found] == ["2", "3", "4", "5"]
    assert [dict(request.query)["page[number]"] for request in server.received] == ["1", "2", "3"]
    assert all(dict(request.query)["filter[iccid]"] == "89" for request in server.received)


def test_a_list_that_grows_or_shrinks_meanwhile(server: ScriptedServer, client: Client) -> None:
    server.script(page_of("1", total_pages=1 + 1), page_of("2", total_pages=3))
    server.script(page_of(total_pages=3))
    assert [page.data for page in client.sim_card_groups.pages(page_size=1)] == [
        [{"id": "1"}],
        [{"id": "2"}],
        [],
    ]


def test_a_list_without_totals_ends_with_a_page_that_is_not_full(
    server: ScriptedServer, client: Client
) -> None:
    server.script(page_of("1", "2"), page_of("3"))
    pages = list(client.sim_card_actions.pages(page_size=2))
    assert [len(page.data) for page in pages] == [2, 1]
    assert pages[0].total_results is None


def test_an_empty_list(server: ScriptedServer, client: Client) -> None:
    server.script(page_of(total_pages=0, total_results=0))
    assert list(client.sim_cards.list()) == []


@pytest.mark.parametrize("body", [None, [], {"data": {}}, {"meta": {}}])
def test_a_list_without_records_is_unreadable(
    server: ScriptedServer, client: Client, body: Any
) -> None:
    server.script(Reply(body=body))
    with pytest.raises(errors.AnswerUnreadable):
        client.sim_cards.page()


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"base_url": "api.telnyx.com/v2"}, "base_url"),
        ({"base_url": "ftp://api.telnyx.com"}, "base_url"),
        ({"base_url": "https://api.telnyx.com/v2?x=1"}, "base_url"),
        ({"pool_size": 0}, "pool_size"),
        ({"read_attempts": 0}, "read_attempts"),
        ({"read_timeout": 0}, "read_timeout"),
        ({"connect_timeout": float("nan")}, "connect_timeout"),
        ({"deadline": -1}, "deadline"),
    ],
)
def test_a_client_checks_its_own_arguments(options: dict[str, Any], argument: str) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        Client("KEY", **options)
    assert caught.value.argument == argument
