"""What the frame around every page shows, and the error pages."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django_htmx.http import trigger_client_event

from accounts.models import Membership, Person, Role, TelnyxAccount
from accounts.web.access import AccountRequest, account_view
from fleet.models import Operation, OperationState, Resource, SyncRun, SyncState
from fleet.web.partials import wants_partial

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Link:
    """An entry of the sidebar."""

    label: str
    icon: str
    route: str
    role: Role = Role.MANAGER


_HELD_UP = {
    OperationState.AWAITING_APPROVAL: "to approve",
    OperationState.PAUSED: "paused",
}
SIDEBAR = (
    Link("Overview", "overview", "overview"),
    Link("SIM cards", "sim-cards", "sim_cards"),
    Link("Groups", "groups", "groups"),
    Link("Operations", "operations", "operations"),
    Link("Sync", "sync", "sync_runs"),
    Link("Settings", "settings", "telnyx_account", Role.ADMIN),
)


class Activity:
    """What goes on in an account right now: freshness, sweeps, operations. From the database."""

    def __init__(self, account: TelnyxAccount) -> None:
        self.account = account

    @cached_property
    def last_complete(self) -> SyncRun | None:
        """The last complete sweep of SIM cards; its start is the "as of" of the copy."""
        return (
            SyncRun.objects.filter(
                account=self.account,
                resource=Resource.SIM_CARDS,
                state=SyncState.COMPLETE,
                group_remote_id=None,
            )
            .order_by("-started_at")
            .first()
        )

    @cached_property
    def sweeping(self) -> SyncRun | None:
        """The sweep that runs now."""
        return (
            SyncRun.objects.filter(account=self.account, state=SyncState.RUNNING)
            .order_by("-started_at")
            .first()
        )

    @cached_property
    def running(self) -> list[Operation]:
        """The operations that run now, newest first, with their progress."""
        operations = list(
            Operation.objects.filter(account=self.account, state=OperationState.RUNNING).order_by(
                "-created_at"
            )[:5]
        )
        add_progress(operations)
        return operations

    @cached_property
    def held_up(self) -> list[dict[str, Any]]:
        """How many operations wait for approval or are paused, where any do."""
        numbers = dict(
            Operation.objects.filter(account=self.account, state__in=_HELD_UP)
            .values_list("state")
            .annotate(Count("pk"))
            .order_by()
        )
        return [
            {"state": state.value, "label": label, "count": numbers[state.value]}
            for state, label in _HELD_UP.items()
            if state.value in numbers
        ]

    @cached_property
    def version(self) -> str:
        """Changes whenever a sweep or an operation got further."""
        operations = Operation.objects.filter(account=self.account).aggregate(
            at=Max("progressed_at")
        )
        sweeps = SyncRun.objects.filter(account=self.account).aggregate(at=Max("progressed_at"))
        stamps = [at.timestamp() for at in (operations["at"], sweeps["at"]) if at]
        return f"{max(stamps, default=0):.6f}"

    @property
    def is_busy(self) -> bool:
        """True while something runs, so that pages look more often."""
        return bool(self.running or self.sweeping)


def add_progress(operations: list[Operation]) -> None:
    """Give each operation `ended_count` and `progress_percent`, as last counted."""
    for operation in operations:
        total = operation.target_count - operation.skipped_count
        operation.ended_count = max(0, total - operation.open_count)  # type: ignore[attr-defined]
        operation.progress_percent = (  # type: ignore[attr-defined]
            round(100 * operation.ended_count / total) if total else 100  # type: ignore[attr-defined]
        )


class Shell:
    """The frame's values, each worked out only if a template asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def account(self) -> TelnyxAccount | None:
        """The Telnyx account that the page is about, else the one last opened."""
        about: TelnyxAccount | None = getattr(self.request, "account", None)
        return about or (self._last.account if self._last else None)

    @cached_property
    def role(self) -> Role | None:
        """The person's role on it."""
        role: Role | None = getattr(self.request, "role", None)
        return role or (Role(self._last.role) if self._last else None)

    @cached_property
    def _last(self) -> Membership | None:
        session = getattr(self.request, "session", {})
        last = [m for m in self.memberships if m.account.slug == session.get("account")]
        return next(iter(last or self.memberships), None)

    @property
    def may_act(self) -> bool:
        """Whether the person may start operations here."""
        return bool(self.role and self.role >= Role.OPERATOR)

    @property
    def may_administer(self) -> bool:
        """Whether the person administers the account."""
        return bool(self.role and self.role >= Role.ADMIN)

    @cached_property
    def memberships(self) -> list[Membership]:
        """The accounts to switch between."""
        person = getattr(self.request, "user", None)
        if not isinstance(person, Person):
            return []
        return list(person.memberships.select_related("account").order_by("account__name"))

    @property
    def sidebar(self) -> list[dict[str, Any]]:
        """The entries that the role may see, the current one marked."""
        if not self.role or not self.account:
            return []
        match = self.request.resolver_match
        section = getattr(match.func, "section", "") if match else ""
        return [
            {"link": link, "active": link.route == section}
            for link in SIDEBAR
            if self.role >= link.role
        ]

    @cached_property
    def activity(self) -> Activity | None:
        """What goes on in the account."""
        return Activity(self.account) if self.account else None


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor."""
    return {"shell": Shell(request)}


def in_section(section: str) -> Any:
    """Mark a view as belonging to an entry of the sidebar."""

    def mark(view: Any) -> Any:
        view.section = section
        return view

    return mark


@account_view(Role.MANAGER)
def activity(request: AccountRequest) -> HttpResponse:
    """The polled part of the top bar. Tells the rest of the page when something changed."""
    state = Activity(request.account)
    response = render(request, "_components/activity_answer.html", {"activity": state})
    response["Cache-Control"] = "no-store"
    if request.GET.get("version") != state.version:
        trigger_client_event(response, "activity", {})
    return response


def _error_page(request: HttpRequest, status: int, title: str, detail: str) -> HttpResponse:
    context = {"status": status, "title": title, "detail": detail}
    if hasattr(request, "htmx") and wants_partial(request):
        return HttpResponse(f"{title}. {detail}", status=status, content_type="text/plain")
    return render(request, "errors/error.html", context, status=status)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    detail = str(exception) or "Your role does not allow this. Ask an admin of the account."
    return _error_page(request, 403, "Not allowed", detail)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _error_page(
        request,
        404,
        "Not found",
        "There is nothing at this address, or nothing that you may see.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500: rendered without the shell, which may be what broke."""
    if getattr(request, "htmx", None):
        return HttpResponse("Simfleet had an error.", status=500, content_type="text/plain")
    return HttpResponse(loader.render_to_string("errors/500.html"), status=500)
