"""A SIM card's own page: what it is, what may be done with it, what happened to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Role, TelnyxAccount
from accounts.web.access import AccountRequest, account_view
from fleet.history.as_it_was import AsItWas, FieldThen, as_it_was, daily_usage
from fleet.models import Event, Group, Resource, SimCard, SyncRun, SyncState
from fleet.operations.kinds.kind import Subject
from fleet.operations.plan import kind_of_target
from fleet.sync.connection import AccountUnusable
from fleet.sync.refresh import refresh_sim_card
from fleet.web.operations.menus import menu_of_sim_cards, reasons
from fleet.web.partials import render_page, toast, wants_partial
from fleet.web.shell import in_section
from fleet.web.sim_cards.pending import add_pending
from telnyx_api import errors

HISTORY_SIZE = 50
USAGE_DAYS = 30
# Opening the page reads the SIM card from the API where its details are older.
DETAILS_STALE = timedelta(minutes=10)


@in_section("sim_cards")
@require_GET
@account_view(Role.MANAGER)
def sim_card(request: AccountRequest, remote_id: UUID) -> HttpResponse:
    """One SIM card; with `at`, also as it was at the end of that day."""
    card = _card(request, remote_id)
    context = _context(request, card)
    # Only with the whole page: an API that is away is not asked again and again.
    context["read_on_opening"] = not wants_partial(request) and _is_stale(card)
    return render_page(request, "sim_cards/detail.html", context, "detail")


@in_section("sim_cards")
@require_POST
@account_view(Role.MANAGER)
def refresh(request: AccountRequest, remote_id: UUID) -> HttpResponse:
    """Ask the API for this SIM card now; with `opening`, silently."""
    card = _card(request, remote_id)
    problem = ""
    try:
        refresh_sim_card(card, request.user.pk)
    except (AccountUnusable, errors.TelnyxError) as error:
        problem = f"Not refreshed: {error}"
    if not wants_partial(request):
        return redirect(card)
    card = _card(request, remote_id)
    response = render(request, "sim_cards/detail.html#detail", _context(request, card))
    if request.POST.get("opening"):
        return response
    if problem:
        return toast(response, problem, "danger")
    return toast(response, "Read from Telnyx just now.")


def _card(request: AccountRequest, remote_id: UUID) -> SimCard:
    rows = SimCard.objects.select_related("account", "group", "public_ip")
    if request.role >= Role.OPERATOR:
        rows = rows.annotate(**reasons(Subject.SIM_CARDS))
    return get_object_or_404(rows, account=request.account, remote_id=remote_id)


def _is_stale(card: SimCard) -> bool:
    if card.removed_at or not card.account.may_call:
        return False
    return card.detail_at is None or card.detail_at < timezone.now() - DETAILS_STALE


def _context(request: AccountRequest, card: SimCard) -> dict[str, Any]:
    add_pending([card])
    events = card.events.select_related("operation", "person").order_by("-at", "-pk")
    page = Paginator(events, HISTORY_SIZE).get_page(request.GET.get("page"))
    targets = card.targets.select_related("operation__requested_by").order_by("-pk")[:20]
    for target in targets:
        target.entry = kind_of_target(target)[0]  # type: ignore[attr-defined]
    then, problem = _then(request, card)
    _name_groups(request.account, page.object_list, then.fields if then else [])
    today = timezone.now().date()
    usage = daily_usage(card, today - timedelta(days=USAGE_DAYS - 1), today)
    on_its_own_page = request.method == "GET"
    return {
        "card": card,
        "address": request.get_full_path() if on_its_own_page else card.get_absolute_url(),
        "as_of": _as_of(card),
        # It has a button of its own, which reads at once.
        "menu": menu_of_sim_cards(card, without=("refresh",)),
        "events": page,
        "targets": targets,
        "then": then,
        "then_problem": problem,
        "then_text": request.GET.get("at", ""),
        "today": timezone.localdate(),
        "usage": usage,
        "usage_total": sum(usage.values()),
        "usage_days": USAGE_DAYS,
    }


def _as_of(card: SimCard) -> datetime:
    """When the API last showed the SIM card as it is here, in a sweep or on its own."""
    swept = (
        SyncRun.objects.filter(
            account=card.account_id, resource=Resource.SIM_CARDS, state=SyncState.COMPLETE
        )
        .filter(group_remote_id=None)
        .order_by("-started_at")
        .first()
    )
    # What a sweep could not store, it did not bring up to date.
    broken = swept and any(str(card.remote_id) in error["raw"] for error in swept.errors)
    if card.removed_at or swept is None or broken:
        return card.read_at
    return max(card.read_at, swept.started_at)


def _then(request: AccountRequest, card: SimCard) -> tuple[AsItWas | None, str]:
    text = request.GET.get("at", "").strip()
    if not text:
        return None, ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None, f"“{text[:40]}” is not a date: choose one, or type it as 2026-01-31."
    if day > timezone.localdate():
        return None, "That day is still to come."
    try:
        end = timezone.make_aware(datetime.combine(day, time.max))
        return as_it_was(card, min(end, timezone.now())), ""
    except OverflowError:
        return None, f"“{text[:40]}” is too long ago."


def _name_groups(
    account: TelnyxAccount, events: Iterable[Event], fields: Iterable[FieldThen]
) -> None:
    """Show groups by their names where events and former states have their ids; one query."""
    moved = [event for event in events if event.what == "group_remote_id"]
    ids = {value for event in moved for value in (event.old, event.new) if value}
    of_fields = [field for field in fields if field.what == "group_remote_id"]
    ids |= {value for field in of_fields for value in (field.then, field.now) if value}
    if not ids:
        return
    rows = Group.objects.filter(account=account, remote_id__in=ids)
    names = {str(group.remote_id): group.name for group in rows}
    for event in moved:
        event.old = names.get(event.old or "", event.old)
        event.new = names.get(event.new or "", event.new)
    for field in of_fields:
        field.then = names.get(field.then or "", field.then)
        field.now = names.get(field.now or "", field.now)
