"""Connections to the API, and what a failed one tells: was anything sent?

That question decides whether a write may be repeated. urllib3 does not answer it for TLS: a reset
or a timeout during the handshake looks the same as one after the request. Our connection classes
therefore turn whatever fails while connecting (name, socket, proxy tunnel, handshake) into one
exception that says so.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

import urllib3
from requests import exceptions as requests_errors
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
)

NEVER_SENT = (
    ConnectTimeoutError,
    LocationValueError,
    requests_errors.ConnectTimeout,
    requests_errors.InvalidURL,
    requests_errors.InvalidSchema,
    requests_errors.MissingSchema,
    requests_errors.InvalidHeader,
)
FRUITLESS = (*NEVER_SENT[3:], LocationValueError, ssl.SSLCertVerificationError)


@contextmanager
def _connecting(connection: HTTPConnection) -> Iterator[None]:
    try:
        yield
    except ConnectTimeoutError:
        raise
    except (OSError, HTTPException, HTTPError) as error:
        raise NewConnectionError(connection, f"{type(error).__name__}: {error}") from error


class _PlainConnection(HTTPConnection):
    def connect(self) -> None:
        with _connecting(self):
            super().connect()


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        with _connecting(self):
            super().connect()


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _PlainPool, "https": _TlsPool}


class PooledAdapter(HTTPAdapter):
    """Keep-alive connections for ``pool_size`` threads, without any retry of urllib3's own.

    The pool does not block: a thread too many opens a connection that is closed after use. Waiting
    for a free one would be a wait that no deadline of ours reaches.
    """

    def __init__(self, pool_size: int) -> None:
        super().__init__(
            pool_connections=1, pool_maxsize=pool_size, max_retries=0, pool_block=False
        )

    def init_poolmanager(self, *args: object, **keywords: object) -> None:
        super().init_poolmanager(*args, **keywords)  # type: ignore[arg-type]
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **keywords: object) -> urllib3.ProxyManager:
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **keywords)
        manager.pool_classes_by_scheme = POOLS
        return manager


def nothing_was_sent(error: BaseException) -> bool:
    """Whether this exception of requests proves that no part of the request left us."""
    return any(isinstance(cause, NEVER_SENT) for cause in _causes(error)) or _is_certificate(error)


def is_fruitless(error: BaseException) -> bool:
    """Whether another attempt would fail the same way: bad address, untrusted certificate."""
    return any(isinstance(cause, FRUITLESS) for cause in _causes(error))


def describe(error: BaseException) -> str:
    """Why a connection failed, in a few words, without the request."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, NameResolutionError):
            return "the host name could not be resolved"
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = getattr(cause, "verify_message", "")
            return f"the certificate is not trusted: {why}" if why else "untrusted certificate"
    system = next((cause for cause in reversed(causes) if _is_system(cause)), None)
    if isinstance(system, TimeoutError) or any("Timeout" in type(c).__name__ for c in causes):
        return "it took too long"
    if isinstance(system, ssl.SSLError):
        return f"TLS failed: {system.reason or type(system).__name__}"
    if isinstance(system, OSError):
        return (system.strerror or str(system) or type(system).__name__).lower()
    return type(causes[-1]).__name__


def _is_certificate(error: BaseException) -> bool:
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def _is_system(error: BaseException) -> bool:
    return isinstance(error, OSError) and not isinstance(error, requests_errors.RequestException)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and those it wraps, which requests and urllib3 keep in several places."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        wrapped = [*cause.args, getattr(cause, "reason", None)]
        wrapped += [getattr(cause, "original_error", None), cause.__cause__]
        waiting += [found for found in wrapped if isinstance(found, BaseException)]
