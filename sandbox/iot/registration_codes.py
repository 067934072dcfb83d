"""Registration codes: printed beside SIM cards, each good for one registration."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.collection import Collection, Column
from sandbox.paging import data_response
from sandbox.problems import missing

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

# How many codes a fleet has at hand (our choice).
UNUSED, USED = 200, 20
USED_ALREADY = "This code was already used to register a SIM card."
UNKNOWN = "There is no SIM card with this code."


def collection(state: State) -> Collection:
    """The stored codes; a code is its own id."""
    return Collection(state, "registration_codes", [Column("used", lambda code: code["used"])])


def fill(sandbox: Sandbox, random: Random, _day: float) -> None:
    """Codes of a box of SIM cards, some of them used."""
    add(sandbox, random, UNUSED, used=False)
    add(sandbox, random, USED, used=True)


def add(sandbox: Sandbox, random: Random, count: int, used: bool) -> None:
    """More codes of 10 digits (specification)."""
    while count:
        code = f"{random.randrange(10**10):010d}"
        if sandbox.registration_codes.get(code) is None:
            sandbox.registration_codes.insert({"id": code, "used": int(used)})
            count -= 1


def with_use(sandbox: Sandbox, used: bool) -> list[str]:
    """All codes that were used, or all that were not."""
    rows = sandbox.state.connection.execute(
        "SELECT id FROM registration_codes WHERE used = ? ORDER BY seq", (int(used),)
    )
    return [code for (code,) in rows.fetchall()]


def why_invalid(sandbox: Sandbox, code: str) -> str | None:
    """Why a code is not good for a registration, or None when it is."""
    found = sandbox.registration_codes.get(code)
    if found is None:
        return UNKNOWN
    return USED_ALREADY if found.listed["used"] else None


def use(sandbox: Sandbox, code: str) -> None:
    """Use a code up."""
    found = sandbox.registration_codes.get(code)
    if found is not None:
        found.listed["used"] = 1
        sandbox.registration_codes.save(found)


def codes_of(body: dict[str, Any]) -> list[str]:
    """The codes of a request."""
    if body.get("registration_codes") is None:
        raise missing("/registration_codes")
    return bodies.texts(body["registration_codes"], "/registration_codes")


async def validate(request: Request) -> Response:
    """POST /sim_cards/actions/validate_registration_codes: 200, whatever the codes are."""
    sandbox: Sandbox = request.app.state.sandbox
    answers = []
    for code in codes_of(bodies.json_object(request)):
        reason = why_invalid(sandbox, code)
        answers.append(
            {
                "record_type": "sim_card_registration_code_validation",
                "registration_code": code,
                "valid": reason is None,
                "invalid_detail": reason,
            }
        )
    return data_response(answers)


async def show(request: Request) -> Response:
    """GET /_sandbox/registration_codes: what somebody could read on the cards of a box."""
    sandbox: Sandbox = request.app.state.gate.sandbox
    codes = {"unused": with_use(sandbox, False), "used": with_use(sandbox, True)}
    return Response(orjson.dumps(codes), media_type="application/json")


routes = [
    Route("/sim_cards/actions/validate_registration_codes", validate, methods=["POST"]),
]
