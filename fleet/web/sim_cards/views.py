"""The SIM card list and a SIM card's own page."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import Role
from accounts.web.access import AccountRequest, account_view
from fleet.models import SimCard
from fleet.web.keyset import SIZES, Sort, page_of
from fleet.web.operations.menus import menu_of_sim_cards
from fleet.web.partials import render_page
from fleet.web.shell import in_section
from fleet.web.sim_cards.facets import Matches, matches_of, window_of
from fleet.web.sim_cards.filters import SimCardFilter
from fleet.web.sim_cards.pending import add_pending
from fleet.web.sim_cards.tables import DEFAULT_SORT, SORTS, SimCardTable

HISTORY_SIZE = 50


@in_section("sim_cards")
@require_GET
@account_view(Role.MANAGER)
def sim_cards(request: AccountRequest) -> HttpResponse:
    """The list: search, filter, sort and page, all of it in the URL."""
    return render_page(request, "sim_cards/list.html", _list_context(request), "list")


def _list_context(request: AccountRequest) -> dict[str, Any]:
    filters = SimCardFilter(request.GET, request.account)
    matches = matches_of(filters)
    sort, descending = _sort(request)
    size = _page_size(request)
    page = page_of(
        request,
        _listed(filters, matches),
        sort,
        descending=descending,
        size=size,
        fenced=matches.few,
        window=window_of(filters, matches, sort, size),
    )
    for card in page.rows:
        card.account = request.account
    add_pending(page.rows)
    chips = filters.chips()
    return {
        "search_is_filter": True,
        "filters": filters,
        "chips": chips,
        "page": page,
        "table": SimCardTable(page.rows, request=request),
        "matches": matches,
        "sort": sort,
        "descending": descending,
        "sorts": SORTS,
        "size": size,
        "sizes": SIZES,
        "menu": menu_of_sim_cards(),
        "fleet_is_empty": not page.rows
        and not chips
        and not SimCard.objects.filter(account=request.account).exists(),
    }


def _listed(filters: SimCardFilter, matches: Matches) -> QuerySet[SimCard]:
    """The rows of the list, without the columns that it does not show."""
    if not filters.is_valid():
        return SimCard.objects.none()
    rows: QuerySet[SimCard] = filters.qs if matches.few else filters.walked()
    return rows.select_related("group").defer(
        "raw", "digest", "identifiers", "location", "group__raw", "group__digest"
    )


def _sort(request: AccountRequest) -> tuple[Sort, bool]:
    """The sort that the URL asks for, and whether it is descending; else the usual one."""
    name = request.GET.get("sort", DEFAULT_SORT)
    sort = SORTS.get(name.removeprefix("-"))
    return (sort, name.startswith("-")) if sort else (SORTS[DEFAULT_SORT], False)


def _page_size(request: AccountRequest) -> int:
    try:
        size = int(request.GET.get("size", SIZES[0]))
    except ValueError:
        return SIZES[0]
    return size if size in SIZES else SIZES[0]


@in_section("sim_cards")
@require_GET
@account_view(Role.MANAGER)
def sim_card_rows(request: AccountRequest) -> HttpResponse:
    """The given rows again, in the given order: what a page shows while an operation runs.

    The same rows stay even where they no longer match the filter, so that a person sees them
    get there.
    """
    ids = [int(pk) for pk in request.GET.getlist("row") if pk.isdecimal() and len(pk) < 19]
    by_id = (
        SimCard.objects.filter(account=request.account)
        .select_related("group")
        .in_bulk(ids[: max(SIZES)])
    )
    cards = [by_id[pk] for pk in ids if pk in by_id]
    for card in cards:
        card.account = request.account
    add_pending(cards)
    context = {"table": SimCardTable(cards, request=request)}
    response = render(request, "sim_cards/rows.html", context)
    response["Cache-Control"] = "no-store"
    return response
