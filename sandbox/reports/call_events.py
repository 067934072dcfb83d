"""What happened in calls (GET /call_events): each call has a few events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import moments
from sandbox.bodies import UUID
from sandbox.clock import iso, seconds_of
from sandbox.filters import FALSE, TRUE, Filters
from sandbox.paging import limited_page_of, list_response
from sandbox.problems import bad_filter, bad_parameter
from sandbox.traffic.records import Call, calls
from sandbox.traffic.totals import CONNECTION

if TYPE_CHECKING:
    from sandbox.context import Sandbox

# The one connection of the account, and its outbound voice profile (our choice).
CONNECTION_NAME = "Telnyx Mobile Voice IMS"
VOICE_PROFILE = "1293384261075731500"
OPERATORS = ("eq", "gt", "gte", "lt", "lte")
CONTAINS = "application_name][contains"
OUTBOUND = "outbound.outbound_voice_profile_id"
FILTERS = (
    *("application_session_id", "connection_id", "failed", "from", "leg_id", "name", "product"),
    *("status", "to", "type", CONTAINS, OUTBOUND),
    *(f"occurred_at][{operator}" for operator in OPERATORS),
)
# Seconds from the beginning until somebody answers.
RINGING = 6


def events_of(call: Call) -> Iterator[dict[str, Any]]:
    """The events of a call, the newest first; which there are is our choice."""
    raw = {
        "call_leg_id": call.leg_id,
        "call_session_id": call.id,
        "connection_id": str(CONNECTION),
        "direction": "incoming" if call.direction == "inbound" else "outgoing",
        "from": call.caller,
        "to": call.called,
    }
    cause = "normal_clearing" if call.seconds else "no_answer"
    steps = [("call.initiated", "webhook", call.began, {"state": "bridging"})]
    if call.seconds:
        answered = call.began + RINGING
        if call.direction == "inbound":
            steps.append(("answer", "command", answered, {}))
        steps.append(("call.answered", "webhook", answered, {}))
    steps.append(("call.hangup", "webhook", call.ended, {"hangup_cause": cause}))
    for name, kind, at, more in reversed(steps):
        yield {
            "record_type": "call_event",
            "call_leg_id": call.leg_id,
            "call_session_id": call.id,
            "event_timestamp": iso(at),
            "name": name,
            "type": kind,
            "metadata": {"raw": {"event_type": name, "payload": {**raw, **more}}},
        }


def _identifier(filters: Filters, field: str) -> str | None:
    value = filters.text(field)
    if value is not None and not UUID.fullmatch(value):
        detail = f"{value!r} is not a UUID."
        raise bad_parameter(f"filter[{field}]", "10006", "Invalid ID", detail)
    return value and value.lower()


def _truth(filters: Filters, field: str) -> bool | None:
    value = filters.text(field)
    if value is None:
        return None
    if value.lower() not in TRUE | FALSE - {""}:
        detail = f"{field} is true or false."
        raise bad_parameter(f"filter[{field}]", "10026", "Invalid parameter type", detail)
    return value.lower() in TRUE


def _times(filters: Filters) -> list[tuple[str, float]]:
    found = []
    for operator in OPERATORS:
        text = filters.text(f"occurred_at][{operator}")
        if text is not None:
            moment = moments.parameter(f"filter[occurred_at][{operator}]", text)
            found.append((operator, seconds_of(iso(moment))))
    return found


def _fits(at: float, operator: str, moment: float) -> bool:
    return {
        "eq": at == moment,
        "gt": at > moment,
        "gte": at >= moment,
        "lt": at < moment,
        "lte": at <= moment,
    }[operator]


def wanted_calls(sandbox: Sandbox, filters: Filters) -> list[Call]:
    """The calls whose events are asked for.

    Everything goes over one connection and is over and delivered when it is shown.
    """
    part = filters.text(CONTAINS)
    if part is not None and len(part) < 3:
        raise bad_filter(f"filter[{CONTAINS}]", "At least three characters are needed.")
    nothing = [
        part is not None and part.lower() not in CONNECTION_NAME.lower(),
        filters.text("connection_id") not in (None, str(CONNECTION)),
        filters.choice("product", ("call_control", "fax", "texml")) in ("fax", "texml"),
        filters.choice("status", ("init", "in_progress", "completed")) in ("init", "in_progress"),
        _truth(filters, "failed") is True,
        filters.text(OUTBOUND) not in (None, VOICE_PROFILE),
    ]
    session, leg = _identifier(filters, "application_session_id"), _identifier(filters, "leg_id")
    outbound = filters.text(OUTBOUND) is not None
    caller, called = filters.text("from"), filters.text("to")
    if any(nothing):
        return []
    return [
        call
        for call in calls(sandbox)
        if session in (None, call.id)
        and leg in (None, call.leg_id)
        and caller in (None, call.caller)
        and called in (None, call.called)
        and not (outbound and call.direction == "inbound")
    ]


async def list_call_events(request: Request) -> Response:
    """GET /call_events, newest first."""
    page = limited_page_of(request)
    for name in ("page[after]", "page[before]"):
        # The answers have no such identifiers (specification), so nobody can know one.
        if request.query_params.get(name, "null") != "null":
            raise bad_parameter(name, "10015", "Bad request", "There is no page with this name.")
    filters = Filters(request, FILTERS)
    times, name = _times(filters), filters.text("name")
    kind = filters.choice("type", ("command", "webhook"))
    found = [
        event
        for call in wanted_calls(request.app.state.sandbox, filters)
        for event in events_of(call)
        if name in (None, event["name"])
        and kind in (None, event["type"])
        and all(
            _fits(seconds_of(event["event_timestamp"]), operator, moment)
            for operator, moment in times
        )
    ]
    # Calls overlap.
    found.sort(key=lambda event: event["event_timestamp"], reverse=True)
    items = [orjson.dumps(event) for event in found[page.offset : page.offset + page.size]]
    return list_response(items, len(found), page)


routes = [Route("/call_events", list_call_events, methods=["GET"])]
