"""Audit events: who changed what. Every request that changes something becomes one.

Requests that only compute something, such as previews, leave no event.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import moments
from sandbox.account.owner import ORGANIZATION, USER
from sandbox.clock import iso
from sandbox.collection import EVERYTHING, Collection, Column, Selection
from sandbox.filters import Filters
from sandbox.identifiers import random_id
from sandbox.paging import paged
from sandbox.problems import bad_filter

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

CHANGE_TYPES = {"POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
# What every document has, and what changes with every change.
UNREMARKABLE = {"id", "record_type", "created_at", "updated_at"}
# How many actions of the fleet's past become events.
PAST_ACTIONS = 60
OUTCOMES = {
    "enable": ("disabled", "enabled"),
    "disable": ("enabled", "disabled"),
    "set_standby": ("enabled", "standby"),
    "enable_standby_sim_card": ("standby", "enabled"),
}
Changes = list[tuple[str, bytes | None, bytes | None]]
Document = dict[str, Any]


def collection(state: State) -> Collection:
    """The stored events."""
    return Collection(
        state, "audit_events", [Column("created_at", lambda event: event["created_at"])]
    )


def fill(sandbox: Sandbox, random: Random, _day: float) -> None:
    """What was done before: the latest actions on SIM cards, and what somebody set up."""
    past: list[Document] = []
    rows = sandbox.state.connection.execute(
        "SELECT d.listed FROM sim_card_actions a JOIN sim_card_actions_documents d USING (seq)"
        " WHERE a.status = 'completed' ORDER BY seq DESC LIMIT ?",
        (PAST_ACTIONS,),
    )
    for action in [orjson.loads(listed) for (listed,) in rows.fetchall()]:
        before, after = OUTCOMES.get(action["action_type"], (None, None))
        sim_card = sandbox.sim_cards.get(action["sim_card_id"])
        if before is not None and sim_card is not None:
            changes = [{"field": "status.value", "from": before, "to": after}]
            subject = sim_card.listed
            at = action["created_at"]
            past.append(_event(random_id(random), "update", subject["id"], subject, changes, at))
    for kind in (
        sandbox.addresses,
        sandbox.access_ip_addresses,
        sandbox.integration_secrets,
        sandbox.authentication_providers,
    ):
        items, _ = kind.page(EVERYTHING, 0, 10)
        for document in map(orjson.loads, items):
            at, changes = document["created_at"], _differences({}, document)
            past.append(_event(random_id(random), "create", document["id"], document, changes, at))
    sandbox.audit_events.load((event, {}, {}) for event in sorted(past, key=_time))


def _time(event: Document) -> str:
    return str(event["created_at"])


def _event(
    identifier: str,
    change_type: str,
    resource_id: str,
    document: Document | None,
    changes: list[Document] | None,
    at: str,
) -> Document:
    """An event as the API shows it (specification).

    ``record_type`` is that of the event, as in the specification's example; its description could
    be read otherwise.
    """
    known = document or {}
    return {
        "id": identifier,
        "record_type": "audit_event",
        "change_type": change_type,
        "change_made_by": "account_owner",
        "user_id": USER,
        "organization_id": ORGANIZATION,
        "resource_id": resource_id,
        "alternate_resource_id": known.get("iccid") or known.get("ip_address"),
        "changes": changes,
        "created_at": at,
    }


def _differences(before: Document, after: Document, prefix: str = "") -> list[Document]:
    """Fields that differ, with dots in the names of nested ones (specification)."""
    found: list[Document] = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old == new or (not prefix and name in UNREMARKABLE):
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            found += _differences(old, new, f"{prefix}{name}.")
        else:
            found.append({"field": prefix + name, "from": old, "to": new})
    return found


def _documents(changes: Changes) -> dict[str, tuple[Document | None, Document | None]]:
    """The resources before and after the request by their ids, as far as they were stored."""
    found: dict[str, tuple[Document | None, Document | None]] = {}
    for _, before, after in changes:
        old = None if before is None else orjson.loads(before)
        new = None if after is None else orjson.loads(after)
        identifier = str((old or new or {}).get("id"))
        found[identifier] = (found[identifier][0] if identifier in found else old, new)
    return found


def _answered_ids(body: bytes) -> list[str]:
    """The ids of what an answer holds: one resource, bare or as data, or a list of them."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    data = answer.get("data", answer) if isinstance(answer, dict) else None
    items = data if isinstance(data, list) else [data]
    return [str(item["id"]) for item in items if isinstance(item, dict) and "id" in item]


def record(sandbox: Sandbox, method: str, subject: str | None, answer: bytes) -> None:
    """Store the event of a request that was carried out; ``subject`` is the id in its path."""
    documents = _documents(sandbox.journal.changes)
    at = iso(sandbox.clock.now())
    change_type = CHANGE_TYPES[method]
    # An action on a resource changes it, though it is a POST.
    if subject is not None and change_type == "create":
        change_type = "update"
    for identifier in [subject] if subject is not None else _answered_ids(answer):
        before, after = documents.get(identifier, (None, None))
        known = None if before is after is None else _differences(before or {}, after or {})
        event = _event(sandbox.new_id(), change_type, identifier, after or before, known, at)
        sandbox.audit_events.insert(event)


async def list_events(request: Request) -> Response:
    """GET /audit_events, newest first unless sorted."""
    sandbox: Sandbox = request.app.state.sandbox
    filters = Filters(request, ("created_after", "created_before"))
    selection = EVERYTHING
    for name, sign in (("created_after", ">"), ("created_before", "<")):
        if (value := filters.text(name)) is not None:
            at = moments.filtered(f"filter[{name}]", value)
            selection = selection.also(f"c.created_at {sign} ?", at)
    sort = request.query_params.get("sort", "desc")
    if sort not in ("asc", "desc"):
        raise bad_filter("sort", f"{sort!r} is not one of asc, desc.")
    if sort == "asc":
        selection = Selection(selection.where, selection.values, "created_at, c.seq")
    return paged(request, sandbox.audit_events, selection)


routes = [Route("/audit_events", list_events, methods=["GET"])]
