"""``page[number]`` and ``page[size]``, and the ``meta`` of a list (specification)."""

from dataclasses import dataclass

import orjson
from starlette.requests import Request
from starlette.responses import Response

from sandbox.collection import Collection, Selection
from sandbox.problems import JSON_TYPE, bad_parameter

DEFAULT_SIZE = 20
LARGEST_SIZE = 250
# Beyond any list, and within what JSON readers take for a number.
LARGEST_NUMBER = 10**12


@dataclass(frozen=True)
class Page:
    """A page of a list, counted from 1."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many items come before this page."""
        return (self.number - 1) * self.size


def _whole_number(request: Request, name: str, default: int, largest: int | None) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise bad_parameter(name, "10026", "Invalid parameter type", f"{name} is a whole number.")
    number = int(text[:20])
    if number < 1 or (largest is not None and number > largest):
        limits = "1 or more" if largest is None else f"between 1 and {largest}"
        raise bad_parameter(name, "10033", "Value out of range", f"{name} has to be {limits}.")
    return number


def page_of(request: Request, largest: int = LARGEST_SIZE) -> Page:
    """The page that a request asks for (defaults and limits: specification)."""
    return Page(
        number=_whole_number(request, "page[number]", 1, LARGEST_NUMBER),
        size=_whole_number(request, "page[size]", DEFAULT_SIZE, largest),
    )


def limited_page_of(request: Request) -> Page:
    """The same where page[limit] is another name of page[size], and wins (our choice)."""
    page = page_of(request)
    return Page(page.number, _whole_number(request, "page[limit]", page.size, LARGEST_SIZE))


def legacy_page_of(request: Request) -> Page:
    """The page that a request of the legacy reports asks for (specification)."""
    return Page(
        number=_whole_number(request, "page", 1, LARGEST_NUMBER),
        size=_whole_number(request, "per_page", DEFAULT_SIZE, LARGEST_SIZE),
    )


def list_response(items: list[bytes], total: int, page: Page) -> Response:
    """A list answer of items that are JSON already."""
    meta = orjson.dumps(
        {
            "total_pages": -(-total // page.size),
            "total_results": total,
            "page_number": page.number,
            "page_size": page.size,
        }
    )
    body = b'{"data":[' + b",".join(items) + b'],"meta":' + meta + b"}"
    return Response(body, media_type=JSON_TYPE)


def paged(request: Request, collection: Collection, selection: Selection) -> Response:
    """The list answer of a collection."""
    page = page_of(request)
    items, total = collection.page(selection, page.offset, page.size)
    return list_response(items, total, page)


def data_response(data: object, status: int = 200) -> Response:
    """An answer with one resource."""
    return Response(b'{"data":' + orjson.dumps(data) + b"}", status, media_type=JSON_TYPE)
