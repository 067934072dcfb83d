"""From an error answer of the API to the exception that stands for it.

The API has several shapes of error body (specification): the documented list of entries, a bare
entry, integer codes, ``description`` or ``message`` in place of ``detail``, no body at all; and a
proxy on the way may answer with HTML. Whatever it is, reading it never fails.
"""

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import orjson

from telnyx_api import errors, rate_limit_headers

LONGEST_TEXT = 400
SHORTEST_SECRET = 8
LIKE_AN_ENTRY = ("code", "title", "detail", "description", "message")


def to_error(
    *, status: int, headers: Mapping[str, str], body: bytes, method: str, path: str, secret: str
) -> errors.TelnyxError:
    """The exception for an answer whose status is not 2xx, with ``secret`` blanked in it."""
    entries = read_entries(without_secret(body, secret))
    entry = _decisive(entries)
    code, title, detail = _code(entry), _text(entry, "title"), _detail(entry)
    pointer, parameter = _source(entry, "pointer"), _source(entry, "parameter")
    kind = errors.class_for(status, code)
    writes = errors.changes_something(method)
    if status < 400:
        detail = "The answer is a redirect, and redirects are not followed"
    maybe_applied = writes and (
        status >= 500 or status < 400 or status == HTTPStatus.REQUEST_TIMEOUT
    )
    said = ". ".join(part.rstrip(".") for part in (title, detail) if part) or _phrase(status)
    facts = [f"HTTP {status}"]
    facts += [f"code {code}"] if code else []
    facts += [f"at {where}" for where in (pointer, parameter) if where]
    message = f"{method} {path}: {kind.meaning}: {said} ({', '.join(facts)})."
    if maybe_applied:
        message = f"{message[:-1]}; it may have been carried out all the same."
    return kind(
        message,
        retryable=_retryable(kind, status, writes),
        maybe_applied=maybe_applied,
        retry_after=rate_limit_headers.seconds_to_wait(headers),
        status=status,
        code=code,
        title=title,
        detail=detail,
        pointer=pointer,
        parameter=parameter,
        method=method,
        path=path,
        errors=entries,
    )


def read_entries(body: bytes) -> list[dict[str, Any]]:
    """The error entries of a body, as sent; an empty list where it holds none."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    if isinstance(parsed, dict):
        listed = parsed.get("errors", parsed.get("error"))
        if not listed and any(key in parsed for key in LIKE_AN_ENTRY):
            listed = parsed
    else:
        listed = parsed
    entries: list[dict[str, Any]] = []
    for entry in listed if isinstance(listed, list) else [listed]:
        if isinstance(entry, dict):
            entries.append(entry)
        elif isinstance(entry, str) and entry:
            entries.append({"detail": entry})
    return entries


def without_secret(body: bytes, secret: str) -> bytes:
    """``body`` with the secret blanked, plain or as JSON escapes it."""
    if len(secret) < SHORTEST_SECRET:
        return body
    escaped = orjson.dumps(secret)[1:-1]
    for form in {secret.encode(), escaped, escaped.replace(b"/", rb"\/")}:
        body = body.replace(form, b"[API key]")
    return body


def without_hidden(body: bytes, secret: str) -> bytes:
    """``body`` without something that the request held in confidence.

    Where it is too short to be blanked without hurting the rest, nothing of the body is kept.
    """
    with suppress(orjson.JSONDecodeError):
        # In one way of escaping, of the several that JSON has.
        body = orjson.dumps(orjson.loads(body))
    forms = [form for form in (orjson.dumps(secret)[1:-1], secret.encode()) if form in body]
    if not secret or not forms:
        return body
    if len(secret) < SHORTEST_SECRET:
        return b""
    for form in forms:
        body = body.replace(form, b"[secret]")
    return body


def _decisive(entries: list[dict[str, Any]]) -> dict[str, Any]:
    known = (entry for entry in entries if _code(entry) in errors.BY_CODE)
    return next(known, entries[0] if entries else {})


def _retryable(kind: type[errors.TelnyxError], status: int, writes: bool) -> bool:
    if kind is errors.ServerFailure:
        return not writes and status in errors.TRANSIENT_STATUSES
    return kind in (errors.RateLimited, errors.BeingProcessed)


def _code(entry: Mapping[str, Any]) -> str | None:
    code = entry.get("code")
    if isinstance(code, bool) or not isinstance(code, (str, int)):
        return None
    return str(code)[:LONGEST_TEXT] or None


def _text(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        return None
    return " ".join(value[:LONGEST_TEXT].split())


def _detail(entry: Mapping[str, Any]) -> str | None:
    return _text(entry, "detail") or _text(entry, "description") or _text(entry, "message")


def _source(entry: Mapping[str, Any], key: str) -> str | None:
    source = entry.get("source")
    return _text(source, key) if isinstance(source, dict) else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no explanation was given"
