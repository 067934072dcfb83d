"""Who may open what: one place for all pages."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import Membership, Person, Role, TelnyxAccount

View = Callable[..., HttpResponse]


class AccountRequest(HttpRequest):
    """A request inside a Telnyx account, by somebody with a role on it."""

    user: Person
    account: TelnyxAccount
    role: Role


def account_view(role: Role) -> Callable[[View], View]:
    """Wrap a view at an address with the account's slug.

    Without a sign-in: to the sign-in page. Without a role on the account: 404, as if it did not
    exist. With a lesser role than needed: 403. The view gets `request.account` and
    `request.role` in place of the slug.
    """

    def wrap(view: View) -> View:
        @functools.wraps(view)
        @login_required
        def inner(request: AccountRequest, account: str, **kwargs: Any) -> HttpResponse:
            membership = (
                Membership.objects.select_related("account")
                .filter(account__slug=account, person=request.user)
                .first()
            )
            if membership is None:
                raise Http404("No such Telnyx account")
            request.account = membership.account
            if request.session.get("account") != account:
                request.session["account"] = account
            request.role = Role(membership.role)
            if request.role < role:
                raise PermissionDenied(
                    f"This needs the role {role.label} on {request.account.name}; "
                    f"yours is {request.role.label}."
                )
            return view(request, **kwargs)

        return inner

    return wrap


def client_address(request: HttpRequest) -> str | None:
    """The peer's address for the audit trail."""
    return request.META.get("REMOTE_ADDR") or None
