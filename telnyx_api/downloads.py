"""Files that the API names by their address: reports, invoices, lists of numbers.

Such an address leads to the API itself or, signed, to a store elsewhere. The API key goes to the
API only. Nobody is followed to plain http, except to the API where it is at such an address itself.
No error shows the path or the query of an address, because whoever knows them may fetch the file.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from requests.auth import AuthBase
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from telnyx_api import errors, transport
from telnyx_api.arguments import between
from telnyx_api.errors import InvalidArgument
from telnyx_api.sending import Sender
from telnyx_api.session import CHUNK

MEGABYTE = 1_000_000
LARGEST_FILE = 500 * MEGABYTE
MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
WHAT = "GET (a file)"


class Anonymous(AuthBase):
    """Sends no credentials, neither ours nor those of .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.pop("Authorization", None)
        return request


class Downloads:
    """Fetches files."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def to_file(self, url: str, file: IO[bytes], max_bytes: int = LARGEST_FILE) -> int:
        """Write the file at ``url`` to ``file``, from where it stands; how many bytes that were.

        ``file`` is binary and can seek: what was written of a download that fails is removed again.
        Raises errors.DownloadRefused where there are more than ``max_bytes``.
        """
        address = _checked(url, self._base)
        max_bytes = between("max_bytes", max_bytes, 1)
        start = file.tell()

        def attempt(ends_at: float | None) -> int:
            outcome: int | errors.TelnyxError | None = None
            try:
                outcome = self._attempt(address, file, max_bytes, ends_at)
            finally:
                if not isinstance(outcome, int):
                    file.seek(start)
                    file.truncate()
            if isinstance(outcome, errors.TelnyxError):
                raise outcome
            return outcome

        return self._sender.repeat(attempt)

    def to_path(self, url: str, path: str | Path, max_bytes: int = LARGEST_FILE) -> int:
        """As ``to_file``, to a path, where nothing appears before the file is complete."""
        path = Path(path)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w+b") as file:
                written = self.to_file(url, file, max_bytes)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
        return written

    @property
    def _base(self) -> SplitResult:
        return urlsplit(self._sender.base_url)

    def _attempt(
        self, address: str, file: IO[bytes], max_bytes: int, ends_at: float | None
    ) -> int | errors.TelnyxError:
        """One attempt; errors are returned, so that none has the request as its context."""
        for _ in range(MOST_REDIRECTS + 1):
            ours = _same_origin(urlsplit(address), self._base)
            left = self._sender.take_turn(WHAT, "", ends_at) if ours else _left(ends_at)
            auth = None if ours else Anonymous()
            with self._sender.session.open(address, auth=auth, seconds=left) as response:
                if not isinstance(response, requests.Response):
                    return response
                location = response.headers.get("Location", "")
                if response.status_code not in REDIRECTS or not location:
                    return _write(response, file, max_bytes, ends_at)
            address = urljoin(address, location)
            if not _trusted(urlsplit(address), self._base):
                return _refused("it leads to an address that is not https")
        return _refused(f"it leads on more than {MOST_REDIRECTS} times")


def _write(
    response: requests.Response, file: IO[bytes], max_bytes: int, ends_at: float | None
) -> int | errors.TelnyxError:
    if response.status_code != 200:
        return _status(response.status_code)
    promised = response.headers.get("Content-Length", "")
    if promised.isdecimal() and int(promised) > max_bytes:
        return _refused(f"it has {promised} bytes, more than the {max_bytes} allowed")
    written = 0
    broken: list[str] = []
    for chunk in _chunks(response, broken):
        written += len(chunk)
        if written > max_bytes:
            return _refused(f"it has more than the {max_bytes} bytes allowed")
        if ends_at is not None and time.monotonic() > ends_at:
            return _lost("it took too long")
        file.write(chunk)
    return _lost(broken[0]) if broken else written


def _chunks(response: requests.Response, broken: list[str]) -> Iterator[bytes]:
    """The body in pieces; where reading fails it ends, and ``broken`` says why."""
    try:
        yield from response.iter_content(CHUNK)
    except (RequestException, HTTPError, OSError) as error:
        broken.append(transport.describe(error))


def _checked(url: object, base: SplitResult) -> str:
    try:
        fits = isinstance(url, str) and _trusted(urlsplit(url), base)
    except ValueError:
        fits = False
    if not fits:
        shown = "(not shown)" if url else url
        raise InvalidArgument("url", shown, "an https address, or one of the API itself")
    return str(url)


def _trusted(address: SplitResult, base: SplitResult) -> bool:
    if address.username or address.password or not address.hostname:
        return False
    return address.scheme == "https" or _same_origin(address, base)


def _same_origin(one: SplitResult, other: SplitResult) -> bool:
    return _origin(one) == _origin(other)


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _left(ends_at: float | None) -> float | None:
    return None if ends_at is None else max(0.01, ends_at - time.monotonic())


def _refused(why: str) -> errors.DownloadRefused:
    return errors.DownloadRefused(f"The file cannot be downloaded: {why}.", method="GET")


def _lost(why: str) -> errors.AnswerLost:
    said = f"The download broke off: {why}."
    return errors.AnswerLost(said, retryable=True, method="GET")


def _status(status: int) -> errors.TelnyxError:
    kind = errors.class_for(status, None)
    retryable = kind is errors.RateLimited or status in errors.TRANSIENT_STATUSES
    said = f"The file cannot be downloaded: {kind.meaning} (HTTP {status})."
    return kind(said, retryable=retryable, status=status, method="GET")
