"""One HTTP exchange with the API: a request out, a parsed answer or an error of ours back."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

import msgspec
import orjson
import requests
from requests.adapters import BaseAdapter
from requests.auth import AuthBase
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from telnyx_api import error_bodies, errors, transport
from telnyx_api.unset import UNSET, Unset

log = logging.getLogger(__name__)

CHUNK = 16_384
JSON = "application/json"
Observer = Callable[[int, Mapping[str, str]], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: ``body`` is the parsed JSON or the text, None where there was none."""

    status: int
    headers: Mapping[str, str]
    body: Any
    received_at: datetime


class BearerAuth(AuthBase):
    """Sends the API key. As a session's auth it also keeps requests from looking into .netrc."""

    def __init__(self, api_key: str) -> None:
        self._value = f"Bearer {api_key}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


class TelnyxSession(requests.Session):
    """Pooled keep-alive connections with our headers and timeouts.

    Honours the environment's proxies and CA bundle; follows no redirects; keeps no cookies, so that
    threads share nothing that changes. Create it after a fork, not before.
    """

    def __init__(
        self,
        api_key: str,
        *,
        connect_timeout: float,
        read_timeout: float,
        pool_size: int,
        adapter: BaseAdapter | None = None,
    ) -> None:
        super().__init__()
        self.auth = BearerAuth(api_key)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update({"User-Agent": user_agent(), "Accept": JSON})
        adapter = transport.PooledAdapter(pool_size) if adapter is None else adapter
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self._environment: dict[tuple[str, str], dict[str, Any]] = {}
        self._secret = api_key
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """What the environment says of a host, looked up once: requests would each time."""
        parts = urlsplit(url)
        host = (parts.scheme, parts.netloc)
        if host not in self._environment:
            found = super().merge_environment_settings(url, proxies, stream, verify, cert)
            self._environment[host] = dict(found)
        return {**self._environment[host], "stream": stream}

    def exchange(
        self,
        method: str,
        base_url: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: Any | Unset = UNSET,
        seconds: float | None = None,
        observe: Observer | None = None,
        accept: str = JSON,
        undecoded: bool = False,
        hidden: Sequence[str] = (),
    ) -> Answer | errors.TelnyxError:
        """Send one request, once.

        ``body`` is sent as JSON unless it is UNSET. ``seconds`` bounds connecting and waiting
        together. ``accept``: an answer of any type but JSON is returned as text. ``undecoded``:
        the records of a list are left as bytes. ``hidden``: what no error may show. ``observe`` is
        told status and headers of whatever answer comes. Errors are returned, not raised, so that
        none carries the prepared request, with the API key in its headers, as its context.
        """
        headers = {"Accept": accept}
        if body is not UNSET:
            headers["Content-Type"] = JSON
        data = None if body is UNSET else orjson.dumps(body)
        # requests takes urllib3's own kind too, which its type stubs do not know.
        timeout: Any = Timeout(
            connect=self._connect_timeout, read=self._read_timeout, total=seconds
        )
        started = time.monotonic()
        try:
            response = self.request(
                method,
                base_url + path,
                params=list(params),
                data=data,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
        except (RequestException, HTTPError, OSError) as error:
            log.debug("%s %s: %s", method, path, type(error).__name__)
            return _no_answer(error, method, path)
        with response:
            ends_at = None if seconds is None else started + seconds
            content, broken = _read(response, ends_at)
        took = 1000 * (time.monotonic() - started)
        log.debug("%s %s: %d in %.0f ms", method, path, response.status_code, took)
        if observe is not None:
            observe(response.status_code, response.headers)
        outcome = self._failure(response, content, broken, method, path, hidden)
        if outcome is not None:
            return outcome
        if undecoded and (list_ := _undecoded(content)):
            return Answer(response.status_code, response.headers, list_, datetime.now(UTC))
        return _answer(response, content, method, path, as_json=accept == JSON)

    @contextmanager
    def open(
        self, address: str, *, auth: AuthBase | None, seconds: float | None
    ) -> Iterator[requests.Response | errors.TelnyxError]:
        """Ask for a file, once, and leave its body to be read.

        ``auth``: in place of the API key. Redirects are returned, errors too.
        """
        timeout: Any = Timeout(
            connect=self._connect_timeout, read=self._read_timeout, total=seconds
        )
        response: requests.Response | None = None
        failure: errors.TelnyxError | None = None
        try:
            response = self.get(
                address,
                auth=auth,
                headers={"Accept": "*/*"},
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
        except (RequestException, HTTPError, OSError) as error:
            failure = _no_answer(error, "GET", "(a file)")
        if response is None:
            assert failure is not None
            yield failure
            return
        with response:
            yield response

    def _failure(
        self,
        response: requests.Response,
        content: bytes,
        broken: BaseException | None,
        method: str,
        path: str,
        hidden: Sequence[str],
    ) -> errors.TelnyxError | None:
        status = response.status_code
        if not 200 <= status < 300:
            for secret in hidden:
                content = error_bodies.without_hidden(content, secret)
            return error_bodies.to_error(
                status=status,
                headers=response.headers,
                body=content,
                method=method,
                path=path,
                secret=self._secret,
            )
        if broken is not None:
            return unreadable(method, path, status, f"it broke off: {transport.describe(broken)}")
        return None


def _answer(
    response: requests.Response, content: bytes, method: str, path: str, *, as_json: bool
) -> Answer | errors.TelnyxError:
    status, body = response.status_code, None
    try:
        if content:
            body = orjson.loads(content) if as_json else content.decode("utf-8-sig")
    except orjson.JSONDecodeError:
        return unreadable(method, path, status, "it is not JSON, or cut short")
    except UnicodeDecodeError:
        return unreadable(method, path, status, "it is not text in UTF-8")
    return Answer(status, response.headers, body, datetime.now(UTC))


class _List(msgspec.Struct, gc=False):
    data: list[msgspec.Raw]
    meta: msgspec.Raw = msgspec.Raw(b"null")


_as_list = msgspec.json.Decoder(_List).decode


def _undecoded(content: bytes) -> dict[str, Any] | None:
    """A list whose records are left as they came; None for whatever is no list, or cannot be read.

    Where a text in a record is not valid Unicode, or a number too large, nobody notices here.
    """
    try:
        answer = _as_list(content)
        data = [bytes(record) for record in answer.data]
        return {"data": data, "meta": orjson.loads(bytes(answer.meta))}
    except (msgspec.DecodeError, orjson.JSONDecodeError, UnicodeDecodeError, RecursionError):
        return None


def user_agent() -> str:
    """What we call ourselves: simfleet/<version>."""
    try:
        return f"simfleet/{version('simfleet')}"
    except PackageNotFoundError:
        return "simfleet/unreleased"


def unreadable(method: str, path: str, status: int, why: str) -> errors.AnswerUnreadable:
    """The error for a 2xx answer that cannot be used."""
    writes = errors.changes_something(method)
    hint = "; the change was probably carried out" if writes else ""
    return errors.AnswerUnreadable(
        f"{method} {path}: the API reports success (HTTP {status}), "
        f"but its answer cannot be read: {why}{hint}.",
        retryable=not writes,
        maybe_applied=writes,
        status=status,
        method=method,
        path=path,
    )


def _read(response: requests.Response, ends_at: float | None) -> tuple[bytes, BaseException | None]:
    """The body, as far as it came, and what broke it off."""
    received = bytearray()
    try:
        if ends_at is None:
            # At once: requests would read it in pieces of ten kilobytes.
            return response.raw.read(decode_content=True), None
        for chunk in response.iter_content(CHUNK):
            received += chunk
            if time.monotonic() > ends_at:
                return bytes(received), TimeoutError()
    except (RequestException, HTTPError, OSError) as error:
        return bytes(received), error
    return bytes(received), None


def _no_answer(error: BaseException, method: str, path: str) -> errors.TelnyxError:
    why = transport.describe(error)
    if transport.nothing_was_sent(error):
        return errors.ConnectionNotMade(
            f"{method} {path}: no connection to the API could be made: {why}; nothing was sent.",
            retryable=not transport.is_fruitless(error),
            method=method,
            path=path,
        )
    writes = errors.changes_something(method)
    hint = "; it may have been carried out all the same" if writes else ""
    return errors.AnswerLost(
        f"{method} {path}: the request may have been sent, but no answer came back: {why}{hint}.",
        retryable=not writes,
        maybe_applied=writes,
        method=method,
        path=path,
    )
