"""SIM card groups."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts.models import Role
from accounts.web.access import AccountRequest, account_view
from fleet.models import Group
from fleet.operations.kinds.kind import Subject
from fleet.web.keyset import page_of
from fleet.web.operations.menus import menu_of_group, reasons
from fleet.web.partials import render_page
from fleet.web.shell import in_section
from fleet.web.sim_cards.pending import add_pending

PAGE_SIZE = 100


@in_section("groups")
@require_GET
@account_view(Role.MANAGER)
def groups(request: AccountRequest) -> HttpResponse:
    """The groups by name, with pooled consumption against their limit, and what can be done."""
    rows = Group.objects.filter(account=request.account, removed_at=None)
    text = request.GET.get("q", "").replace("\0", "").strip()
    if text:
        rows = rows.filter(name__icontains=text)
    may_act = request.role >= Role.OPERATOR
    if may_act:
        rows = rows.annotate(**reasons(Subject.GROUPS))
    page = page_of(
        request,
        rows.select_related("gateway", "blocklist"),
        "name",
        descending=False,
        size=PAGE_SIZE,
    )
    add_pending(page.rows, "group")
    group: Any
    for group in page.rows:
        group.account = request.account
        group.menu = menu_of_group(group) if may_act else None
    return render_page(request, "groups/list.html", {"page": page, "text": text}, "list")
