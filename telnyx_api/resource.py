"""What every resource of the API has in common: one record, one page of records, all pages."""

from collections.abc import Iterator, Mapping
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

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Page(Generic[Record]):
    """One page of a list. Totals are None where the API sends no meta.

    ``number`` and ``size`` are what was asked for, where the answer does not say otherwise.
    ``received_at`` is aware, in UTC: the time as of which the records are true.
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


class Resource:
    """The base of a resource module. Its methods raise errors.TelnyxError and subclasses."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def _one(
        self,
        kind: type[Record],
        method: str,
        path: str,
        *,
        parameters: Mapping[str, Parameter] | None = None,
        given: Mapping[str, object] | None = None,
        body: Mapping[str, object] | Unset = UNSET,
    ) -> Record:
        """Send a request whose answer holds one record of ``kind``."""
        params = query.build(parameters or {}, given or {})
        answer = self._sender.send(method, path, params=params, body=body)
        record: Record = _data(answer, dict, method, path)
        return record

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
    ) -> Page[Record]:
        """Fetch one page of records of ``kind``."""
        number = arguments.between("number", number, 1)
        size = arguments.between("size", size, 1, largest)
        return self._fetch(path, number, size, query.build(parameters or {}, given or {}))

    def _pages(
        self,
        kind: type[Record],
        path: str,
        size: int,
        *,
        parameters: Mapping[str, Parameter] | None = None,
        given: Mapping[str, object] | None = None,
        largest: int = LARGEST_PAGE,
    ) -> Iterator[Page[Record]]:
        """All pages, each fetched when it is asked for; arguments are checked at once."""
        size = arguments.between("page_size", size, 1, largest)
        return self._walk(path, size, query.build(parameters or {}, given or {}))

    def _walk(self, path: str, size: int, params: query.Query) -> Iterator[Page[Any]]:
        number = 1
        while True:
            page = self._fetch(path, number, size, params)
            yield page
            if page.is_last:
                return
            number += 1

    def _fetch(self, path: str, number: int, size: int, params: query.Query) -> Page[Any]:
        paging = [("page[number]", str(number)), ("page[size]", str(size))]
        answer = self._sender.send("GET", path, params=[*params, *paging])
        data = _data(answer, list, "GET", path)
        meta = answer.body.get("meta")
        told = meta if isinstance(meta, dict) else {}
        return Page(
            data=data,
            number=number,
            size=_whole(told.get("page_size")) or size,
            total_pages=_whole(told.get("total_pages")),
            total_results=_whole(told.get("total_results")),
            received_at=answer.received_at,
        )


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


def _data(answer: Answer, shape: type, method: str, path: str) -> Any:
    data = answer.body.get("data") if isinstance(answer.body, dict) else None
    if not isinstance(data, shape):
        why = f"its data is not a {'list' if shape is list else 'record'}"
        raise unreadable(method, path, answer.status, why)
    return data


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
