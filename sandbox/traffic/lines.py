"""Who calls and sends messages: SIM cards with voice and a number.

They are noted once, when somebody first asks, so that the past of a number does not change with
its SIM card. A fleet of any size has at most MOST of them (our choice, to keep reports small).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from sandbox.clock import seconds_of

if TYPE_CHECKING:
    from sandbox.context import Sandbox

MOST = 500
LOOKED_AT = 5_000


@dataclass(frozen=True)
class Line:
    """A number with voice; ``since`` in Unix seconds."""

    place: int
    sim_card_id: str
    number: str
    tags: tuple[str, ...]
    since: float


def lines(sandbox: Sandbox) -> list[Line]:
    """All of them, the oldest first."""
    if sandbox.traffic_lines is None:
        stored = sandbox.state.fact("traffic lines")
        if stored is None:
            stored = orjson.dumps(_found(sandbox)).decode()
            sandbox.state.set_fact("traffic lines", stored)
        sandbox.traffic_lines = [
            Line(place, card, number, tuple(tags), since)
            for place, (card, number, tags, since) in enumerate(orjson.loads(stored))
        ]
    return sandbox.traffic_lines


def _found(sandbox: Sandbox) -> list[tuple[str, str, list[str], float]]:
    rows = sandbox.state.connection.execute(
        "SELECT d.listed FROM sim_cards c JOIN sim_cards_documents d USING (seq)"
        " WHERE c.msisdn IS NOT NULL ORDER BY seq LIMIT ?",
        (LOOKED_AT,),
    )
    cards = (orjson.loads(listed) for (listed,) in rows)
    speaking = [card for card in cards if card.get("voice_enabled")]
    return [
        (card["id"], card["msisdn"], card["tags"] or [], seconds_of(card["created_at"]))
        for card in speaking[:MOST]
    ]
