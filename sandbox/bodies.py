"""Reading and checking the JSON body of a request."""

import re
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request

from sandbox.problems import invalid_json, missing, wrong_type, wrong_value

AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
UNITS = ("MB", "GB")
LARGEST_WHOLE = 2**63 - 1
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
IMEI = re.compile(r"[0-9]{15}")


def json_object(request: Request) -> dict[str, Any]:
    """The body, which has to be a JSON object. The gate has read it already."""
    raw: bytes = request.scope["sandbox.body"]
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise invalid_json() from None
    if not isinstance(body, dict):
        raise wrong_type("", "an object")
    return body


def required_text(body: dict[str, Any], name: str) -> str:
    """A text field that has to be there and not blank."""
    if body.get(name) is None:
        raise missing(f"/{name}")
    return text(body[name], f"/{name}")


def whole(body: dict[str, Any], name: str) -> int:
    """A whole number that has to be there."""
    value = body.get(name)
    if value is None:
        raise missing(f"/{name}")
    return whole_number(value, f"/{name}")


def whole_number(value: Any, pointer: str) -> int:
    """A whole number of 64 bits, as JSON readers take it; JSON does not tell 2 from 2.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(pointer, "a whole number")
    if abs(value) > LARGEST_WHOLE:
        raise wrong_value(pointer, "A whole number has 64 bits.", "10033")
    return value


def text(value: Any, pointer: str) -> str:
    """A text that is not blank."""
    if not isinstance(value, str):
        raise wrong_type(pointer, "a string")
    if not value.strip():
        raise wrong_value(pointer, "The value must not be blank.")
    return value


def texts(value: Any, pointer: str) -> list[str]:
    """A list of texts that are not blank."""
    if not isinstance(value, list):
        raise wrong_type(pointer, "an array of strings")
    return [text(item, f"{pointer}/{index}") for index, item in enumerate(value)]


def uuid(value: str, pointer: str) -> str:
    """The id of a resource."""
    if not UUID.fullmatch(value):
        raise wrong_value(pointer, "The value is not a UUID.", "10006")
    return value


def uri(value: Any, pointer: str) -> str:
    """An absolute address such as ``https://example.com/saml``."""
    address = text(value, pointer)
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = None
    if parts is None or not parts.scheme or not (parts.netloc or parts.path):
        raise wrong_value(pointer, "The value is not an absolute URI.", "10003")
    return address


def truth(body: dict[str, Any], name: str, default: bool) -> bool:
    """A field that is true or false, or is not there."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise wrong_type(f"/{name}", "true or false")
    return value


def imeis(value: Any, pointer: str) -> list[str] | None:
    """A list of IMEIs of 15 digits, or null (specification; the 15 digits are our choice)."""
    if value is None:
        return None
    found = texts(value, pointer)
    for index, imei in enumerate(found):
        if not IMEI.fullmatch(imei):
            raise wrong_value(f"{pointer}/{index}", "An IMEI has 15 digits.")
    return found


def data_limit(value: Any, pointer: str) -> dict[str, str] | None:
    """``{amount, unit}`` with the amount as a decimal string (specification).

    Null takes the limit away and a missing unit means MB (both our choice).
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise wrong_type(pointer, "an object")
    if "amount" not in value:
        raise missing(f"{pointer}/amount")
    amount, unit = value["amount"], value.get("unit", "MB")
    if not isinstance(amount, str):
        raise wrong_type(f"{pointer}/amount", "a decimal number as a string")
    if not AMOUNT.fullmatch(amount):
        raise wrong_value(f"{pointer}/amount", "The amount is a decimal number of 0 or more.")
    if unit not in UNITS:
        raise wrong_value(f"{pointer}/unit", f"{unit!r} is not one of MB, GB.", "10032")
    return {"amount": amount, "unit": unit}
