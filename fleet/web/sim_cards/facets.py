"""How many SIM cards there are and match: from the counts of the last sweep, or bounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet, Value

from accounts.models import TelnyxAccount
from fleet.models import FleetCounts, SimCard
from fleet.sync.fleet_counts import refresh_fleet_counts
from fleet.web.keyset import Sort, Window

if TYPE_CHECKING:
    from fleet.web.sim_cards.filters import SimCardFilter

# Up to here matches are counted by each request.
COUNTED = 10_000
# Up to here matches are found by the filter's index and sorted; more are met soon enough by a
# walk along the sort's index. Both ends cost about the same at a million rows.
SORTED = 5_000
# For each row of a page so many are looked at, at most, before the page says that it is cut.
FARTHEST = 800
NEAREST = 1_000


@dataclass(frozen=True)
class Matches:
    """How many SIM cards match: exact, or an estimate and then marked so wherever it is shown."""

    number: int
    # "about" or "more than" for an estimate, "" for an exact number.
    mark: str = ""
    # When the number was counted; None: just now.
    counted_at: datetime | None = None
    # All matches may be sorted for one page.
    few: bool = False

    @property
    def text(self) -> str:
        """The number for people, with its mark."""
        return f"{self.mark} {intcomma(self.number)}".strip()


def counts_of(account: TelnyxAccount) -> FleetCounts:
    """The counts of the last sweep; taken now where no sweep has left any."""
    counts = FleetCounts.objects.filter(account=account).first()
    if counts:
        return counts
    if SimCard.objects.filter(account=account).present().exists():
        return refresh_fleet_counts(account)
    return FleetCounts(account=account)


def matches_of(filters: SimCardFilter) -> Matches:
    """How many SIM cards the filters let through, from a bounded number of rows."""
    if not filters.is_valid():
        return Matches(0, few=True)
    active = filters.active
    counts = filters.counts
    facet = filters.facet_count
    if facet is not None and facet > COUNTED:
        return Matches(facet, counted_at=counts.counted_at)
    guess = 0
    if "q" in active or "tag" in active:
        # Where very many hold the text or the tag, already finding 10,000 would be slow.
        guess = _estimated(filters.rough())
    if guess <= COUNTED:
        exact = _counted(filters.qs)
        if exact <= COUNTED:
            return Matches(exact, few=bool(active) and exact <= SORTED)
    guess = _rounded(guess or _estimated(filters.rough()))
    return Matches(guess, "about") if guess > COUNTED else Matches(COUNTED, "more than")


def window_of(filters: SimCardFilter, matches: Matches, sort: Sort, size: int) -> Window | None:
    """How far a page may look for its rows; None where that needs no bound."""
    active = filters.active
    if matches.few or not active:
        return None
    among, covered = _walkable(filters, sort)
    if active == covered:
        return None
    every = max(1.0, filters.counts.total / max(1, matches.number))
    far = FARTHEST * (size + 1)
    near = min(far, max(NEAREST, int(10 * every * (size + 1))))
    return Window(among, tuple(dict.fromkeys((near, far))))


def _walkable(filters: SimCardFilter, sort: Sort) -> tuple[QuerySet[SimCard], set[str]]:
    """The rows that one index has in the sort's order, and the filter that it applies."""
    rows: QuerySet[SimCard] = filters.queryset
    chosen = filters.form.cleaned_data
    statuses, group = chosen["status"], chosen["group"]
    if group and sort.name == "iccid":
        return filters.filter_group(rows, "group", group), {"group"}
    if sort.name == "status" or (len(statuses) == 1 and sort.name in {"iccid", "usage"}):
        return filters.filter_status(rows, "status", statuses), {"status"} if statuses else set()
    return rows, set()


def _counted(rows: QuerySet[SimCard]) -> int:
    """The number of rows, at most one more than COUNTED."""
    # Without a column, so that an index answers alone.
    bounded = rows.order_by().values_list(Value(1))[: COUNTED + 1]
    try:
        select, parameters = bounded.query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({select}) matches", parameters)
        return int(cursor.fetchone()[0])


def _estimated(rows: QuerySet[SimCard]) -> int:
    """The planner's estimate of the number of rows; reads none of them."""
    try:
        select, parameters = rows.order_by().values_list(Value(1)).query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {select}", parameters)
        answer: Any = cursor.fetchone()[0]
    plan = orjson.loads(answer) if isinstance(answer, str | bytes) else answer
    return int(plan[0]["Plan"]["Plan Rows"])


def _rounded(number: int) -> int:
    """To two digits: more would promise what an estimate cannot hold."""
    return round(number, 2 - len(str(number))) if number >= 100 else number
