"""Error answers: ``{"errors": [{code, title, detail, source, meta}]}`` (specification).

Codes are those that the API documents; which HTTP status goes with a code is partly our choice
and is decided here alone. The sentences are ours.
"""

from collections.abc import Iterable
from typing import Any

import orjson
from starlette.responses import Response

JSON_TYPE = "application/json; charset=utf-8"
ERROR_PAGES = "https://developers.telnyx.com/docs/overview/errors/"


class Problem(Exception):
    """An error answer, raised anywhere in a handler."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        source: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status}/{code}: {detail}")
        self.status = status
        self.headers = headers or {}
        self.error: dict[str, Any] = {
            "code": code,
            "title": title,
            "detail": detail,
            "meta": {"url": ERROR_PAGES + code},
        }
        if source is not None:
            self.error["source"] = source

    def body(self) -> bytes:
        """The JSON of the answer."""
        return orjson.dumps({"errors": [self.error]})

    def response(self) -> Response:
        """The HTTP answer."""
        return Response(self.body(), self.status, self.headers, JSON_TYPE)


def unauthenticated() -> Problem:
    """A missing, malformed or wrong key (behaviour: 401 with 10009)."""
    return Problem(
        401, "10009", "Authentication failed", "Could not understand the provided credentials."
    )


def not_found() -> Problem:
    """No such path or no such resource (behaviour: 404 with 10005)."""
    return Problem(
        404, "10005", "Resource not found", "There is nothing here: check the path and the id."
    )


def method_not_allowed(allowed: Iterable[str] = ()) -> Problem:
    """A known path with another method (behaviour: 405 with 10030); Allow as in RFC 9110."""
    return Problem(
        405,
        "10030",
        "Method not allowed",
        "This path does not take the method of the request.",
        headers={"allow": ", ".join(sorted(allowed))} if allowed else None,
    )


def invalid_json() -> Problem:
    """A body that is no JSON (behaviour: 10023; 400 is our choice)."""
    return Problem(400, "10023", "Invalid JSON", "The body of the request is not valid JSON.")


def body_too_large() -> Problem:
    """A body above what the sandbox takes (our choice)."""
    return Problem(413, "10015", "Bad request", "The body of the request is too large.")


def too_many_requests(headers: dict[str, str]) -> Problem:
    """Above the rate limit (behaviour: 429 with 10011)."""
    return Problem(
        429,
        "10011",
        "Too many requests",
        "The rate limit was reached: wait for the next window.",
        headers=headers,
    )


def unexpected() -> Problem:
    """A fault of the sandbox itself, or one that was ordered (behaviour: 10007)."""
    return Problem(500, "10007", "Unexpected error", "Something went wrong on the server.")


def bad_filter(parameter: str, detail: str) -> Problem:
    """A filter, sort or include that is not understood (behaviour: 10031; 400 is our choice)."""
    return Problem(400, "10031", "Invalid filter", detail, {"parameter": parameter})


def bad_parameter(parameter: str, code: str, title: str, detail: str) -> Problem:
    """A query parameter with a value that is not allowed (our choice: 422)."""
    return Problem(422, code, title, detail, {"parameter": parameter})


def missing(pointer: str) -> Problem:
    """A required body field that is not there (behaviour: 10004)."""
    name = pointer.rsplit("/", 1)[-1]
    return Problem(
        422, "10004", "Missing required parameter", f"{name} is required.", {"pointer": pointer}
    )


def wrong_type(pointer: str, expected: str) -> Problem:
    """A body field of another type (behaviour: 10026)."""
    return Problem(
        422, "10026", "Invalid parameter type", f"Expected {expected}.", {"pointer": pointer}
    )


def wrong_value(pointer: str, detail: str, code: str = "10015") -> Problem:
    """A body field with a value that is not allowed (behaviour: 10032 enum, 10033 range)."""
    titles = {"10032": "Value not in the allowed set", "10033": "Value out of range"}
    return Problem(422, code, titles.get(code, "Bad request"), detail, {"pointer": pointer})


def association_missing(pointer: str, what: str) -> Problem:
    """A body field that names a resource which does not exist (behaviour: 10017)."""
    return Problem(
        422,
        "10017",
        "Associated resource not found",
        f"There is no {what} with this id.",
        {"pointer": pointer},
    )


def duplicate(pointer: str, detail: str) -> Problem:
    """A body field with a value that has to be unique and is taken (behaviour: 10012)."""
    return Problem(422, "10012", "Duplicate resource", detail, {"pointer": pointer})


def refused(code: str, detail: str) -> Problem:
    """A request that the state of the resource does not allow (422 is our choice)."""
    titles = {
        "10021": "Resource in use",
        "10027": "Unprocessable request",
        "20100": "Insufficient funds",
        "10036": "Resource is being processed",
        "70005": "SIM card group is not empty",
        "70006": "Default SIM card group",
        "70001": "Not enough in stock",
        "70007": "SIM card has no group",
        "70008": "No public IP available",
    }
    return Problem(422, code, titles.get(code, "Unprocessable request"), detail)
