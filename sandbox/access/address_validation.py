"""Checking addresses, and taking over what the check suggests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.access import postal_forms
from sandbox.clock import moved_on
from sandbox.fleet.networks import NAMES
from sandbox.paging import data_response
from sandbox.problems import not_found, wrong_type, wrong_value

if TYPE_CHECKING:
    from sandbox.context import Sandbox

REQUIRED = ("street_address", "postal_code", "country_code")
FIELDS = (
    "street_address",
    "extended_address",
    "locality",
    "administrative_area",
    "postal_code",
    "country_code",
)
# The code of a street is the specification's; that of the others is our choice among the codes of
# addresses (behaviour: 20200 to 20209).
STREET, POSTAL_CODE, COUNTRY, AREA = "20207", "20208", "20201", "20206"


def _error(code: str, field: str, title: str, description: str) -> dict[str, Any]:
    """An error as this operation has them, with ``description`` (specification)."""
    return {
        "code": code,
        "title": title,
        "description": description,
        "source": {"pointer": f"/{field}"},
    }


def check(address: dict[str, str]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """What is suggested for an address, and what is wrong with it.

    Whether the street exists nobody can know here; it needs a name and a number (our choice).
    """
    country = address["country_code"].strip().upper()
    suggested = {**address, "country_code": country}
    errors = []
    if not re.fullmatch("[A-Z]{2}", country):
        text = "A country is two letters, as of ISO 3166."
        errors.append(_error(COUNTRY, "country_code", "Invalid country", text))
    suggested["street_address"] = postal_forms.street(address["street_address"], country)
    if not (
        re.search(r"\d", suggested["street_address"])
        and re.search(r"[^\W\d]{2}", suggested["street_address"])
    ):
        text = "A street address has the name of a street and a number."
        errors.append(_error(STREET, "street_address", "Invalid street address", text))
    code = postal_forms.postal_code(address["postal_code"], country)
    if code is None:
        text = f"{NAMES[country]} has no postal code of this form."
        errors.append(_error(POSTAL_CODE, "postal_code", "Invalid postal code", text))
    else:
        suggested["postal_code"] = code
    if address.get("locality"):
        suggested["locality"] = postal_forms.locality(address["locality"])
    if address.get("extended_address"):
        suggested["extended_address"] = " ".join(address["extended_address"].split())
    if address.get("administrative_area"):
        area = postal_forms.area(address["administrative_area"], country)
        suggested["administrative_area"] = area
        if country == "US" and area not in postal_forms.STATES.values():
            text = "There is no such state in the United States."
            errors.append(_error(AREA, "administrative_area", "Invalid state", text))
    return {name: suggested[name] for name in FIELDS if suggested.get(name)}, errors


async def validate(request: Request) -> Response:
    """POST /addresses/actions/validate; 200 with ``result`` valid or invalid (specification)."""
    body = bodies.json_object(request)
    for name in REQUIRED:
        bodies.required_text(body, name)
    for name in FIELDS:
        if body.get(name) is not None and not isinstance(body[name], str):
            raise wrong_type(f"/{name}", "a string")
    suggested, errors = check({name: body[name] for name in FIELDS if body.get(name)})
    answer = {
        "record_type": "address_validation",
        "result": "invalid" if errors else "valid",
        "suggested": suggested,
        "errors": errors,
    }
    return data_response(answer)


async def accept_suggestions(request: Request) -> Response:
    """POST /addresses/{id}/actions/accept_suggestions.

    202 while the numbers of the address are uploaded, 200 when there is nothing left to do; which
    of the two comes when is our choice. The address takes over the suggestion; one that cannot be
    put right is answered as not accepted.
    """
    sandbox: Sandbox = request.app.state.sandbox
    address = sandbox.addresses.get(request.path_params["id"])
    if address is None:
        raise not_found()
    listed = address.listed
    if request.scope["sandbox.body"].strip():
        named = bodies.json_object(request).get("id")
        if named is not None and not isinstance(named, str):
            raise wrong_type("/id", "a string")
        if named not in (None, listed["id"]):
            raise wrong_value("/id", "The body names another address than the path.")
    suggested, errors = check({name: listed.get(name) or "" for name in FIELDS})
    answer = {
        "record_type": "address_suggestion",
        "id": str(uuid5(NAMESPACE_URL, f"location of address {listed['id']}")),
        "accepted": not errors,
    }
    if errors or address.hidden.get("accepted"):
        return data_response(answer)
    listed.update(suggested)
    listed["updated_at"] = moved_on(listed["updated_at"], sandbox.clock.now())
    address.hidden["accepted"] = True
    sandbox.addresses.save(address)
    return data_response(answer, 202)


routes = [
    Route("/addresses/actions/validate", validate, methods=["POST"]),
    Route("/addresses/{id}/actions/accept_suggestions", accept_suggestions, methods=["POST"]),
]
