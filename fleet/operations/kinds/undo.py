"""Taking an operation back: each target has the kind and inputs that lead to its prior state."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, When

from fleet.operations.kinds.kind import Inputs, Kind, Subject
from telnyx_api import Client


class Undo(Kind):
    """Of an operation on SIM cards."""

    name = "undo"
    label = "Undo"
    doing = "undoing"
    done = "undone"
    icon = "undo"
    is_offered = False
    values: ClassVar[dict[str, Any]] = {}

    def reached(self, inputs: Inputs) -> Q:
        """Each target's own kind knows."""
        raise NotImplementedError("the targets of an undo have kinds of their own")

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """Each target's own kind knows."""
        raise NotImplementedError("the targets of an undo have kinds of their own")

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """Each target's own kind does it."""
        raise NotImplementedError("the targets of an undo have kinds of their own")


class UndoGroups(Undo):
    """Of an operation on groups."""

    name = "undo_groups"
    subject = Subject.GROUPS
