"""Errors of the sandbox itself: a 500 on a connection that stays, and a trace on stderr."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection, IncompleteRead

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sandbox.additions import complete
from sandbox.app import create_app
from sandbox.clock import Clock
from sandbox.context import Sandbox
from sandbox.data_file import open_state
from sandbox.fleet.generation import FleetPlan
from sandbox.server import SandboxServer, listen
from tests.sandbox.client import Api, error

KEY = "KEY"


class Unforeseen(Exception):
    """What no handler expects."""


async def _fail(_request: Request) -> Response:
    raise Unforeseen


async def _fail_halfway(_request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        yield b"half"
        raise Unforeseen

    return StreamingResponse(parts())


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a sandbox in this process that has broken handlers of every sort."""
    state, plan = open_state(None, FleetPlan(3, 7, datetime.now(UTC).date()), set())
    sandbox = Sandbox(state, Clock(), plan.seed)
    complete(sandbox, plan)
    app = create_app(sandbox, KEY, plan.seed)
    app.router.routes += [Route("/fails", _fail), Route("/fails_halfway", _fail_halfway)]
    app.state.gate.inner.routes.append(Route("/fails", _fail))
    listener, ready = listen("127.0.0.1", 0), threading.Event()
    server = SandboxServer(app, ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    assert ready.wait(5)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(5)
    state.close()


@pytest.mark.parametrize("path", ["/fails", "/v2/fails"])
def test_the_connection_stays(port: int, path: str, capfd: pytest.CaptureFixture[str]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.connect()
    used = connection.sock
    for _ in range(3):
        connection.request("GET", path, headers={"Authorization": f"Bearer {KEY}"})
        answer = connection.getresponse()
        assert (answer.status, b'"10007"' in answer.read()) == (500, True)
        # Where the server closed it, there is an end to read instead of nothing.
        assert connection.sock is used
        used.settimeout(0.1)
        with pytest.raises(TimeoutError):
            used.recv(1)
        used.settimeout(5)
    connection.request("GET", "/_sandbox/state")
    assert connection.getresponse().status == 200
    assert connection.sock is used
    connection.close()
    assert capfd.readouterr().err.count(".Unforeseen\n") == 3


def test_half_an_answer_is_broken_off(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/fails_halfway")
    with pytest.raises(IncompleteRead):
        connection.getresponse().read()
    connection.close()
    assert ".Unforeseen\n" in capfd.readouterr().err


def test_a_change_that_fails_leaves_no_trace(api: Api) -> None:
    card = api.some("standby")
    deep: list[object] = []
    for _ in range(300):
        deep = [deep]
    address = f"{api.sandbox.admin_url}/sim_cards/{card['id']}"
    failed = api.session.post(address, json={"tags": ["new"], "carrier": deep}, timeout=5)
    assert error(failed) == (500, "10007", "")
    assert api.card(card["id"])["tags"] == card["tags"]
    assert api.all("/sim_cards", **{"filter[tags]": "new"}) == []
