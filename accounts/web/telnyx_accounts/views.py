"""Telnyx accounts: the list, adding one, its settings and people."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import AuditEntry, Membership, Role, TelnyxAccount
from accounts.web.access import AccountRequest, account_view, client_address
from accounts.web.telnyx_accounts.forms import MembershipForm, TelnyxAccountForm
from accounts.web.telnyx_accounts.rules import RulesForm


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """To the account last opened, or the first one; without any, a page that says what to do."""
    accounts = TelnyxAccount.objects.visible_to(request.user)  # type: ignore[arg-type]
    last = accounts.filter(slug=request.session.get("account", "")).first() or accounts.first()
    if last:
        return redirect(last)
    return render(request, "telnyx_accounts/none.html")


@login_required
@require_http_methods(["GET", "POST"])
def add_account(request: HttpRequest) -> HttpResponse:
    """Add a Telnyx account; whoever adds it becomes its admin."""
    if not request.user.is_superuser:
        raise PermissionDenied(
            "Adding Telnyx accounts needs the right to do so: "
            "manage.py create_person --may-add-accounts gives it."
        )
    form = TelnyxAccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            account = form.save()
            Membership.objects.create(account=account, person=request.user, role=Role.ADMIN)
            _record(request, "account.added", account)
        messages.success(request, "Added. The first sync starts within seconds.")
        return redirect(account)
    status = 422 if form.is_bound else 200
    return render(request, "telnyx_accounts/add.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@account_view(Role.ADMIN)
def telnyx_account(request: AccountRequest) -> HttpResponse:
    """The account's settings and people."""
    form = TelnyxAccountForm(
        request.POST if request.method == "POST" else None, instance=_fresh(request)
    )
    if request.method == "POST" and form.is_valid():
        changed = sorted(form.changed_data)
        account = form.save()
        _record(request, "account.changed", account, {"fields": changed})
        messages.success(request, "Saved.")
        return redirect("telnyx_account", account.slug)
    status = 422 if form.is_bound else 200
    return _settings_page(request, form=form, status=status)


telnyx_account.section = "telnyx_account"  # type: ignore[attr-defined]


@require_POST
@account_view(Role.ADMIN)
def account_rules(request: AccountRequest) -> HttpResponse:
    """Save what SIM cards cost, and what a second person must approve."""
    form = RulesForm(request.POST, instance=_fresh(request))
    if not form.is_valid():
        return _settings_page(request, rules_form=form, status=422)
    changed = sorted(form.changed_data)
    account = form.save()
    _record(request, "account.rules_changed", account, {"fields": changed})
    messages.success(request, "Rates and approval saved.")
    return redirect("telnyx_account", account.slug)


account_rules.section = "telnyx_account"  # type: ignore[attr-defined]


def _fresh(request: AccountRequest) -> TelnyxAccount:
    # The form changes its instance while validating; the shell keeps showing the stored one.
    return TelnyxAccount.objects.get(pk=request.account.pk)


def _settings_page(request: AccountRequest, status: int = 200, **context: Any) -> HttpResponse:
    account = request.account
    context.setdefault("form", TelnyxAccountForm(instance=_fresh(request)))
    context.setdefault("rules_form", RulesForm(instance=_fresh(request)))
    context.setdefault("member_form", MembershipForm(account=account))
    context["members"] = account.memberships.select_related("person").order_by(
        "-role", "person__email"
    )
    context["roles"] = list(Role)
    return render(request, "telnyx_accounts/settings.html", context, status=status)


@require_POST
@account_view(Role.ADMIN)
def add_member(request: AccountRequest) -> HttpResponse:
    """Give a person a role. A new person's first password is shown once."""
    form = MembershipForm(request.POST, account=request.account)
    if not form.is_valid():
        return _settings_page(request, member_form=form, status=422)
    password = secrets.token_urlsafe(12)
    with transaction.atomic():
        membership, created = form.save(password)
        detail = {"role": membership.get_role_display(), "created": created}
        _record(request, "member.added", request.account, detail, membership.person.email)
    if not created:
        messages.success(request, f"{membership.person.email} can open this account now.")
        return redirect("telnyx_account", request.account.slug)
    return _settings_page(request, new_person=membership.person, new_password=password)


@require_POST
@account_view(Role.ADMIN)
def change_member(request: AccountRequest, pk: int) -> HttpResponse:
    """Change a role, or take it away; the last admin stays one."""
    with transaction.atomic():
        # Two admins who demote each other at once must not leave the account without one.
        admins = list(
            Membership.objects.select_for_update()
            .filter(account=request.account, role=Role.ADMIN)
            .values_list("pk", flat=True)
        )
        membership = get_object_or_404(Membership, account=request.account, pk=pk)
        wanted = request.POST.get("role", "")
        known = {"", *(str(role.value) for role in Role)}
        if wanted not in known:
            messages.error(request, f"role is “{wanted}”: choose one of the list.")
        elif admins == [membership.pk] and wanted != str(Role.ADMIN.value):
            messages.error(request, "This is the account's last admin: make another one first.")
        elif wanted:
            membership.role = int(wanted)
            membership.save(update_fields=["role"])
            detail = {"role": membership.get_role_display()}
            _record(request, "member.changed", request.account, detail, membership.person.email)
            messages.success(request, "Role changed.")
        else:
            membership.delete()
            _record(request, "member.removed", request.account, {}, membership.person.email)
            messages.success(request, "Access taken away.")
    return redirect("telnyx_account", request.account.slug)


def _record(
    request: HttpRequest,
    action: str,
    account: TelnyxAccount,
    detail: dict[str, Any] | None = None,
    subject: str = "",
) -> None:
    AuditEntry.objects.record(
        action,
        person=request.user,  # type: ignore[arg-type]
        account=account,
        subject=subject or account.name,
        detail=detail,
        address=client_address(request),
    )
