"""Calls and messages as the rows of files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.clock import iso
from sandbox.traffic.records import CURRENCY, Call, Message
from sandbox.traffic.totals import CONNECTION, PROFILE_NAME

# The fields of a call in the groups of the specification; the names are our choice.
CALL_FIELDS = {
    "Billing": ["billed_seconds", "rate", "cost", "currency"],
    "Interaction Data": ["call_id", "leg_id", "direction", "hangup_cause"],
    "Number Information": ["cli", "cld", "tags"],
    "Telephony Data": ["connection_id", "started_at", "ended_at", "call_seconds"],
}
MESSAGE_FIELDS = (
    *("id", "direction", "cli", "cld", "message_type", "parts", "status", "profile_name"),
    *("rate", "cost", "currency", "created_at"),
)


def call_row(call: Call) -> dict[str, Any]:
    """Every field of a call."""
    return {
        "billed_seconds": -(-call.seconds // 60) * 60,
        "rate": str(call.rate),
        "cost": str(call.cost),
        "currency": CURRENCY,
        "call_id": call.id,
        "leg_id": call.leg_id,
        "direction": call.direction,
        "hangup_cause": "NORMAL_CLEARING" if call.seconds else "NO_ANSWER",
        "cli": call.caller,
        "cld": call.called,
        "tags": " ".join(call.line.tags),
        "connection_id": CONNECTION,
        "started_at": iso(call.began),
        "ended_at": iso(call.ended),
        "call_seconds": call.seconds,
    }


def message_row(message: Message) -> dict[str, Any]:
    """Every field of a message, as /reports/mdrs shows it (specification)."""
    return {
        "id": message.id,
        "direction": message.direction,
        "cli": message.sender,
        "cld": message.receiver,
        "message_type": "SMS",
        "parts": message.parts,
        "status": message.status,
        "profile_name": PROFILE_NAME,
        "rate": str(message.rate),
        "cost": str(message.cost),
        "currency": CURRENCY,
        "created_at": iso(message.sent),
    }


def as_csv(fields: Sequence[str], rows: Iterable[dict[str, Any]]) -> bytes:
    """A file with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
