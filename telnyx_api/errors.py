"""Everything that can go wrong between us and the Telnyx API, as one tree of exceptions.

Two questions decide what a caller may do next, and every error answers both:

``retryable``
    Sending the very same request again may succeed, and cannot apply a change twice. Never of
    what spends money or takes things into possession: a person decides on another attempt.
``maybe_applied``
    The API may have carried the request out, although we hold no answer that says so. Such a
    request is never repeated blindly; its effect has to be looked up first.

Classes follow the HTTP status first and the Telnyx error code second, because the API gives the
same code to different refusals (specification and error reference).
"""

from collections.abc import Sequence
from typing import Any, ClassVar

READING = frozenset({"GET", "HEAD", "OPTIONS"})
TRANSIENT_STATUSES = frozenset({500, 502, 503, 504})
SHOWN_VALUE = 80


def changes_something(method: str | None) -> bool:
    """Whether a request of this HTTP method can leave a trace at the API."""
    return method is not None and method.upper() not in READING


class TelnyxError(Exception):
    """The root. ``str()`` is a sentence for people and never contains the API key.

    Attributes: ``retryable`` and ``maybe_applied`` (see the module), ``retry_after`` (seconds that
    the API asked us to wait, or None), ``status`` (HTTP status or None), ``code``, ``title``,
    ``detail``, ``pointer``, ``parameter`` (of the entry that names the cause), ``method``, ``path``
    (below the base URL, without the query), ``errors`` (all entries of the body, as sent).
    """

    meaning: ClassVar[str] = "the request failed"

    def __init__(
        self,
        message: str = "",
        *,
        retryable: bool = False,
        maybe_applied: bool = False,
        retry_after: float | None = None,
        status: int | None = None,
        code: str | None = None,
        title: str | None = None,
        detail: str | None = None,
        pointer: str | None = None,
        parameter: str | None = None,
        method: str | None = None,
        path: str | None = None,
        errors: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(message or self.meaning)
        self.retryable = retryable
        self.maybe_applied = maybe_applied
        self.retry_after = retry_after
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.pointer = pointer
        self.parameter = parameter
        self.method = method
        self.path = path
        self.errors = list(errors)


class InvalidArgument(TelnyxError, ValueError):
    """An argument that the specification forbids; nothing was sent.

    ``argument`` is its name, ``value`` what was given, ``allowed`` what would do.
    """

    def __init__(self, argument: str, value: object = None, allowed: str = "") -> None:
        super().__init__()
        self.args = (argument, value, allowed)
        self.argument = argument
        self.value = value
        self.allowed = allowed

    def __str__(self) -> str:
        shown = repr(self.value)
        if len(shown) > SHOWN_VALUE:
            shown = shown[: SHOWN_VALUE - 1] + "…"
        return f"{self.argument} is {shown}, but must be {self.allowed}."


# Nothing, or nothing whole, came back.


class RateLimitTimeout(TelnyxError):
    """Our own rate limiter did not grant a turn in time; nothing was sent."""

    meaning = "the rate limit left no turn in the time allowed"


class DeadlinePassed(TelnyxError):
    """The time that the caller allowed was over before the request could be sent."""

    meaning = "the time allowed was over before the request could be sent"


class ConnectionNotMade(TelnyxError):
    """No connection (name, network, refused, TLS handshake, proxy): nothing was sent."""

    meaning = "no connection could be made"


class AnswerLost(TelnyxError):
    """The connection failed or timed out after the request may have been sent."""

    meaning = "the request may have been sent, but no answer came back"


class AnswerUnreadable(TelnyxError):
    """The API reported success, but its answer is cut short, is not JSON, or lacks its data."""

    meaning = "the answer reports success but cannot be read"


class DownloadRefused(TelnyxError):
    """A file that we do not fetch or do not keep: too large, or at an address we do not trust."""

    meaning = "the file cannot be downloaded"


# The API answered with an error status.


class BadRequest(TelnyxError):
    """400."""

    meaning = "the API does not accept the form of the request"


class AuthenticationRefused(TelnyxError):
    """401: the API key is wrong, revoked, or of another environment."""

    meaning = "the API does not accept the API key"


class PermissionRefused(TelnyxError):
    """403: the key is valid, but this is not allowed to it or not part of the account."""

    meaning = "the API key has no permission for this"


class NotFound(TelnyxError):
    """404."""

    meaning = "the API knows no such thing"


class MethodNotAllowed(TelnyxError):
    """405."""

    meaning = "the API does not offer this here"


class Conflict(TelnyxError):
    """409."""

    meaning = "the request conflicts with the present state"


class Unprocessable(TelnyxError):
    """422: understood, and refused for what it asks or for the state that things are in.

    The subclasses name refusals that we act upon. Under which status the API sends them is not
    documented, so each is recognised by its code under 400, 402, 403, 409 and 422 (our choice);
    ``status`` tells which it was.
    """

    meaning = "the API understood the request and refuses it"


class BeingProcessed(Unprocessable):
    """10036: another action on the same resource is still running. Worth another try later."""

    meaning = "another action on the same resource is still running"


class NoGroup(Unprocessable):
    """70007: the SIM card needs a SIM card group first."""

    meaning = "the SIM card belongs to no SIM card group"


class NotEmptyGroup(Unprocessable):
    """70005: the SIM card group still has SIM cards."""

    meaning = "the SIM card group is not empty"


class DefaultGroup(Unprocessable):
    """70006: the default SIM card group cannot be deleted."""

    meaning = "the default SIM card group cannot be deleted"


class InsufficientFunds(Unprocessable):
    """20100."""

    meaning = "the account has not enough funds"


class NoPublicIps(Unprocessable):
    """70008: no public IP is left."""

    meaning = "no public IP is available"


class OutOfStock(Unprocessable):
    """70001: fewer SIM cards or eSIMs in stock than asked for."""

    meaning = "not enough SIM cards are in stock"


class RateLimited(TelnyxError):
    """429: the API did not look at the request, which may be sent again after ``retry_after``."""

    meaning = "the API asks us to slow down"


class ServerFailure(TelnyxError):
    """5xx, from the API or from a proxy before it."""

    meaning = "the API failed"


class UnexpectedStatus(TelnyxError):
    """Any other status, redirects among them: they are refused, never followed."""

    meaning = "the API answered in a way that we do not expect"


BY_STATUS: dict[int, type[TelnyxError]] = {
    400: BadRequest,
    401: AuthenticationRefused,
    403: PermissionRefused,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    422: Unprocessable,
    429: RateLimited,
}
BY_CODE: dict[str, type[Unprocessable]] = {
    "10036": BeingProcessed,
    "20100": InsufficientFunds,
    "70001": OutOfStock,
    "70005": NotEmptyGroup,
    "70006": DefaultGroup,
    "70007": NoGroup,
    "70008": NoPublicIps,
}
STATUSES_WITH_CODES = frozenset({400, 402, 403, 409, 422})


def class_for(status: int, code: str | None) -> type[TelnyxError]:
    """The class of an error answer: by status, then by code."""
    if status in STATUSES_WITH_CODES and code in BY_CODE:
        return BY_CODE[code]
    if status >= 500:
        return ServerFailure
    return BY_STATUS.get(status, UnexpectedStatus)
