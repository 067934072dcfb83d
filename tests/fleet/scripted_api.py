"""An API in memory that fails as it is told, behind the client's own interface."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from django.utils import timezone

from telnyx_api import Page, errors
from tests.fleet.records import NOON, iso, sim_card

GONE = {"status": 404, "errors": [{"code": "10005"}]}
# What goes wrong with a request that begins an action, and whether it is applied all the same.
FAULTS = {
    "lost after it was applied": (True, errors.AnswerLost("lost", maybe_applied=True)),
    "lost before it was applied": (False, errors.AnswerLost("lost", maybe_applied=True)),
    "503 after it was applied": (
        True,
        errors.ServerFailure("503", status=503, maybe_applied=True),
    ),
    "503 before it was applied": (
        False,
        errors.ServerFailure("503", status=503, maybe_applied=True),
    ),
    "no connection": (False, errors.ConnectionNotMade("none", retryable=True)),
    "429": (False, errors.RateLimited("slow", status=429, retryable=True)),
    "busy": (False, errors.BeingProcessed("busy", status=422, retryable=True)),
    "401": (False, errors.AuthenticationRefused("no", status=401)),
}


class ScriptedApi:
    """The client and the API in one."""

    def __init__(self, number: int, count: int) -> None:
        # The same ids each time, so that a failure can be repeated; actions' are unique for ever.
        ids = [str(UUID(int=index)) for index in range(count)]
        self.cards = {id: sim_card(id=id) for id in ids}
        self.number = number
        self.actions: list[dict[str, Any]] = []
        self.begun: Counter[str] = Counter()
        # Taken one by one by the requests to come; "" is none.
        self.faults: deque[str] = deque()
        self.reading_fails = False
        self.sim_cards = self.sim_card_actions = self
        self._lock = threading.Lock()
        self._clock = NOON

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def within(self, seconds: float) -> Self:
        """The client with another deadline."""
        return self

    def enable(self, id: str) -> dict[str, Any]:
        """POST …/actions/enable."""
        with self._lock:
            fault = self.faults.popleft() if self.faults else ""
            applied, error = FAULTS.get(fault, (True, None))
            if applied:
                action = self._begin(id)
            if error:
                raise error
            return action

    def _begin(self, id: str) -> dict[str, Any]:
        card = self.cards.get(id)
        if card is None:
            raise errors.NotFound("gone", **GONE)  # type: ignore[arg-type]
        status = card["status"]["value"]
        if status == "enabling":
            raise errors.BeingProcessed("busy", status=422, retryable=True)
        if status != "disabled":
            raise errors.Unprocessable("no", status=422, detail=f"{status} does not take enable")
        self.begun[id] += 1
        now = timezone.now()
        action = {
            "id": f"action-{self.number}-{len(self.actions)}",
            "sim_card_id": id,
            "action_type": "enable",
            "status": {"value": "in-progress", "reason": None},
            "created_at": now.isoformat(),
        }
        self.actions.insert(0, action)
        self._move(id, "enabling")
        return dict(action)

    def end(self, action: dict[str, Any], value: str) -> None:
        """Let an action end: completed, failed or interrupted."""
        action["status"] = {"value": value, "reason": None if value == "completed" else "why"}
        if action["sim_card_id"] in self.cards:
            self._move(action["sim_card_id"], "enabled" if value == "completed" else "disabled")

    def in_progress(self) -> list[dict[str, Any]]:
        """The actions that have not ended."""
        return [a for a in self.actions if a["status"]["value"] == "in-progress"]

    def _move(self, id: str, status: str) -> None:
        self._clock += timedelta(seconds=1)
        self.cards[id] |= {
            "status": {"value": status, "reason": None},
            "updated_at": iso(self._clock),
        }

    def _read(self) -> None:
        if self.reading_fails:
            raise errors.ServerFailure("503", status=503)

    def pages(self) -> Iterator[Page[Any]]:
        """GET /sim_card_actions, newest first, two a page."""
        listed = [dict(action) for action in self.actions]
        count = max(1, -(-len(listed) // 2))
        for number in range(count):
            self._read()
            data = listed[2 * number : 2 * number + 2]
            yield Page(data, number + 1, 2, count, len(listed), timezone.now())

    def retrieve(self, id: str) -> dict[str, Any]:
        """GET /sim_cards/{id} or /sim_card_actions/{id}."""
        self._read()
        found = self.cards.get(id) or next((a for a in self.actions if a["id"] == id), None)
        if found is None:
            raise errors.NotFound("gone", **GONE)  # type: ignore[arg-type]
        return dict(found)
