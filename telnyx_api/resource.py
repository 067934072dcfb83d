"""What every resource of the API has in common: one record, one page of records, all pages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from telnyx_api import arguments, query
from telnyx_api.errors import InvalidArgument
from telnyx_api.query import Parameter
from telnyx_api.sending import Sender
from telnyx_api.session import Answer, unreadable
from telnyx_api.unset import UNSET, Unset

LARGEST_PAGE = 250
PAGING = ("page[number]", "page[size]")
LEGACY_PAGING = ("page", "per_page")

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Page(Generic[Record]):
    """One page of a list. Totals are None where the API sends no meta.

    ``number`` and ``size`` are what was asked for, where the answer does not say otherwise.
    ``received_at`` is aware, in UTC: the time as of which the records are true. Of a client that
    leaves records undecoded ``data`` holds bytes.
    """

    data: list[Record]
    number: int
    size: int
    total_pages: int | None
    total_results: int | None
    received_at: datetime

    @property
    def is_last(self) -> bool:
        """Whether no further page is to be expected."""
        if not self.data:
            return True
        if self.total_pages is not None:
            return self.number >= self.total_pages
        return len(self.data) < self.size


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Record]):
    """What an answer with both records and errors says: this was done, and that was refused.

    ``errors`` holds the entries as the API sends them.
    """

    data: list[Record]
    errors: list[dict[str, Any]]


class Resource:
    """The base of a resource module. Its methods raise errors.TelnyxError and subclasses."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def _send(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, Parameter] | None = None,
        given: Mapping[str, object] | None = None,
        body: Mapping[str, object] | Unset = UNSET,
        once: bool = False,
        hidden: Sequence[str] = (),
    ) -> Answer:
        params = query.build(parameters or {}, given or {})
        return self._sender.send(method, path, params=params, body=body, once=once, hidden=hidden)

    def _one(self, kind: type[Record], method: str, path: str, **request: Any) -> Record:
        """Send a request whose answer holds one record of ``kind``."""
        record: Record = _data(self._send(method, path, **request), dict, method, path)
        return record

    def _only(self, kind: type[Record], method: str, path: str, **request: Any) -> Record:
        """As ``_one``, where the API puts the one record into a list."""
        answer = self._send(method, path, **request)
        data: list[Record] = _data(answer, list, method, path)
        if len(data) != 1:
            raise unreadable(method, path, answer.status, f"it holds {len(data)} records, not one")
        return data[0]

    def _bare(self, kind: type[Record], method: str, path: str, **request: Any) -> Record:
        """As ``_one``, where the record is the whole answer."""
        answer = self._send(method, path, **request)
        if not isinstance(answer.body, dict):
            raise unreadable(method, path, answer.status, "it is not a record")
        record: Record = answer.body  # type: ignore[assignment]
        return record

    def _nothing(self, method: str, path: str) -> None:
        """Send a request whose answer is empty."""
        self._send(method, path)

    def _some(self, kind: type[Record], method: str, path: str, **request: Any) -> list[Record]:
        """Send a request whose answer holds records, all at once."""
        data: list[Record] = _data(self._send(method, path, **request), list, method, path)
        return data

    def _outcome(
        self, kind: type[Record], method: str, path: str, **request: Any
    ) -> Outcome[Record]:
        """Send a request that may be carried out in part; it is never sent again."""
        answer = self._send(method, path, once=True, **request)
        listed = answer.body.get("errors") if isinstance(answer.body, dict) else None
        refused = [entry for entry in listed or () if isinstance(entry, dict)]
        if refused and answer.body.get("data") is None:
            return Outcome([], refused)
        return Outcome(_data(answer, list, method, path), refused)

    def _text(
        self,
        accept: str,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, Parameter] | None = None,
        given: Mapping[str, object] | None = None,
    ) -> str:
        """Send a request whose answer is text of the type ``accept``."""
        params = query.build(parameters or {}, given or {})
        answer = self._sender.send(method, path, params=params, accept=accept)
        return str(answer.body or "")

    def _whole(self, kind: type[Record], path: str, **request: Any) -> Page[Record]:
        """Fetch a list of which the specification offers no pages."""
        answer = self._send("GET", path, **request)
        return _as_page(answer, path, 1, None)

    def _page(
        self,
        kind: type[Record],
        path: str,
        number: int,
        size: int,
        *,
        parameters: Mapping[str, Parameter] | None = None,
        given: Mapping[str, object] | None = None,
        largest: int = LARGEST_PAGE,
        paging: tuple[str, str] = PAGING,
    ) -> Page[Record]:
        """Fetch one page of records of ``kind``."""
        number = arguments.between("number", number, 1)
        size = arguments.between("size", size, 1, largest)
        return self._fetch(path, number, size, query.build(parameters or {}, given or {}), paging)

    def _pages(
        self,
        kind: type[Record],
        path: str,
        size: int,
        *,
        parameters: Mapping[str, Parameter] | None = None,
        given: Mapping[str, object] | None = None,
        largest: int = LARGEST_PAGE,
        paging: tuple[str, str] = PAGING,
    ) -> Iterator[Page[Record]]:
        """All pages, each fetched when it is asked for; arguments are checked at once."""
        size = arguments.between("page_size", size, 1, largest)
        return self._walk(path, size, query.build(parameters or {}, given or {}), paging)

    def _walk(
        self, path: str, size: int, params: query.Query, paging: tuple[str, str]
    ) -> Iterator[Page[Any]]:
        number = 1
        while True:
            page = self._fetch(path, number, size, params, paging)
            yield page
            if page.is_last:
                return
            number += 1

    def _fetch(
        self, path: str, number: int, size: int, params: query.Query, paging: tuple[str, str]
    ) -> Page[Any]:
        asked = list(zip(paging, (str(number), str(size)), strict=True))
        undecoded = self._sender.undecoded
        answer = self._sender.send("GET", path, params=[*params, *asked], undecoded=undecoded)
        return _as_page(answer, path, number, size)


def records(pages: Iterator[Page[Record]]) -> Iterator[Record]:
    """The records of all pages, one after the other."""
    for page in pages:
        yield from page.data


def given_fields(**fields: object) -> dict[str, object]:
    """A request body of the fields that were given; raises InvalidArgument where none was."""
    body = {name: value for name, value in fields.items() if value is not UNSET}
    if not body:
        raise InvalidArgument("fields", None, f"at least one of {', '.join(fields)}")
    return body


def _as_page(answer: Answer, path: str, number: int, size: int | None) -> Page[Any]:
    data = _data(answer, list, "GET", path)
    meta = answer.body.get("meta")
    told = meta if isinstance(meta, dict) else {}
    return Page(
        data=data,
        number=number,
        size=_number(told.get("page_size")) or size or len(data),
        total_pages=_number(told.get("total_pages")),
        total_results=_number(told.get("total_results")),
        received_at=answer.received_at,
    )


def _data(answer: Answer, shape: type, method: str, path: str) -> Any:
    data = answer.body.get("data") if isinstance(answer.body, dict) else None
    if not isinstance(data, shape):
        why = f"its data is not a {'list' if shape is list else 'record'}"
        raise unreadable(method, path, answer.status, why)
    return data


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
