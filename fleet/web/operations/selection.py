"""What a form selects: rows, all that match a filter, or groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import QuerySet
from django.http import QueryDict

from accounts.web.access import AccountRequest
from fleet.models import Group, SimCard
from fleet.operations.kinds.kind import Kind, Subject
from fleet.web.sim_cards.facets import matches_of
from fleet.web.sim_cards.filters import SimCardFilter


@dataclass(frozen=True)
class Selection:
    """The rows, the selection for the record, and the fields by which a form carries it along."""

    rows: QuerySet[Any]
    record: dict[str, Any]
    fields: list[tuple[str, Any]]
    # In words, such as "25 SIM cards"; "" where nothing is selected.
    text: str


def selected(request: AccountRequest, kind: Kind) -> Selection:
    """What the form that was posted selects for a kind.

    `group_ids` for groups, and for all SIM cards of groups; else either `all` with the list's
    query string in `filter`, or `ids`.
    """
    if "group_ids" in request.POST or kind.subject == Subject.GROUPS:
        return _of_groups(request, kind)
    if request.POST.get("all") == "1":
        return _of_filter(request)
    ids = _numbers(request.POST.getlist("ids"))
    rows = SimCard.objects.filter(account=request.account, pk__in=ids)
    fields = [("ids", pk) for pk in ids]
    return Selection(rows, {"ids": len(ids)}, fields, counted(len(ids), "SIM card") if ids else "")


def _of_filter(request: AccountRequest) -> Selection:
    query = QueryDict(request.POST.get("filter", "").lstrip("?"))
    filters = SimCardFilter(query, request.account)
    fields = [("all", "1"), ("filter", query.urlencode())]
    record = {"filter": query.urlencode()}
    if not filters.is_valid():
        return Selection(SimCard.objects.none(), record, fields, "")
    matches = matches_of(filters)
    noun = "SIM card" if matches.number == 1 else "SIM cards"
    return Selection(filters.qs, record, fields, f"{matches.text} {noun}")


def _of_groups(request: AccountRequest, kind: Kind) -> Selection:
    ids = _numbers(request.POST.getlist("group_ids"))
    groups = Group.objects.filter(account=request.account, pk__in=ids)
    names = list(groups.order_by("name").values_list("name", flat=True)[:2])
    text = f"group {names[0]}" if len(names) == 1 else counted(len(ids), "group") if names else ""
    fields = [("group_ids", pk) for pk in ids]
    record = {"groups": len(ids)}
    if kind.subject == Subject.GROUPS:
        return Selection(groups, record, fields, text)
    cards = SimCard.objects.filter(account=request.account, group__in=ids, removed_at=None)
    return Selection(cards, record, fields, f"the SIM cards of {text}" if text else "")


def _numbers(texts: Iterable[str]) -> list[int]:
    # A longer one is no id, and no number that the database takes.
    return [int(text) for text in texts if text.isdecimal() and len(text) < 19]


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{intcomma(number)} {noun}{'' if number == 1 else 's'}"
