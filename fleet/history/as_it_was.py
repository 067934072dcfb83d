"""A SIM card as it was at a moment: what it is now, with every later change taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from fleet.history.partitions import history_begins
from fleet.models import DailyUsage, Event, SimCard
from fleet.models.events import shown_value

# What is shown of a SIM card, in this order. Each is a column, or what events call it.
FIELDS = (
    *("status", "group_remote_id", "tags", "voice_enabled", "data_limit_mb", "authorized_imeis"),
    *("iccid", "imsi", "msisdn", "esim_installation_status"),
    *("imei", "mcc", "mnc", "ipv4", "ipv6", "public_ip"),
)
# Of these, what only the answer about the one SIM card says, which is asked for now and then.
DETAILS = {"imei", "mcc", "mnc", "ipv4", "ipv6"}


@dataclass
class FieldThen:
    """A value then and now, as texts; None where there was or is none."""

    what: str
    label: str
    then: str | None
    now: str | None
    # False where nobody had asked for it yet.
    was_known: bool = True

    @property
    def differs(self) -> bool:
        """Whether it is another one now."""
        return self.was_known and self.then != self.now


@dataclass(frozen=True)
class AsItWas:
    """A SIM card at a moment. `problem` says why nothing is known of it then, "" if it is."""

    at: datetime
    fields: list[FieldThen]
    was_removed: bool = False
    problem: str = ""


def as_it_was(card: SimCard, at: datetime) -> AsItWas:
    """The SIM card at a moment, from its row and its events. Two queries.

    Nothing is known from before it was first seen, nor from before the history that is kept.
    """
    if at < card.first_seen_at:
        return AsItWas(at, [], problem="Simfleet first read this SIM card later than that.")
    if at < history_begins():
        return AsItWas(at, [], problem="The history from that time is no longer kept.")
    later = Event.objects.filter(sim_card=card, at__gt=at).order_by("-at", "-pk")
    taken_back: dict[str, str | None] = {}
    removed = card.removed_at is not None
    for what, old in later.values_list("what", "old"):
        if what in ("removed", "returned"):
            removed = what == "returned"
        else:
            taken_back[what] = old
    now = values_now(card)
    fields = []
    for what in FIELDS:
        then = taken_back.get(what, now[what])
        label, shown_then = Event(what=what).what_label, shown_value(what, then) or None
        was_known = not (what in DETAILS and card.details_since and at < card.details_since)
        shown_now = shown_value(what, now[what]) or None
        fields.append(
            FieldThen(what, label, shown_then if was_known else None, shown_now, was_known)
        )
    return AsItWas(at, fields, was_removed=removed)


def values_now(card: SimCard) -> dict[str, str | None]:
    """The columns as events write them."""
    values: dict[str, str | None] = {}
    for what in FIELDS:
        if what == "public_ip":
            held = getattr(card, "public_ip", None)
            values[what] = held.ip if held and not held.removed_at else None
            continue
        value = getattr(card, what)
        if isinstance(value, list):
            value = ", ".join(value)
        elif isinstance(value, bool):
            value = "true" if value else "false"
        values[what] = None if value in (None, "") else str(value)
    return values


def daily_usage(card: SimCard, since: date, until: date) -> dict[date, Decimal]:
    """What the SIM card consumed on each day from `since` to `until`, in MB; 0 where nothing."""
    rows = DailyUsage.objects.filter(sim_card=card, day__range=(since, until))
    found = dict(rows.values_list("day", "used_mb"))
    days = (date.fromordinal(n) for n in range(since.toordinal(), until.toordinal() + 1))
    return {day: found.get(day, Decimal(0)) for day in days}
