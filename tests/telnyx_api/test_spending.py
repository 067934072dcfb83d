"""What spends money or takes things into possession is sent once, whatever happens."""

from collections.abc import Callable

import pytest

from telnyx_api import Client, errors
from tests.telnyx_api.conftest import API_KEY, MakeClient
from tests.telnyx_api.scripted_server import (
    Reply,
    ResetRead,
    ResetUnread,
    ScriptedServer,
    Turn,
    free_port,
)

SPENDING: dict[str, Callable[[Client], object]] = {
    "purchase": lambda c: c.esims.purchase(amount=1),
    "register": lambda c: c.sim_cards.register(registration_codes=["0123456789"]),
    "order": lambda c: c.sim_card_orders.create("1", 1),
    "payment": lambda c: c.stored_payment_transactions.create("120.00"),
}
TROUBLE: list[Turn] = [
    ResetUnread(),
    ResetRead(),
    Reply(429, headers={"Retry-After": "0"}),
    Reply(500),
    Reply(503, headers={"Retry-After": "0"}),
    Reply(202, raw=b'{"data": '),
]
each_spending = pytest.mark.parametrize("call", SPENDING.values(), ids=SPENDING)


@each_spending
@pytest.mark.parametrize("trouble", TROUBLE, ids=repr)
def test_it_is_sent_once(
    server: ScriptedServer,
    client: Client,
    naps: list[float],
    trouble: Turn,
    call: Callable[[Client], object],
) -> None:
    rest = Reply(202, {"data": []})
    server.script(trouble, rest)
    with pytest.raises(errors.TelnyxError) as caught:
        call(client)
    assert not caught.value.retryable
    assert server.turns == [rest]
    assert naps == []


@each_spending
def test_no_second_connection_is_tried(naps: list[float], call: Callable[[Client], object]) -> None:
    with Client(API_KEY, f"http://127.0.0.1:{free_port()}/v2") as client:
        client._sender.sleep = naps.append
        with pytest.raises(errors.ConnectionNotMade) as caught:
            call(client)
    assert naps == []
    assert not caught.value.maybe_applied


def test_a_preview_costs_nothing_and_is_sent_again_after_429(
    server: ScriptedServer, client: Client, naps: list[float]
) -> None:
    server.script(Reply(429), Reply(202, {"data": {"quantity": 2}}))
    assert client.sim_card_orders.preview("1", 2) == {"quantity": 2}
    assert len(naps) == 1


def test_others_are_sent_again_after_429(server: ScriptedServer, make_client: MakeClient) -> None:
    server.script(Reply(429), Reply(202, {"data": {"id": "1"}}))
    assert make_client().billing_groups.create(name="n") == {"id": "1"}


REFUSED = {"code": "70001", "title": "Out of stock"}


def test_an_answer_with_records_and_errors(server: ScriptedServer, client: Client) -> None:
    server.script(Reply(202, {"data": [{"id": "1"}], "errors": [REFUSED]}))
    outcome = client.esims.purchase(amount=2)
    assert outcome.data == [{"id": "1"}]
    assert outcome.errors == [REFUSED]


@pytest.mark.parametrize("data", [{"data": None}, {"data": []}, {}], ids=repr)
def test_an_answer_with_errors_only(
    server: ScriptedServer, client: Client, data: dict[str, object]
) -> None:
    server.script(Reply(202, {**data, "errors": [REFUSED]}))
    outcome = client.sim_cards.register(registration_codes=["0123456789"])
    assert outcome.data == []
    assert outcome.errors == [REFUSED]


@pytest.mark.parametrize("body", [{}, [], {"data": {}}, {"data": None, "errors": []}], ids=repr)
def test_an_answer_with_neither(server: ScriptedServer, client: Client, body: object) -> None:
    server.script(Reply(202, body))
    with pytest.raises(errors.AnswerUnreadable) as caught:
        client.esims.purchase(amount=2)
    assert caught.value.maybe_applied
