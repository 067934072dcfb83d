"""The SIM card list and a SIM card's own page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Role
from accounts.web.access import AccountRequest, account_view
from fleet.models import SimCard
from fleet.operations.catalog import KINDS
from fleet.sync.connection import AccountUnusable
from fleet.sync.refresh import refresh_sim_card
from fleet.web.keyset import SIZES, page_of
from fleet.web.partials import render_page, toast, wants_partial
from fleet.web.shell import in_section
from fleet.web.sim_cards.filters import SimCardFilter
from fleet.web.sim_cards.pending import add_pending
from fleet.web.sim_cards.tables import DEFAULT_SORT, SORTS, SimCardTable
from telnyx_api import errors

# Up to here the number of matches is exact; beyond it the page says "more than".
COUNTED = 100_000
HISTORY_SIZE = 50


@in_section("sim_cards")
@require_GET
@account_view(Role.MANAGER)
def sim_cards(request: AccountRequest) -> HttpResponse:
    """The list: search, filter, sort and page, all of it in the URL."""
    return render_page(request, "sim_cards/list.html", _list_context(request), "list")


def _list_context(request: AccountRequest) -> dict[str, Any]:
    filters = SimCardFilter(request.GET, request.account)
    valid = filters.is_valid()
    rows: QuerySet[SimCard] = filters.qs if valid else SimCard.objects.none()
    sort_name = request.GET.get("sort", DEFAULT_SORT)
    descending, sort = sort_name.startswith("-"), SORTS.get(sort_name.lstrip("-"))
    if sort is None:
        descending, sort = False, SORTS[DEFAULT_SORT]
    size = _page_size(request)
    page = page_of(
        request, rows.select_related("group"), sort.column, descending=descending, size=size
    )
    for card in page.rows:
        card.account = request.account
    add_pending(page.rows)
    total = rows.order_by()[: COUNTED + 1].count()
    chips = filters.chips()
    return {
        "search_is_filter": True,
        "filters": filters,
        "chips": chips,
        "page": page,
        "table": SimCardTable(page.rows, request=request),
        "total": min(total, COUNTED),
        "more_than_total": total > COUNTED,
        "sort": sort,
        "descending": descending,
        "sorts": SORTS,
        "size": size,
        "sizes": SIZES,
        "kinds": KINDS.values(),
        "fleet_is_empty": not total
        and not chips
        and not SimCard.objects.filter(account=request.account).exists(),
    }


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
    ids = [int(pk) for pk in request.GET.getlist("row") if pk.isdigit() and len(pk) < 19]
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


@in_section("sim_cards")
@require_GET
@account_view(Role.MANAGER)
def sim_card(request: AccountRequest, remote_id: UUID) -> HttpResponse:
    """One SIM card: what it is, what may be done with it, what happened to it."""
    card = _card(request, remote_id)
    return render_page(request, "sim_cards/detail.html", _detail_context(request, card), "detail")


def _card(request: AccountRequest, remote_id: UUID) -> SimCard:
    rows = SimCard.objects.select_related("account", "group")
    reasons = {f"reason_{name}": kind.ineligible() for name, kind in KINDS.items()}
    return get_object_or_404(rows.annotate(**reasons), account=request.account, remote_id=remote_id)


def _detail_context(request: AccountRequest, card: SimCard) -> dict[str, Any]:
    add_pending([card])
    events = card.events.select_related("operation").order_by("-at", "-pk")
    targets = card.targets.select_related("operation__requested_by").order_by("-pk")[:20]
    for target in targets:
        target.kind = KINDS[target.operation.kind]
    return {
        "card": card,
        "actions": [
            {"kind": kind, "reason": getattr(card, f"reason_{name}")}
            for name, kind in KINDS.items()
        ],
        "events": Paginator(events, HISTORY_SIZE).get_page(request.GET.get("page")),
        "targets": targets,
    }


@in_section("sim_cards")
@require_POST
@account_view(Role.MANAGER)
def refresh(request: AccountRequest, remote_id: UUID) -> HttpResponse:
    """Ask the API for this SIM card now."""
    card = _card(request, remote_id)
    problem = ""
    try:
        refresh_sim_card(card)
    except (AccountUnusable, errors.TelnyxError) as error:
        problem = f"Not refreshed: {error}"
    if not wants_partial(request):
        return redirect(card)
    card = _card(request, remote_id)
    context = _detail_context(request, card)
    response = render(request, "sim_cards/detail.html#detail", context)
    if problem:
        return toast(response, problem, "danger")
    return toast(response, "Read from Telnyx just now.")


def selected_rows(request: AccountRequest) -> tuple[QuerySet[SimCard], dict[str, Any]]:
    """The SIM cards that a form selects, and the selection for the record.

    Either `all` with the list's query string in `filter`, or `ids`.
    """
    if request.POST.get("all") == "1":
        query = QueryDict(request.POST.get("filter", "").lstrip("?"))
        filters = SimCardFilter(query, request.account)
        if not filters.is_valid():
            return SimCard.objects.none(), {"filter": query.urlencode()}
        return filters.qs, {"filter": query.urlencode()}
    ids = [int(pk) for pk in request.POST.getlist("ids") if pk.isdigit() and len(pk) < 19]
    rows = SimCard.objects.filter(account=request.account, pk__in=ids)
    return rows, {"ids": len(ids)}
