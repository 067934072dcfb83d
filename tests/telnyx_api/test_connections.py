"""What goes over the wire besides the request, and which failures prove that nothing went."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter

from telnyx_api import Client, errors
from tests.telnyx_api.conftest import API_KEY, MakeClient
from tests.telnyx_api.scripted_server import Reply, ScriptedServer, Silence, free_port

SIM = Reply(body={"data": {"id": "1"}})


def test_headers(server: ScriptedServer, client: Client) -> None:
    server.script(SIM, SIM)
    client.sim_cards.retrieve("1")
    client.sim_cards.update("1", tags=["a"])
    read, write = server.received
    assert read.headers["authorization"] == f"Bearer {API_KEY}"
    assert read.headers["user-agent"].startswith("simfleet/")
    assert read.headers["accept"] == "application/json"
    assert "gzip" in read.headers["accept-encoding"]
    assert "content-type" not in read.headers
    assert write.headers["content-type"] == "application/json"


def test_netrc_does_not_replace_the_api_key(
    server: ScriptedServer, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.script(SIM)
    client.sim_cards.retrieve("1")
    assert server.received[0].headers["authorization"] == f"Bearer {API_KEY}"


def test_the_environments_proxy_is_used(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.address)
    server.script(SIM)
    with Client(API_KEY, "http://api.example.test/v2") as client:
        client.sim_cards.retrieve("1")
    assert server.received[0].target == "http://api.example.test/v2/sim_cards/1"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_down_means_nothing_was_sent(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://127.0.0.1:{free_port()}")
    assert_not_made(f"{scheme}://api.example.test/v2")


def test_a_proxy_that_refuses_the_tunnel_means_nothing_was_sent(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.address)
    server.script(Reply(403), Reply(403))
    assert_not_made("https://api.example.test/v2")
    assert [request.method for request in server.received] == ["CONNECT", "CONNECT"]


def test_a_redirect_is_refused(server: ScriptedServer, client: Client) -> None:
    server.script(Reply(302, headers={"Location": server.address + "/elsewhere"}), SIM)
    with pytest.raises(errors.UnexpectedStatus, match="redirect") as caught:
        client.sim_cards.retrieve("1")
    assert caught.value.status == 302
    assert server.turns == [SIM]


def test_cookies_are_not_kept(server: ScriptedServer, client: Client) -> None:
    server.script(Reply(body={"data": {}}, headers={"Set-Cookie": "a=b; Path=/"}), SIM)
    client.sim_cards.retrieve("1")
    client.sim_cards.retrieve("1")
    assert "cookie" not in server.received[1].headers


def test_one_connection_is_kept_for_many_requests(server: ScriptedServer, client: Client) -> None:
    server.script(*[SIM] * 5, Reply(404), SIM)
    for _ in range(5):
        client.sim_cards.retrieve("1")
    with pytest.raises(errors.NotFound):
        client.sim_cards.retrieve("1")
    client.sim_cards.retrieve("1")
    assert server.connections == 1


def test_eight_threads_share_a_client(server: ScriptedServer, client: Client) -> None:
    server.script(*[Reply(body={"data": {"id": "1"}}, delay=0.002)] * 160)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: client.sim_cards.retrieve("1"), range(160)))
    assert found == [{"id": "1"}] * 160
    assert len(server.received) == 160
    assert server.connections <= 8


def test_refused() -> None:
    error = assert_not_made(f"http://127.0.0.1:{free_port()}/v2")
    assert "refused" in str(error)
    assert error.retryable


def test_a_name_that_cannot_be_resolved() -> None:
    error = assert_not_made("http://nowhere.invalid/v2")
    assert "could not be resolved" in str(error)


def test_a_certificate_that_is_not_trusted_is_not_tried_again() -> None:
    def distrust(*_: object, **__: object) -> requests.Response:
        import ssl

        raise requests.exceptions.SSLError(ssl.SSLCertVerificationError(1, "self-signed"))

    adapter = HTTPAdapter()
    adapter.send = distrust  # type: ignore[method-assign]
    error = assert_not_made("https://api.example.test/v2", adapter=adapter)
    assert not error.retryable
    assert "certificate" in str(error)


def test_an_address_that_is_no_address_is_not_tried_again() -> None:
    error = assert_not_made("http://api..example.test/v2")
    assert not error.retryable


@contextlib.contextmanager
def tls_impostor(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """Accepts connections, but does not speak TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    behave(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/v2"
        listener.shutdown(socket.SHUT_RDWR)


def answers_in_plain_text(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.close()


def hangs_up(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.close()


def hangs_up_at_once(connection: socket.socket) -> None:
    connection.close()


kept: list[socket.socket] = []


@pytest.mark.parametrize("behave", [answers_in_plain_text, hangs_up, hangs_up_at_once, kept.append])
def test_a_failed_handshake_means_nothing_was_sent(
    behave: Callable[[socket.socket], None],
) -> None:
    with tls_impostor(behave) as base_url:
        assert_not_made(base_url, connect_timeout=0.2)


def assert_not_made(base_url: str, **options: object) -> errors.ConnectionNotMade:
    arguments = {"api_key": API_KEY, "read_attempts": 2, **options}
    with Client(base_url=base_url, **arguments) as client:  # type: ignore[arg-type]
        client._sender.sleep = lambda _: None
        with pytest.raises(errors.ConnectionNotMade) as caught:
            client.sim_cards.enable("1")
    assert not caught.value.maybe_applied
    assert caught.value.status is None
    return caught.value


class LosesTheAnswer(HTTPAdapter):
    """Lets the request through and loses what comes back."""

    def send(self, *arguments: object, **keywords: object) -> requests.Response:
        super().send(*arguments, **keywords).close()  # type: ignore[arg-type]
        raise requests.ConnectionError("gone")


def test_an_adapter_can_lose_an_answer(server: ScriptedServer, make_client: MakeClient) -> None:
    server.script(Reply(202, {"data": {}}))
    with pytest.raises(errors.AnswerLost) as caught:
        make_client(adapter=LosesTheAnswer()).sim_cards.enable("1")
    assert caught.value.maybe_applied
    assert len(server.received) == 1


def test_a_timeout_while_waiting_says_so(server: ScriptedServer, make_client: MakeClient) -> None:
    server.script(Silence())
    with pytest.raises(errors.AnswerLost, match="too long"):
        make_client(read_timeout=0.1, read_attempts=1).sim_cards.retrieve("1")
