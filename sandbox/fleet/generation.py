"""A believable fleet that follows from its seed.

Who is in which group and status, all identifiers and amounts follow from the seed and the number
of SIM cards; dates follow from the day ``as_of`` too, so that the fleet never looks years old. The
same seed, number and day give the same bytes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from sandbox.clock import DAY, iso, midnight
from sandbox.context import Sandbox
from sandbox.fleet.device_fleets import FLEETS, DeviceFleet
from sandbox.fleet.history import history
from sandbox.fleet.sim_card_generation import CardMaker, Placement
from sandbox.identifiers import random_id
from sandbox.iot import sim_card_groups

YEARS_BACK = 3
# Shares of the statuses at rest in percent; what is left is enabled.
SHARES = {
    "disabled": 15.0,
    "standby": 6.0,
    "data_limit_exceeded": 1.5,
    "unauthorized_imei": 1.2,
    "registering": 0.8,
}
WITHOUT_GROUP = 0.1  # of the disabled SIM cards
LARGE_GROUP = 100
DISABLED_IN_LARGE_GROUP = 25
HISTORY_NEEDS = 3 * 3600.0  # seconds between creation and last change, to hold past actions


@dataclass(frozen=True)
class FleetPlan:
    """What the fleet follows from."""

    sims: int
    seed: int
    as_of: date


def _statuses(sims: int, random: Random) -> list[str]:
    statuses: list[str] = []
    for status, percent in SHARES.items():
        statuses += [status] * max(1, round(sims * percent / 100))
    # The smallest fleets have no room for every status.
    statuses = statuses[: max(0, sims - 1)]
    statuses += ["enabled"] * (sims - len(statuses))
    random.shuffle(statuses)
    return statuses


def _places(sims: int, random: Random) -> list[int]:
    """For each SIM card the number of its group, by exact shares."""
    total = sum(fleet.share for fleet in FLEETS)
    places: list[int] = []
    reached = 0.0
    for number, fleet in enumerate(FLEETS):
        reached += fleet.share
        upto = round(sims * reached / total)
        places += [number] * (upto - len(places))
    random.shuffle(places)
    return places


def _enough_disabled(statuses: list[str], places: list[int], grouped: list[bool]) -> None:
    """Give every larger group its 25 disabled SIM cards, at the cost of enabled ones."""
    for number in range(len(FLEETS)):
        members = [index for index, place in enumerate(places) if place == number]
        if len(members) < LARGE_GROUP:
            continue
        disabled = sum(statuses[index] == "disabled" and grouped[index] for index in members)
        spare = (index for index in members if statuses[index] == "enabled")
        for _ in range(DISABLED_IN_LARGE_GROUP - disabled):
            statuses[next(spare)] = "disabled"


def _created(sims: int, as_of: float, random: Random) -> Iterator[float]:
    """Times in Unix seconds, ever later, denser towards the end as a fleet that grows."""
    begin = as_of - YEARS_BACK * 365 * DAY
    span = as_of - 3600 - begin
    previous = begin
    for index in range(sims):
        at = begin + span * ((index + random.random()) / sims) ** 0.6
        previous = max(at, previous + 0.001)
        yield previous


def _nice_limit(consumed: int, fill: float) -> dict[str, str]:
    """A round pooled limit of which about ``fill`` is used; ``consumed`` in thousandths of MB."""
    wanted = max(1.0, consumed / 1000 / fill)
    if wanted < 2048:
        return {"amount": f"{-(-wanted // 50) * 50:.1f}", "unit": "MB"}
    return {"amount": f"{-(-wanted // 1024):.1f}", "unit": "GB"}


def placements(plan: FleetPlan, group_ids: list[str], random: Random) -> Iterator[Placement]:
    """Group, status and time of creation of every SIM card, oldest first."""
    statuses, places = _statuses(plan.sims, random), _places(plan.sims, random)
    grouped = [status != "disabled" or random.random() >= WITHOUT_GROUP for status in statuses]
    _enough_disabled(statuses, places, grouped)
    as_of = midnight(plan.as_of)
    for status, place, in_group, at in zip(
        statuses, places, grouped, _created(plan.sims, as_of, random), strict=True
    ):
        yield Placement(FLEETS[place], group_ids[place] if in_group else None, status, at)


def generate(sandbox: Sandbox, plan: FleetPlan) -> None:
    """Fill an empty sandbox."""
    random = Random(f"fleet {plan.seed}")
    group_ids = [random_id(random) for _ in FLEETS]
    maker = CardMaker(random, midnight(plan.as_of))
    consumed = dict.fromkeys(group_ids, 0)
    latest: list[tuple[str, str, float]] = []

    def cards() -> Iterable[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
        for placement in placements(plan, group_ids, random):
            card = maker.make(placement)
            if placement.group_id is not None:
                consumed[placement.group_id] += card.consumed
            settled = card.updated - placement.created > HISTORY_NEEDS
            if random.random() < 0.15 and settled:
                latest.append((card.listed["id"], placement.status, card.updated))
            yield card.listed, card.detail, card.hidden

    sandbox.sim_cards.load(cards())
    sandbox.sim_card_groups.load(
        (group, {}, {}) for group in _groups(group_ids, consumed, midnight(plan.as_of), random)
    )
    sandbox.sim_card_actions.load((action, {}, {}) for action in history(latest, random))
    for collection in sandbox.collections:
        collection.create_indexes()


def _groups(
    group_ids: list[str], consumed: dict[str, int], as_of: float, random: Random
) -> Iterator[dict[str, Any]]:
    # Early enough that every group is older than the first SIM card.
    at = as_of - (YEARS_BACK * 365 + 60 * (len(FLEETS) + 1)) * DAY
    for fleet, group_id in zip(FLEETS, group_ids, strict=True):
        yield _group(fleet, group_id, consumed[group_id], at)
        at += random.uniform(5, 60) * DAY


def _group(fleet: DeviceFleet, group_id: str, consumed: int, at: float) -> dict[str, Any]:
    limit = None if fleet.fill is None else _nice_limit(consumed, fleet.fill)
    return sim_card_groups.document(group_id, fleet.name, limit, iso(at), fleet is FLEETS[0])
