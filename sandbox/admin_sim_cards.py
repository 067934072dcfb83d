"""Direct changes of SIM cards, under /_sandbox: set any field, take one away."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.clock import moved_on
from sandbox.iot import sim_card_deletion, sim_cards
from sandbox.iot.lifecycle import reason_for
from sandbox.iot.sim_card_records import attach
from sandbox.problems import JSON_TYPE, missing, wrong_type, wrong_value
from sandbox.usage import lines

DETAIL_FIELDS = {
    "current_imei",
    "current_mcc",
    "current_mnc",
    "current_device_location",
    "ipv4",
    "ipv6",
    "live_data_session",
}
HIDDEN_FIELDS = {"pin_puk_codes", "switched_on"}


def _text(value: Any, pointer: str) -> None:
    if not isinstance(value, str):
        raise wrong_type(pointer, "a string")


def _text_or_null(value: Any, pointer: str) -> None:
    if value is not None:
        _text(value, pointer)


def _plain(value: Any, pointer: str) -> None:
    """What a column of the database takes."""
    if isinstance(value, list | dict):
        raise wrong_type(pointer, "a string, a number or null")
    if isinstance(value, int) and abs(value) > bodies.LARGEST_WHOLE:
        raise wrong_value(pointer, "A whole number has 64 bits.", "10033")


def _texts_or_null(value: Any, pointer: str) -> None:
    if value is None:
        return
    if not isinstance(value, list):
        raise wrong_type(pointer, "an array of strings")
    for index, item in enumerate(value):
        _text(item, f"{pointer}/{index}")


def _status(value: Any, pointer: str) -> None:
    if not isinstance(value, str | dict):
        raise wrong_type(pointer, "a string or an object")
    if isinstance(value, dict):
        if "value" not in value:
            raise missing(f"{pointer}/value")
        _text(value["value"], f"{pointer}/value")


def _time(value: Any, pointer: str) -> None:
    _text(value, pointer)
    try:
        datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError):
        raise wrong_value(pointer, "The value is no time of ISO 8601.") from None


def _fixed(_value: Any, pointer: str) -> None:
    raise wrong_value(pointer, "The id of a SIM card stays what it is.")


# The sandbox finds SIM cards by these, or reckons with them. All others take whatever comes.
_CHECKS = {
    "id": _fixed,
    "iccid": _plain,
    "msisdn": _plain,
    "sim_card_group_id": _plain,
    "status": _status,
    "tags": _texts_or_null,
    "authorized_imeis": _texts_or_null,
    "current_imei": _text_or_null,
    "updated_at": _time,
}


async def change(request: Request) -> Response:
    """POST /_sandbox/sim_cards/{id}: set any field, whatever the API would say to it.

    A status may be given as its value alone. ``updated_at`` moves unless it is given.
    """
    sandbox, sim_card = sim_cards.known(request)
    changes = bodies.json_object(request)
    for name in _CHECKS.keys() & changes.keys():
        _CHECKS[name](changes[name], f"/{name}")
    if isinstance(changes.get("status"), str):
        value = changes["status"]
        changes["status"] = {"value": value, "reason": reason_for(value)}
    at = moved_on(sim_card.listed["updated_at"], sandbox.clock.now())
    sim_card.listed["updated_at"] = at
    for name, value in changes.items():
        if name in HIDDEN_FIELDS or name in sim_card.hidden:
            sim_card.hidden[name] = value
        elif name not in DETAIL_FIELDS:
            sim_card.listed[name] = value
    if "current_imei" in changes:
        sim_card.hidden["imei"] = changes["current_imei"]
    attach(sim_card)
    sim_card.detail.update({name: changes[name] for name in DETAIL_FIELDS & changes.keys()})
    listed = sim_card.listed
    with sandbox.state.transaction():
        sandbox.sim_cards.save(sim_card)
        lines.standing(sandbox, listed["id"], listed["status"]["value"], sandbox.clock.now())
    return Response(orjson.dumps({"data": sim_cards.shown(sim_card)}), media_type=JSON_TYPE)


async def remove(request: Request) -> Response:
    """DELETE /_sandbox/sim_cards/{id}: as if it had never been there."""
    sandbox, sim_card = sim_cards.known(request)
    with sandbox.state.transaction():
        sim_card_deletion.remove(sandbox, sim_card)
    return Response(status_code=204)


routes = [
    Route("/sim_cards/{id}", change, methods=["POST"]),
    Route("/sim_cards/{id}", remove, methods=["DELETE"]),
]
