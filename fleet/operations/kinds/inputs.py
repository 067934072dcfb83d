"""What kinds of operation ask people for, and how what they give is checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from uuid import UUID

from accounts.models import TelnyxAccount
from fleet.models import MB_PER_GB, Blocklist, Gateway, Group, Region

LONGEST_TAG = 100
MOST_TAGS = 100
# Beyond this a limit is a slip of the finger: an exabyte.
LARGEST_MB = Decimal(10) ** 12
_SIX_PLACES = Decimal("0.000001")


class BadInputs(Exception):
    """What a person gave will not do: `problems` has a sentence by the name of each field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


class Shape(StrEnum):
    """What is asked for."""

    TEXT = "text"
    AMOUNT = "amount"
    TAGS = "tags"
    IMEIS = "imeis"
    GROUP = "group"
    REGION = "region"
    GATEWAY = "gateway"
    BLOCKLIST = "blocklist"
    FLAG = "flag"


@dataclass(frozen=True)
class Input:
    """One field. An amount of data comes as `<name>` and `<name>_unit` (MB or GB)."""

    name: str
    label: str
    shape: Shape
    required: bool = True
    help: str = ""

    def said(self, inputs: Mapping[str, Any]) -> str:
        """The value in words."""
        value = inputs.get(self.name)
        if value in (None, "", [], False):
            return ""
        if self.shape == Shape.AMOUNT:
            return f"{value['amount']} {value['unit']}"
        if self.shape in (Shape.TAGS, Shape.IMEIS):
            return ", ".join(value)
        if self.shape == Shape.FLAG:
            return self.label.lower()
        return str(inputs.get(f"{self.name}_name") or value)


def clean(
    account: TelnyxAccount, asks: tuple[Input, ...], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Check what was given for each field; the inputs as JSON. Raises BadInputs.

    `given` has texts by name, as a form posts them.
    """
    inputs: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field in asks:
        raw = given.get(field.name)
        # PostgreSQL cannot hold NUL, and nobody types it.
        text = raw.replace("\0", "").strip() if isinstance(raw, str) else ""
        try:
            if not text and field.shape != Shape.FLAG:
                if field.required:
                    raise ValueError(f"{field.label} is empty: {_REMEDIES[field.shape]}")
                inputs |= {field.name: [] if field.shape in _LISTS else None}
            else:
                inputs |= _read(account, field, text, given)
        except ValueError as error:
            problems[field.name] = str(error)
    if problems:
        raise BadInputs(problems)
    return inputs


_LISTS = (Shape.TAGS, Shape.IMEIS)
_REMEDIES = {
    Shape.TEXT: "give a text.",
    Shape.AMOUNT: "give an amount of data, such as 500 MB.",
    Shape.TAGS: "give tags, separated by commas.",
    Shape.IMEIS: "give IMEIs, separated by commas or spaces.",
    Shape.GROUP: "choose a group.",
    Shape.REGION: "choose a region.",
    Shape.GATEWAY: "choose a gateway.",
    Shape.BLOCKLIST: "choose a blocklist.",
}


def _read(
    account: TelnyxAccount, field: Input, text: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    match field.shape:
        case Shape.AMOUNT:
            unit = str(given.get(f"{field.name}_unit") or "MB")
            return {field.name: amount(field.label, text, unit)}
        case Shape.TAGS:
            return {field.name: tags(field.label, text)}
        case Shape.IMEIS:
            return {field.name: imeis(field.label, text)}
        case Shape.FLAG:
            return {field.name: text in ("1", "on", "true")}
        case Shape.GROUP | Shape.GATEWAY | Shape.BLOCKLIST:
            return _chosen(account, field, text)
        case Shape.REGION:
            regions = Region.objects.filter(account=account, code=text, removed_at=None)
            if text and not regions.exists():
                raise ValueError(f"{field.label} “{text}” is not known: choose one of the list.")
            return {field.name: text}
        case _:
            if len(text) > 200:
                raise ValueError(f"{field.label} has {len(text)} characters: give at most 200.")
            return {field.name: text}


def _chosen(account: TelnyxAccount, field: Input, text: str) -> dict[str, Any]:
    model: Any = {
        Shape.GROUP: Group,
        Shape.GATEWAY: Gateway,
        Shape.BLOCKLIST: Blocklist,
    }[field.shape]
    try:
        found = model.objects.filter(account=account, remote_id=UUID(text), removed_at=None).first()
    except ValueError:
        found = None
    if found is None:
        raise ValueError(f"{field.label} “{text}” is not one of the account’s: choose another.")
    return {field.name: str(found.remote_id), f"{field.name}_name": str(found)}


def amount(label: str, text: str, unit: str) -> dict[str, str]:
    """An amount of data as the API takes it. Raises ValueError."""
    try:
        number = Decimal(text.replace(" ", "").replace("\u202f", ""))
    except InvalidOperation:
        raise ValueError(
            f"{label} is “{text}”, which is no number: give one such as 500 or 1.5."
        ) from None
    if unit not in ("MB", "GB"):
        raise ValueError(f"{label} has the unit “{unit}”: give MB or GB.")
    if not number.is_finite() or not 0 < number <= LARGEST_MB / MB_PER_GB:
        raise ValueError(f"{label} is {text}: give an amount above 0.")
    if number != number.quantize(_SIX_PLACES):
        raise ValueError(f"{label} is {text}: give at most six decimals.")
    return {"amount": f"{number.normalize():f}", "unit": unit}


def megabytes(amount: Mapping[str, str]) -> Decimal:
    """An amount in MB, as the copy stores it."""
    factor = MB_PER_GB if amount["unit"] == "GB" else 1
    return (Decimal(amount["amount"]) * factor).quantize(_SIX_PLACES)


def tags(label: str, text: str) -> list[str]:
    """Tags, in order, each once. Raises ValueError."""
    found = sorted({tag.strip() for tag in re.split(r"[,\n]", text) if tag.strip()})
    if not found:
        raise ValueError(f"{label} “{text}” holds no tag: {_REMEDIES[Shape.TAGS]}")
    if len(found) > MOST_TAGS:
        raise ValueError(f"{label} has {len(found)} tags: give at most {MOST_TAGS}.")
    for tag in found:
        if len(tag) > LONGEST_TAG or not tag.isprintable():
            raise ValueError(
                f"{label} has “{tag[:40]}…”: a tag has at most {LONGEST_TAG} printable characters."
            )
    return found


def imeis(label: str, text: str) -> list[str]:
    """IMEIs, in order, each once. Raises ValueError."""
    found = sorted({re.sub(r"[-./]", "", word) for word in re.split(r"[,;\s]+", text) if word})
    for imei in found:
        if not re.fullmatch(r"[0-9]{14,16}", imei):
            raise ValueError(f"{label} has “{imei}”: an IMEI has 15 digits (14 to 16 are taken).")
        if len(imei) == 15 and not _luhn(imei):
            raise ValueError(f"{label} has “{imei}”, whose check digit is wrong: look it up again.")
    if not found:
        raise ValueError(f"{label} “{text}” holds no IMEI: {_REMEDIES[Shape.IMEIS]}")
    return found


def _luhn(digits: str) -> bool:
    doubled = (int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits)))
    return sum(n // 10 + n % 10 for n in doubled) % 10 == 0
