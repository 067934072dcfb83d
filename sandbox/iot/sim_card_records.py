"""Stored SIM cards and groups: their columns, what the status rules ask, and moves of status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import moved_on
from sandbox.collection import EVERYTHING, Collection, Column, Record
from sandbox.iot import lifecycle
from sandbox.iot.data_limits import over, thousandths_of_mb
from sandbox.usage import lines

if TYPE_CHECKING:
    from sandbox.context import Sandbox
    from sandbox.state import State

CONSUMED = "current_billing_period_consumed_data"
# Seconds at speed 1 until a changed limit shows in the status (our choice).
LIMIT_CHECK_SECONDS = 2.0


def sim_card_collection(state: State) -> Collection:
    """The stored SIM cards."""
    return Collection(
        state,
        "sim_cards",
        [
            Column("iccid", lambda card: card["iccid"], indexed=False),
            Column("msisdn", lambda card: card.get("msisdn")),
            Column("status", lambda card: card["status"]["value"]),
            Column(
                "sim_card_group_id",
                lambda card: card.get("sim_card_group_id"),
                covering="consumed",
            ),
            Column("consumed", lambda card: thousandths_of_mb(card.get(CONSUMED)) or 0, "INTEGER"),
        ],
        labels=("tags",),
    )


def register(sandbox: Sandbox) -> None:
    """Say what the schedule calls when a limit has to be looked at again."""
    sandbox.schedule.on("sim_card_limit", lambda subject, due: check_limit(sandbox, subject, due))
    sandbox.schedule.on(
        "sim_card_group_limit", lambda subject, due: check_group_limit(sandbox, subject, due)
    )


def facts(sandbox: Sandbox, sim_card: Record) -> lifecycle.Facts:
    """What the rules of the status need to know."""
    listed = sim_card.listed
    allowed, device = listed.get("authorized_imeis"), sim_card.hidden.get("imei")
    return lifecycle.Facts(
        status=listed["status"]["value"],
        has_group=listed.get("sim_card_group_id") is not None,
        action_in_progress=bool(listed.get("actions_in_progress")),
        imei_allowed=not allowed or device is None or device in allowed,
        over_limit=is_over_limit(sandbox, sim_card),
    )


def is_over_limit(sandbox: Sandbox, sim_card: Record) -> bool:
    """Whether a SIM card is above its own limit or, without one, its group above the pooled one."""
    listed = sim_card.listed
    own = thousandths_of_mb(listed.get("data_limit"))
    if own is not None:
        return over(thousandths_of_mb(listed.get(CONSUMED)) or 0, own)
    group_id = listed.get("sim_card_group_id")
    return group_id is not None and is_group_over_limit(sandbox, group_id)


def set_status(
    sandbox: Sandbox, sim_card: Record, status: str, at: float, in_progress: bool
) -> None:
    """Move a SIM card to a status and store it; ``at`` in Unix seconds."""
    listed = sim_card.listed
    listed["status"] = {"value": status, "reason": lifecycle.reason_for(status)}
    listed["actions_in_progress"] = in_progress
    listed["updated_at"] = moved_on(listed["updated_at"], at)
    attach(sim_card)
    sandbox.sim_cards.save(sim_card)
    lines.standing(sandbox, listed["id"], status, at)


def attach(sim_card: Record) -> None:
    """Connect or disconnect the data session, so that it agrees with the status.

    A SIM card that is enabled and whose device is switched on is connected; any other is not, and
    then has no network, place or address.
    """
    hidden, detail = sim_card.hidden, sim_card.detail
    status = sim_card.listed["status"]["value"]
    connected = status == "enabled" and bool(hidden.get("switched_on"))
    unknown = status == "enabled" and hidden.get("imei") is None
    detail["live_data_session"] = (
        "connected" if connected else "unknown" if unknown else "disconnected"
    )
    for field in ("current_mcc", "current_mnc", "current_device_location", "ipv4", "ipv6"):
        detail[field] = hidden.get(field) if connected else None


def check_limit(sandbox: Sandbox, identifier: str, at: float) -> None:
    """Compare usage with the limit, and the device with its list; ``at`` in Unix seconds."""
    sim_card = sandbox.sim_cards.get(identifier)
    if sim_card is None:
        return
    known = facts(sandbox, sim_card)
    status = known.status
    after = lifecycle.after_device_check(status, known.imei_allowed)
    after = lifecycle.after_limit_check(after, known.over_limit)
    if after != status:
        set_status(sandbox, sim_card, after, at, in_progress=False)


def sim_card_group_collection(state: State) -> Collection:
    """The stored SIM card groups. What they consumed is summed up when asked for."""
    return Collection(
        state,
        "sim_card_groups",
        [
            Column("name", lambda group: group["name"]),
            Column(
                "private_wireless_gateway_id", lambda group: group["private_wireless_gateway_id"]
            ),
            Column("wireless_blocklist_id", lambda group: group["wireless_blocklist_id"]),
        ],
    )


def group_usage(sandbox: Sandbox, group_id: str) -> tuple[int, int]:
    """How many SIM cards a group has, and what they used in thousandths of a megabyte."""
    version = sandbox.sim_cards.version("sim_card_group_id", "consumed")
    if sandbox.usage_version != version:
        sandbox.usage_version = version
        sandbox.usage_by_group.clear()
    known = sandbox.usage_by_group.get(group_id)
    if known is not None:
        return known
    row = sandbox.state.connection.execute(
        "SELECT count(*), coalesce(sum(consumed), 0) FROM sim_cards WHERE sim_card_group_id = ?",
        (group_id,),
    ).fetchone()
    sandbox.usage_by_group[group_id] = int(row[0]), int(row[1])
    return sandbox.usage_by_group[group_id]


def is_group_over_limit(sandbox: Sandbox, group_id: str) -> bool:
    """Whether a group is above its pooled limit."""
    group = sandbox.sim_card_groups.get(group_id)
    limit = thousandths_of_mb(group.listed["data_limit"]) if group else None
    return limit is not None and over(group_usage(sandbox, group_id)[1], limit)


def check_group_limit(sandbox: Sandbox, group_id: str, at: float) -> None:
    """Let a changed pooled limit show in the status of the group's SIM cards.

    ``at`` in Unix seconds. SIM cards with a limit of their own keep to that.
    """
    selection = EVERYTHING.also("c.sim_card_group_id = ?", group_id).also(
        "c.status IN ('enabled', 'data_limit_exceeded')"
    )
    for identifier in sandbox.sim_cards.ids(selection):
        check_limit(sandbox, identifier, at)
