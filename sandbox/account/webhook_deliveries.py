"""Deliveries of webhooks, with every attempt: what :mod:`sandbox.webhooks` sent."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import moments
from sandbox.account.owner import USER
from sandbox.clock import iso
from sandbox.collection import EVERYTHING, Collection, Column
from sandbox.filters import Filters
from sandbox.identifiers import random_id
from sandbox.paging import data_response, paged
from sandbox.problems import not_found
from sandbox.webhooks import events

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

STATUSES = ("delivered", "failed")
# The only code of a failed attempt that is known (specification, in an example).
FAILED = 75499
# More than this many are not kept (our choice).
KEPT = 5_000
PAST = 40
PAST_URL = "https://hooks.fieldworks.example/telnyx"


def collection(state: State) -> Collection:
    """The stored deliveries."""
    return Collection(
        state,
        "webhook_deliveries",
        [
            Column("status", lambda delivery: delivery["status"]),
            Column("event_type", lambda delivery: delivery["webhook"]["event_type"]),
            Column("started_at", lambda delivery: delivery["started_at"]),
            Column("finished_at", lambda delivery: delivery["finished_at"]),
            Column("attempts", lambda d: orjson.dumps(d["attempts"]).decode(), indexed=False),
            Column("webhook", lambda d: orjson.dumps(d["webhook"]).decode(), indexed=False),
        ],
    )


def attempt(
    url: str,
    headers: dict[str, str],
    started: float,
    finished: float,
    response: tuple[int, list[list[str]], str] | None,
) -> dict[str, Any]:
    """One attempt; ``response`` is status, headers and body, None where there was none.

    Times are Unix seconds. Only a status of 2xx counts as delivered (our choice).
    """
    delivered = response is not None and 200 <= response[0] < 300
    http: dict[str, Any] = {
        "request": {"url": url, "headers": [[name, value] for name, value in headers.items()]}
    }
    if response is not None:
        status, answered, body = response
        http["response"] = {"status": status, "headers": answered, "body": body}
    return {
        "status": "delivered" if delivered else "failed",
        "started_at": iso(started),
        "finished_at": iso(finished),
        "http": http,
        "errors": [] if delivered else [FAILED],
    }


def document(
    identifier: str, event: dict[str, Any], attempts: list[dict[str, Any]]
) -> dict[str, Any]:
    """A delivery that is over; ``attempts`` in the order of time."""
    return {
        "id": identifier,
        "record_type": "webhook_delivery",
        "user_id": USER,
        "status": attempts[-1]["status"],
        "started_at": attempts[0]["started_at"],
        "finished_at": attempts[-1]["finished_at"],
        "webhook": event,
        "attempts": attempts[::-1],
    }


def store(sandbox: Sandbox, delivery: dict[str, Any]) -> None:
    """Keep a delivery, and let go of the oldest beyond what is kept."""
    kept = sandbox.webhook_deliveries
    kept.insert(delivery)
    if len(kept) > KEPT:
        oldest = sandbox.state.connection.execute(
            "SELECT id FROM webhook_deliveries ORDER BY seq LIMIT 1"
        ).fetchone()
        record = kept.get(oldest[0])
        if record is not None:
            kept.remove(record)


def fill(sandbox: Sandbox, random: Random, _day: float) -> None:
    """Deliveries of the past, for the latest actions on SIM cards."""
    rows = sandbox.state.connection.execute(
        "SELECT d.listed FROM sim_card_actions a JOIN sim_card_actions_documents d USING (seq)"
        " WHERE a.status = 'completed' ORDER BY seq DESC LIMIT ?",
        (PAST,),
    )
    actions = [orjson.loads(listed) for (listed,) in rows.fetchall()]
    for action in sorted(actions, key=lambda action: str(action["updated_at"])):
        at = moments.seconds(action["updated_at"])
        event = events.envelope(
            random_id(random),
            "sim_card_action.ended",
            action["updated_at"],
            {"resource": action, "previous": {"status": "in-progress"}},
        )
        outcome = random.random()
        attempts = []
        if outcome < 0.12:
            attempts.append(_past_attempt(random, at + 0.2, 503))
        if outcome < 0.03:
            attempts.append(_past_attempt(random, at + 6, 503))
        last = at + (0.2, 6, 37)[len(attempts)]
        attempts.append(_past_attempt(random, last, 503 if outcome < 0.015 else 200))
        store(sandbox, document(random_id(random), event, attempts))


def _past_attempt(random: Random, started: float, status: int) -> dict[str, Any]:
    body = "ok" if status == 200 else "Service Unavailable"
    return attempt(
        PAST_URL,
        {"content-type": "application/json", "user-agent": "simfleet-sandbox"},
        started,
        started + random.uniform(0.04, 0.6),
        (status, [["content-type", "text/plain"]], body),
    )


async def list_deliveries(request: Request) -> Response:
    """GET /webhook_deliveries, newest first."""
    sandbox: Sandbox = request.app.state.sandbox
    texts = ("attempts", "webhook")
    times = {
        f"{field}][{name}": (field, sign)
        for field in ("started_at", "finished_at")
        for name, sign in (("gte", ">="), ("lte", "<="))
    }
    known = ("status][eq", "event_type", *(f"{field}][contains" for field in texts), *times)
    filters = Filters(request, known)
    selection = EVERYTHING
    if (status := filters.choice("status][eq", STATUSES)) is not None:
        selection = selection.also("c.status = ?", status)
    if kinds := filters.texts("event_type"):
        marks = ", ".join("?" * len(kinds))
        selection = selection.also(f"c.event_type IN ({marks})", *kinds)
    for field in texts:
        if (part := filters.text(f"{field}][contains")) is not None:
            selection = selection.also(f"instr(c.{field}, ?)", part)
    for name, (field, sign) in times.items():
        if (value := filters.text(name)) is not None:
            at = moments.filtered(f"filter[{name}]", value)
            selection = selection.also(f"c.{field} {sign} ?", at)
    return paged(request, sandbox.webhook_deliveries, selection)


async def get_delivery(request: Request) -> Response:
    """GET /webhook_deliveries/{id}."""
    sandbox: Sandbox = request.app.state.sandbox
    delivery = sandbox.webhook_deliveries.get(request.path_params["id"])
    if delivery is None:
        raise not_found()
    return data_response(delivery.listed)


routes = [
    Route("/webhook_deliveries", list_deliveries, methods=["GET"]),
    Route("/webhook_deliveries/{id}", get_delivery, methods=["GET"]),
]
