"""Sums over calls and messages, as the usage reports show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from sandbox.traffic.records import CURRENCY, Call, Message

# The account has one messaging profile and one voice connection (our choice).
PROFILE_NAME = "Fleet messages"
PROFILE_ID = str(uuid5(NAMESPACE_URL, "messaging profile of the sandbox"))
CONNECTION = 1293384261075731499
ALL = "All"

Record = TypeVar("Record", Call, Message)
Keys = Callable[[Record], Sequence[str]]


def _grouped(records: Iterable[Record], keys: Keys[Record]) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        for key in keys(record):
            groups.setdefault(key, []).append(record)
    return dict(sorted(groups.items()))


def tags_of(record: Call | Message) -> Sequence[str]:
    """The tags of its line; what has none stands under one name of its own."""
    return record.line.tags or ("untagged",)


def everything(_record: Call | Message) -> Sequence[str]:
    """No aggregation: all in one."""
    return (ALL,)


def message_rows(messages: Iterable[Message], by: str) -> list[dict[str, str]]:
    """Rows of a usage report of messages; ``by`` is NO_AGGREGATION, PROFILE or TAGS.

    A message with two tags is in two rows, so only the others add up (our choice).
    """
    keys: Keys[Message] = tags_of if by == "TAGS" else everything
    return [
        {
            "carrier_passthrough_fee": "0",
            "connection": "all",
            "cost": str(sum((message.cost for message in some), Decimal(0))),
            "currency": CURRENCY,
            "delivered": str(sum(message.status == "DELIVERED" for message in some)),
            "direction": direction,
            "message_type": "SMS",
            "parts": str(sum(message.parts for message in some)),
            "product": direction,
            "profile_id": PROFILE_ID if by == "PROFILE" else ALL,
            "received": str(sum(message.status == "RECEIVED" for message in some)),
            "sent": str(sum(message.direction == "outbound" for message in some)),
            "tags": name,
            "tn_type": "LC",
        }
        for name, group in _grouped(messages, keys).items()
        for direction, some in _grouped(group, lambda message: (message.direction,)).items()
    ]


def call_totals(calls: Sequence[Call], by: str) -> dict[str, Any]:
    """The result of a usage report of calls; ``by`` is CONNECTION, TAG or anything else.

    The form of the real one is not documented.
    """
    keys: Keys[Call] = tags_of if by == "TAG" else everything
    name = "connection" if by == "CONNECTION" else "tag" if by == "TAG" else "group"
    return {
        "currency": CURRENCY,
        "calls": len(calls),
        "cost": str(sum((call.cost for call in calls), Decimal(0))),
        "rows": [
            {
                name: str(CONNECTION) if by == "CONNECTION" else key,
                "direction": direction,
                "calls": len(some),
                "answered": sum(call.seconds > 0 for call in some),
                "billed_seconds": sum(-(-call.seconds // 60) * 60 for call in some),
                "cost": str(sum((call.cost for call in some), Decimal(0))),
            }
            for key, group in _grouped(calls, keys).items()
            for direction, some in _grouped(group, lambda call: (call.direction,)).items()
        ],
    }
