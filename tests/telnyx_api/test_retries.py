"""What is sent again, what is never sent again, and how long we wait before it."""

import time

import pytest

from telnyx_api import Client, errors
from tests.telnyx_api.conftest import API_KEY, MakeClient
from tests.telnyx_api.scripted_server import (
    Reply,
    ResetRead,
    ResetUnread,
    ScriptedServer,
    Silence,
    Turn,
    free_port,
)

SIM = Reply(body={"data": {"id": "1"}})
ACTION = Reply(202, {"data": {"id": "a"}})

TROUBLE_FOR_READS: list[Turn] = [
    ResetUnread(),
    ResetRead(),
    Reply(429),
    Reply(500),
    Reply(502, raw=b"<html>Bad Gateway</html>"),
    Reply(503),
    Reply(504),
    Reply(200, raw=b'{"data": {"id"'),
    Reply(200, {"data": {"id": "1"}}, missing=5),
    Reply(200, raw=b"<html>sign in</html>"),
]
UNKNOWN_FOR_WRITES: list[tuple[Turn, type[errors.TelnyxError]]] = [
    (ResetUnread(), errors.AnswerLost),
    (ResetRead(), errors.AnswerLost),
    (Silence(), errors.AnswerLost),
    (Reply(500), errors.ServerFailure),
    (Reply(502), errors.ServerFailure),
    (Reply(503, headers={"Retry-After": "1"}), errors.ServerFailure),
    (Reply(504), errors.ServerFailure),
    (Reply(202, raw=b'{"data": '), errors.AnswerUnreadable),
    (Reply(202, {"data": {}}, missing=3), errors.AnswerUnreadable),
]
REFUSED = [400, 401, 402, 403, 404, 405, 409, 418, 422]


@pytest.mark.parametrize("trouble", TROUBLE_FOR_READS, ids=repr)
def test_a_read_is_sent_again(
    server: ScriptedServer, client: Client, naps: list[float], trouble: Turn
) -> None:
    server.script(trouble, trouble, SIM)
    assert client.sim_cards.retrieve("1") == {"id": "1"}
    assert server.turns == []
    assert len(naps) == 2


def test_a_read_that_times_out_is_sent_again(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    server.script(Silence(), SIM)
    assert make_client(read_timeout=0.1).sim_cards.retrieve("1") == {"id": "1"}
    assert len(server.received) == 2


def test_a_read_gives_up_after_its_attempts(
    server: ScriptedServer, make_client: MakeClient, naps: list[float]
) -> None:
    server.script(*[Reply(503)] * 9)
    with pytest.raises(errors.ServerFailure) as caught:
        make_client(read_attempts=3).sim_cards.retrieve("1")
    assert len(server.received) == 3
    assert len(naps) == 2
    assert caught.value.retryable
    assert not caught.value.maybe_applied


@pytest.mark.parametrize(("trouble", "kind"), UNKNOWN_FOR_WRITES, ids=repr)
def test_a_write_whose_outcome_is_unknown_is_sent_once(
    server: ScriptedServer,
    make_client: MakeClient,
    naps: list[float],
    trouble: Turn,
    kind: type[errors.TelnyxError],
) -> None:
    server.script(trouble, ACTION)
    with pytest.raises(kind) as caught:
        make_client(read_timeout=0.2).sim_cards.enable("1")
    assert server.turns == [ACTION]
    assert naps == []
    assert caught.value.maybe_applied
    assert not caught.value.retryable


@pytest.mark.parametrize("method", ["update", "delete"])
def test_patch_and_delete_count_as_writes(
    server: ScriptedServer, client: Client, method: str
) -> None:
    server.script(ResetRead(), SIM)
    groups = client.sim_card_groups
    with pytest.raises(errors.AnswerLost) as caught:
        groups.update("1", name="x") if method == "update" else groups.delete("1")
    assert caught.value.maybe_applied
    assert len(server.received) == 1


@pytest.mark.parametrize("status", REFUSED)
def test_a_refusal_is_final(server: ScriptedServer, client: Client, status: int) -> None:
    server.script(Reply(status), Reply(status))
    with pytest.raises(errors.TelnyxError) as read:
        client.sim_cards.retrieve("1")
    with pytest.raises(errors.TelnyxError) as write:
        client.sim_cards.enable("1")
    assert len(server.received) == 2
    assert not read.value.retryable
    assert not read.value.maybe_applied
    assert not write.value.maybe_applied


def test_a_write_is_sent_again_after_429(
    server: ScriptedServer, client: Client, naps: list[float]
) -> None:
    server.script(Reply(429, headers={"Retry-After": "7"}), ACTION)
    assert client.sim_cards.enable("1") == {"id": "a"}
    assert [request.method for request in server.received] == ["POST", "POST"]
    assert 7 <= naps[0] <= 7.5


def test_a_write_is_sent_again_when_no_connection_was_made() -> None:
    port = free_port()
    started: list[ScriptedServer] = []

    def start_server(_: float) -> None:
        started.append(ScriptedServer(ACTION, port=port))

    client = Client(API_KEY, f"http://127.0.0.1:{port}/v2")
    client._sender.sleep = start_server
    try:
        assert client.sim_cards.enable("1") == {"id": "a"}
        assert len(started[0].received) == 1
    finally:
        client.close()
        for server in started:
            server.close()


def test_a_connection_closed_while_idle_is_no_trouble(
    server: ScriptedServer, client: Client, naps: list[float]
) -> None:
    server.script(Reply(body={"data": {"id": "1"}}, then_close=True), ACTION)
    client.sim_cards.retrieve("1")
    time.sleep(0.05)
    assert client.sim_cards.enable("1") == {"id": "a"}
    assert naps == []
    assert [request.connection for request in server.received] == [1, 2]


def test_a_kept_connection_dropped_under_a_write_is_a_lost_answer(
    server: ScriptedServer, client: Client
) -> None:
    server.script(SIM, ResetUnread(), ACTION)
    client.sim_cards.retrieve("1")
    with pytest.raises(errors.AnswerLost):
        client.sim_cards.enable("1")
    assert server.turns == [ACTION]


NOON = "Sat, 21 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "3"}, 3, 3.5),
        ({"Retry-After": "0"}, 0, 0.5),
        ({"Retry-After": "Sat, 21 Nov 2026 12:00:30 GMT", "Date": NOON}, 30, 30.5),
        ({"Retry-After": "Sat, 21 Nov 2026 11:59:30 GMT", "Date": NOON}, 0, 0.5),
        ({"x-ratelimit-reset": "4"}, 4, 4.5),
        ({"x-ratelimit-reset": "1795262430", "Date": NOON}, 30, 30.5),
        ({"x-ratelimit-reset": "1795262430000", "Date": NOON}, 30, 30.5),
        ({"x-ratelimit-reset": "4", "Retry-After": "9"}, 9, 9.5),
        ({"Retry-After": "86400"}, 60, 60),
        ({"Retry-After": "soon"}, 0, 0.5),
        ({}, 0, 0.5),
    ],
)
def test_the_wait_that_the_api_asks_for(
    server: ScriptedServer,
    client: Client,
    naps: list[float],
    headers: dict[str, str],
    least: float,
    most: float,
) -> None:
    server.script(Reply(429, headers=headers), SIM)
    client.sim_cards.retrieve("1")
    assert least <= naps[0] <= most


def test_a_deadline_ends_the_attempts(server: ScriptedServer, make_client: MakeClient) -> None:
    server.script(Reply(503, headers={"Retry-After": "30"}), SIM)
    started = time.monotonic()
    with pytest.raises(errors.ServerFailure):
        make_client(deadline=2).sim_cards.retrieve("1")
    assert time.monotonic() - started < 1
    assert len(server.received) == 1


def test_a_deadline_shortens_the_wait_for_an_answer(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    server.script(Silence())
    started = time.monotonic()
    with pytest.raises(errors.AnswerLost):
        make_client().within(0.2).sim_cards.retrieve("1")
    assert 0.15 < time.monotonic() - started < 1


def test_a_deadline_reaches_into_a_slow_body(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    server.script(Reply(body={"data": {"id": "1" * 400_000}}, pieces=20, delay=0.05))
    started = time.monotonic()
    with pytest.raises(errors.AnswerUnreadable, match="too long"):
        make_client(deadline=0.2).sim_cards.retrieve("1")
    assert time.monotonic() - started < 0.5
    assert len(server.received) == 1


def test_within_shares_connections_and_leaves_the_first_client_as_it_was(
    server: ScriptedServer, client: Client
) -> None:
    server.script(SIM, SIM)
    client.within(5).sim_cards.retrieve("1")
    client.sim_cards.retrieve("1")
    assert server.connections == 1
    assert client._sender.deadline is None


class NoTime:
    """A limiter that uses up all the time it is given."""

    def acquire(self, timeout: float | None) -> None:
        time.sleep(timeout or 0)

    def observe(self, status: int, headers: object) -> None:
        pass


def test_nothing_is_sent_after_the_deadline(
    server: ScriptedServer, make_client: MakeClient
) -> None:
    with pytest.raises(errors.DeadlinePassed) as caught:
        make_client(deadline=0.1, limiter=NoTime()).sim_cards.enable("1")
    assert server.received == []
    assert caught.value.retryable
    assert not caught.value.maybe_applied
