"""From a selection to a confirmed plan."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.web.access import AccountRequest, account_view
from fleet.models import Operation, OperationState
from fleet.operations.catalog import KINDS
from fleet.operations.kinds.inputs import BadInputs
from fleet.operations.kinds.kind import Kind, Subject
from fleet.operations.plan import NothingSelected, kind_of, plan
from fleet.operations.start import confirm
from fleet.operations.stop import discard
from fleet.web.operations.figures import page_context, plan_context
from fleet.web.operations.forms import TermsForm, asked
from fleet.web.operations.one_operation import answer, operation_of, record, start_soon
from fleet.web.operations.selection import Selection, selected
from fleet.web.partials import toast, wants_partial
from fleet.web.shell import in_section


@in_section("operations")
@require_POST
@account_view(Role.OPERATOR)
def plan_operation(request: AccountRequest) -> HttpResponse:
    """Freeze the selection and show what would happen; first ask for what the kind needs."""
    kind = KINDS.get(request.POST.get("kind", ""))
    if kind is None or not kind.is_offered:
        known = ", ".join(name for name, entry in KINDS.items() if entry.is_offered)
        return HttpResponseBadRequest(
            f"kind is “{request.POST.get('kind', '')}”: give one of {known}.",
            content_type="text/plain",
        )
    if request.role < kind.role:
        raise PermissionDenied(f"“{kind.label}” needs the role {kind.role.label}.")
    selection = selected(request, kind)
    if not selection.text:
        return _nothing_selected(request, kind)
    # A search among many choices only shows the form again.
    if kind.asks and ("given" not in request.POST or "find" in request.POST):
        return _ask(request, kind, selection, {})
    try:
        inputs = kind.clean(request.account, request.POST)
    except BadInputs as bad:
        return _ask(request, kind, selection, bad.problems, status=422)
    try:
        operation = plan(
            request.account, kind, selection.rows, request.user, selection.record, inputs
        )
    except NothingSelected:
        return _nothing_selected(request, kind)
    detail = {"targets": operation.target_count, "selection": selection.record, "inputs": inputs}
    record(request, "planned", operation, **detail)
    if not wants_partial(request):
        return redirect(operation)
    return render(request, "operations/plan_dialog.html", plan_context(operation))


def _ask(
    request: AccountRequest,
    kind: Kind,
    selection: Selection,
    problems: dict[str, str],
    status: int = 200,
) -> HttpResponse:
    context = {
        "kind": kind,
        "fields": asked(request.account, kind, request.POST, problems),
        "selection": selection,
    }
    return _dialog(request, "operations/inputs_dialog.html", context, status)


def _dialog(
    request: AccountRequest, template: str, context: dict[str, Any], status: int
) -> HttpResponse:
    """A dialog, or a page of its own where there is no script to open one."""
    if wants_partial(request):
        return render(request, template, context, status=status)
    context = {**context, "dialog": template}
    return render(request, "operations/dialog_page.html", context, status=status)


def _nothing_selected(request: AccountRequest, kind: Kind) -> HttpResponse:
    if not wants_partial(request):
        page = "sim_cards" if kind.subject == Subject.SIM_CARDS else "groups"
        return redirect(page, request.account.slug)
    return toast(HttpResponse(status=204), f"No {kind.noun} is selected.", "warning")


@in_section("operations")
@require_POST
@account_view(Role.OPERATOR)
def confirm_operation(request: AccountRequest, pk: int) -> HttpResponse:
    """Start a plan, or have it wait for its time or for approval."""
    found = operation_of(request, pk)
    kind = kind_of(found)
    if found.state == OperationState.PLANNED and not found.eligible_count:
        return answer(request, found, f"No {kind.noun} of this plan is eligible.", "warning")
    form = TermsForm(request.POST)
    if not form.is_valid():
        return _plan_again(request, found, form)
    try:
        confirmed = confirm(found, form.terms(), request.user)
    except BadInputs as bad:
        form.add_problems(bad.problems)
        return _plan_again(request, found, form)
    if not confirmed:
        if found.state == OperationState.PLANNED:
            text = f"Nothing is left of the plan: every {kind.noun} of it is skipped."
            return answer(request, found, text, "warning")
        text = f"This operation is {found.get_state_display().lower()} already."
        return answer(request, found, text, "warning")
    record(request, "started", found, targets=found.eligible_count, state=found.state)
    if found.state == OperationState.AWAITING_APPROVAL:
        text = f"{kind.label}: operation #{found.pk} waits for a second person to approve it."
        return answer(request, found, text, "info")
    if found.state == OperationState.SCHEDULED:
        return answer(request, found, f"{kind.label}: operation #{found.pk} is scheduled.")
    start_soon(found)
    return answer(request, found, f"{kind.label}: operation #{found.pk} is running.")


def _plan_again(request: AccountRequest, found: Operation, form: TermsForm) -> HttpResponse:
    """The plan once more, with what was given and what is wrong with it."""
    if not found.may_start:
        text = f"This operation is {found.get_state_display().lower()} already."
        return answer(request, found, text, "warning")
    if wants_partial(request) and request.POST.get("from") != "page":
        context = plan_context(found, form)
        return render(request, "operations/plan_dialog.html", context, status=422)
    context = {**page_context(request, found), "form": form}
    template = "operations/detail.html"
    if wants_partial(request):
        template += "#live"
    return render(request, template, context, status=422)


@require_POST
@account_view(Role.OPERATOR)
def discard_operation(request: AccountRequest, pk: int) -> HttpResponse:
    """Give up what has not begun."""
    found = operation_of(request, pk)
    if not discard(found):
        return answer(request, found, "This operation has started already.", "warning")
    record(request, "discarded", found)
    return answer(request, found, "The plan was discarded; nothing was sent.")
