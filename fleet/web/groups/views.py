"""SIM card groups."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts.models import Role
from accounts.web.access import AccountRequest, account_view
from fleet.models import Group
from fleet.web.keyset import page_of
from fleet.web.partials import render_page
from fleet.web.shell import in_section

PAGE_SIZE = 100


@in_section("groups")
@require_GET
@account_view(Role.MANAGER)
def groups(request: AccountRequest) -> HttpResponse:
    """The groups by name, with pooled consumption against their limit."""
    rows = Group.objects.filter(account=request.account, removed_at=None)
    text = request.GET.get("q", "").strip()
    if text:
        rows = rows.filter(name__icontains=text)
    page = page_of(request, rows, "name", descending=False, size=PAGE_SIZE)
    for group in page.rows:
        group.account = request.account
    return render_page(request, "groups/list.html", {"page": page, "text": text}, "list")
