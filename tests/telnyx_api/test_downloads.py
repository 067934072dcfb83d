"""Files are fetched whole or not at all, and nobody but the API is shown the API key."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from telnyx_api import Client, errors
from tests.telnyx_api.conftest import API_KEY, MakeClient
from tests.telnyx_api.scripted_server import Reply, ResetRead, ScriptedServer, Turn

CONTENT = b"mcc,mnc\n" * 20_000
FILE = Reply(raw=CONTENT, headers={"Content-Type": "text/csv"})


@pytest.fixture
def store() -> Iterator[ScriptedServer]:
    with ScriptedServer() as store:
        yield store


def moved(where: str) -> Reply:
    return Reply(302, headers={"Location": where})


def test_the_apis_own_file(server: ScriptedServer, client: Client) -> None:
    server.script(FILE)
    file = io.BytesIO(b"before")
    file.seek(6)
    assert client.downloads.to_file(f"{server.base_url}/files/1?signature=x", file) == len(CONTENT)
    assert file.getvalue() == b"before" + CONTENT
    [request] = server.received
    assert request.target == "/v2/files/1?signature=x"
    assert request.headers["authorization"] == f"Bearer {API_KEY}"


def test_another_host_gets_no_credentials(
    server: ScriptedServer,
    store: ScriptedServer,
    make_client: MakeClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setattr("telnyx_api.downloads._trusted", lambda *_: True)
    server.script(moved(f"{store.address}/elsewhere?signature=x"))
    store.script(FILE)
    file = io.BytesIO()
    make_client().downloads.to_file(f"{server.base_url}/files/1", file)
    assert file.getvalue() == CONTENT
    assert "authorization" in server.received[0].headers
    assert "authorization" not in store.received[0].headers
    assert "cookie" not in store.received[0].headers


@pytest.mark.parametrize(
    "url",
    [
        "http://store.example.test/file",
        "ftp://store.example.test/file",
        "file:///etc/passwd",
        "https://user:password@store.example.test/file",
        "https://[nonsense/file",
        "/v2/files/1",
        "",
        None,
    ],
)
def test_an_address_that_is_not_trusted(client: Client, url: str) -> None:
    file = io.BytesIO()
    with pytest.raises(errors.InvalidArgument) as caught:
        client.downloads.to_file(url, file)
    assert caught.value.argument == "url"
    assert "password@" not in str(caught.value)


def test_nobody_is_followed_to_plain_http(
    server: ScriptedServer, store: ScriptedServer, client: Client
) -> None:
    server.script(moved(f"{store.address}/file"))
    with pytest.raises(errors.DownloadRefused, match="https"):
        client.downloads.to_file(f"{server.base_url}/files/1", io.BytesIO())
    assert store.received == []


def test_the_api_may_lead_on_within_itself(server: ScriptedServer, client: Client) -> None:
    server.script(moved("/v2/files/2"), FILE)
    file = io.BytesIO()
    client.downloads.to_file(f"{server.base_url}/files/1", file)
    assert server.received[1].path == "/v2/files/2"
    assert file.getvalue() == CONTENT


def test_a_circle_is_left(server: ScriptedServer, client: Client) -> None:
    server.script(*[moved("/v2/files/1")] * 9)
    with pytest.raises(errors.DownloadRefused, match="5 times"):
        client.downloads.to_file(f"{server.base_url}/files/1", io.BytesIO())
    assert len(server.received) == 6


@pytest.mark.parametrize("most", [1, 100_000, len(CONTENT) - 1])
def test_a_file_that_is_too_large_leaves_nothing(
    server: ScriptedServer, client: Client, tmp_path: Path, most: int
) -> None:
    server.script(FILE, FILE)
    file = io.BytesIO()
    with pytest.raises(errors.DownloadRefused, match="bytes"):
        client.downloads.to_file(f"{server.base_url}/files/1", file, max_bytes=most)
    assert file.getvalue() == b""
    with pytest.raises(errors.DownloadRefused):
        client.downloads.to_path(f"{server.base_url}/files/1", tmp_path / "a.csv", max_bytes=most)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_unknown_length_is_stopped_at_the_limit(
    server: ScriptedServer, client: Client
) -> None:
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    endless = Reply(raw=chunk * 8 + b"0\r\n\r\n", headers={"Transfer-Encoding": "chunked"})
    server.script(endless)
    file = io.BytesIO()
    with pytest.raises(errors.DownloadRefused):
        client.downloads.to_file(f"{server.base_url}/files/1", file, max_bytes=50_000)
    assert file.getvalue() == b""


BROKEN: list[Turn] = [
    Reply(raw=CONTENT, missing=5),
    ResetRead(),
    Reply(503),
    Reply(429, headers={"Retry-After": "0"}),
]


@pytest.mark.parametrize("trouble", BROKEN, ids=range(len(BROKEN)))
def test_it_is_tried_again_from_the_start(
    server: ScriptedServer, client: Client, naps: list[float], tmp_path: Path, trouble: Turn
) -> None:
    server.script(trouble, FILE)
    path = tmp_path / "a.csv"
    assert client.downloads.to_path(f"{server.base_url}/files/1", path) == len(CONTENT)
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]
    assert len(naps) == 1


def test_a_failed_download_leaves_the_older_file(
    server: ScriptedServer, make_client: MakeClient, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"older")
    server.script(*[Reply(raw=CONTENT, missing=5)] * 2)
    with pytest.raises(errors.AnswerLost):
        make_client(read_attempts=2).downloads.to_path(f"{server.base_url}/files/1", path)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_an_address_that_has_expired(
    server: ScriptedServer, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "telnyx_api")
    server.script(Reply(403, raw=b"<Error>signature</Error>"))
    with pytest.raises(errors.PermissionRefused) as caught:
        client.downloads.to_file(f"{server.base_url}/files/1?signature=x", io.BytesIO())
    assert caught.value.status == 403
    assert not caught.value.retryable
    assert "signature" not in str(caught.value)
    assert API_KEY not in repr(vars(caught.value))
    assert caught.value.__context__ is None


class Full(io.BytesIO):
    def write(self, data: object) -> int:
        super().write(b"part")
        raise OSError("no space left")


def test_a_full_disk_leaves_nothing_and_is_not_our_networks_fault(
    server: ScriptedServer, client: Client
) -> None:
    server.script(FILE)
    file = Full()
    with pytest.raises(OSError, match="no space"):
        client.downloads.to_file(f"{server.base_url}/files/1", file)
    assert file.getvalue() == b""


def test_a_deadline_ends_a_slow_download(server: ScriptedServer, make_client: MakeClient) -> None:
    server.script(Reply(raw=CONTENT, pieces=20, delay=0.05))
    file = io.BytesIO()
    with pytest.raises(errors.AnswerLost, match="too long"):
        make_client(deadline=0.2).downloads.to_file(f"{server.base_url}/files/1", file)
    assert file.getvalue() == b""
