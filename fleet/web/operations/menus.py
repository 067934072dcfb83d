"""Which kinds of operation a menu offers, and under which headings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fleet.operations.catalog import offered
from fleet.operations.kinds.kind import Kind, Subject

# What people do every day has a button of its own.
FREQUENT = ("enable", "disable", "set_standby")
OTHER = "Other"
_HEADINGS = {
    "Public IP": ("set_public_ip", "remove_public_ip"),
    "Voice": ("voice_on", "voice_off"),
    "Group and tags": ("move_to_group", "add_tags", "remove_tags", "replace_tags"),
    "Data limit": ("set_data_limit", "clear_data_limit"),
    "IMEI lock": ("lock_imei", "add_imeis", "replace_imeis", "clear_imeis"),
    "Usage notifications": ("add_notification", "change_notification", "delete_notification"),
}
_VOICE_OF_A_GROUP = ("voice_on", "voice_off")


@dataclass(frozen=True)
class Choice:
    """An entry of a menu; `reason` says why it cannot be chosen, "" if it can."""

    kind: Kind
    reason: str = ""
    label: str = ""

    @property
    def text(self) -> str:
        """What stands in the menu. Three dots: more is asked for before there is a plan."""
        return (self.label or self.kind.label) + (" …" if self.kind.asks else "")


@dataclass(frozen=True)
class Menu:
    """The buttons, and the rest by heading."""

    buttons: list[Choice]
    headings: list[tuple[str, list[Choice]]]


def menu_of_sim_cards(card: Any = None, without: tuple[str, ...] = ()) -> Menu:
    """What is offered for SIM cards; with the reasons of one that has them annotated."""
    choices = {
        kind.name: Choice(kind, reason_of(card, kind))
        for kind in offered(Subject.SIM_CARDS)
        if kind.name not in without
    }
    buttons = [choices.pop(name) for name in FREQUENT]
    headings = []
    for heading, names in _HEADINGS.items():
        headings.append((heading, [choices.pop(name) for name in names if name in choices]))
    # A kind that no heading names is offered all the same.
    headings.append((OTHER, list(choices.values())))
    return Menu(buttons, [(heading, found) for heading, found in headings if found])


def menu_of_group(group: Any) -> Menu:
    """What is offered for a group, and for its SIM cards."""
    of_group = [Choice(kind, reason_of(group, kind)) for kind in offered(Subject.GROUPS)]
    empty = "the group has no SIM cards" if group.sim_card_count == 0 else ""
    voice = [
        Choice(kind, empty, f"{kind.label} for the group")
        for kind in offered(Subject.SIM_CARDS)
        if kind.name in _VOICE_OF_A_GROUP
    ]
    return Menu([], [("Group", of_group), ("Its SIM cards", voice)])


def reasons(subject: Subject) -> dict[str, Any]:
    """Expressions over the rows: why each kind cannot be chosen for one."""
    return {f"reason_{kind.name}": kind.unavailable() for kind in offered(subject)}


def reason_of(row: Any, kind: Kind) -> str:
    """What `reasons` found for a row."""
    return getattr(row, f"reason_{kind.name}", "") or ""
