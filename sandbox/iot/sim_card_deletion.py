"""Deleting SIM cards: they leave the account a little later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.collection import EVERYTHING
from sandbox.filters import flag
from sandbox.iot import lifecycle, public_ips, sim_card_records, sim_cards, usage_notifications
from sandbox.paging import data_response
from sandbox.problems import refused
from sandbox.usage import lines

if TYPE_CHECKING:
    from sandbox.collection import Record
    from sandbox.context import Sandbox

# Seconds at speed 1 (our choice; a period of time by the specification).
DELETION_SECONDS = 4.0


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls when a SIM card is to go."""

    def gone(subject: str, _due: float) -> None:
        sim_card = sandbox.sim_cards.get(subject)
        if sim_card is not None:
            remove(sandbox, sim_card)

    sandbox.schedule.on("sim_card_deletion", gone)


def remove(sandbox: Sandbox, sim_card: Record) -> None:
    """Take a SIM card out of the account, with all that belongs to it."""
    public_ips.forget(sandbox, sim_card.listed["id"])
    usage_notifications.forget(sandbox, sim_card.listed["id"])
    lines.forget(sandbox, sim_card.listed["id"])
    sandbox.sim_cards.remove(sim_card)


def remove_newest(sandbox: Sandbox) -> None:
    """A SIM card that somebody else took out of the account in the meantime."""
    items, _ = sandbox.sim_cards.page(EVERYTHING, 0, 1)
    newest = sandbox.sim_cards.get(orjson.loads(items[0])["id"]) if items else None
    if newest is not None:
        remove(sandbox, newest)


async def delete_sim_card(request: Request) -> Response:
    """DELETE /sim_cards/{id}: disabling first, gone after a while (specification).

    An eSIM that is installed but disabled only goes with report_lost (specification; that others
    do not need it is our reading).
    """
    sandbox, sim_card = sim_cards.known(request)
    report_lost = flag(request, "report_lost")
    facts = sim_card_records.facts(sandbox, sim_card)
    if facts.action_in_progress or facts.status in lifecycle.TRANSITIONAL:
        raise refused("10036", "Another action on this SIM card is still in progress.")
    installed = sim_card.listed.get("esim_installation_status") == "disabled"
    if installed and not report_lost:
        raise refused("10027", "This eSIM is installed in a device: uninstall or report it lost.")
    now = sandbox.clock.now()
    sim_card_records.set_status(sandbox, sim_card, "disabling", now, in_progress=True)
    due = sandbox.clock.after(DELETION_SECONDS, now)
    sandbox.schedule.add(due, "sim_card_deletion", sim_card.listed["id"])
    return data_response(sim_cards.shown(sim_card))


routes = [Route("/sim_cards/{id}", delete_sim_card, methods=["DELETE"])]
