"""From pasted or uploaded identifiers to the plan of an operation on the SIM cards they mean."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.models import Role
from accounts.web.access import AccountRequest, account_view
from fleet.operations.identifiers.given import LARGEST_FILE, Given
from fleet.operations.identifiers.match import Matches, Outcome, match, plan_identifiers
from fleet.operations.kinds.kind import Kind
from fleet.operations.plan import NothingSelected
from fleet.web.operations.identifier_forms import IdentifierForm
from fleet.web.operations.one_operation import go_to, record
from fleet.web.partials import wants_partial
from fleet.web.shell import in_section

MEGABYTE = 2**20
# Both in full, and what multipart puts around them.
LARGEST_BODY = LARGEST_FILE + settings.DATA_UPLOAD_MAX_MEMORY_SIZE + MEGABYTE
# More than this is not even read to be thrown away.
LARGEST_DRAINED = 20 * LARGEST_BODY
SHOWN_PROBLEMS = 200


# Not without protection: `_posted` has it. Here the body can be looked at before it is read.
@csrf_exempt
@in_section("operations")
@require_http_methods(["GET", "POST"])
@account_view(Role.OPERATOR)
def operation_identifiers(request: AccountRequest) -> HttpResponse:
    """The form; on POST the matches, or the plan."""
    if request.method == "GET":
        form = IdentifierForm(request.account, request.GET)
        part = "operations/identifiers_inputs.html"
        return _page(request, form, part=part)
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    try:
        if length > LARGEST_BODY:
            raise RequestDataTooBig
        # Reads the body.
        _ = request.POST
    except RequestDataTooBig:
        return _too_big(request, length)
    return _posted(request)


def _too_big(request: AccountRequest, length: int) -> HttpResponse:
    # A browser that cannot send all of it reports a lost connection, not our answer.
    if length <= LARGEST_DRAINED:
        while request.read(MEGABYTE):
            pass
    text = (
        f"That is too much at once ({length // MEGABYTE:,} MB), and nothing of it was read: give "
        f"a file of at most {LARGEST_FILE // MEGABYTE} MB, and paste at most "
        f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE // MEGABYTE} MB."
    )
    if wants_partial(request):
        # A toast: the form stays as it is, with all that is in it.
        return HttpResponse(text, status=413, content_type="text/plain; charset=utf-8")
    form = IdentifierForm(request.account, QueryDict())
    form.problems["identifiers"] = text
    return _page(request, form, status=413)


@csrf_protect
def _posted(request: AccountRequest) -> HttpResponse:
    form = IdentifierForm(request.account, request.POST, request.FILES.get("file"))
    # A search among many choices, or without JavaScript the fields of another kind.
    if "find" in request.POST:
        return _page(request, form)
    given = form.read()
    if "match" in request.POST:
        if form.problems:
            return _page(request, form, status=422)
        return _page(request, form, match(request.account, given))
    inputs = form.clean_inputs()
    if form.kind is None or form.problems:
        return _page(request, form, status=422)
    if request.role < form.kind.role:
        raise PermissionDenied(f"“{form.kind.label}” needs the role {form.kind.role.label}.")
    return _plan(request, form, form.kind, given, inputs)


def _plan(
    request: AccountRequest,
    form: IdentifierForm,
    kind: Kind,
    given: list[Given],
    inputs: dict[str, Any],
) -> HttpResponse:
    matches = match(request.account, given)
    try:
        operation = plan_identifiers(request.account, kind, matches, request.user, inputs)
    except NothingSelected:
        return _page(request, form, matches, status=422, extra={"nothing_to_plan": True})
    detail = {"targets": operation.target_count, "selection": operation.selection, "inputs": inputs}
    record(request, "planned", operation, **detail)
    return go_to(request, operation)


def _page(
    request: AccountRequest,
    form: IdentifierForm,
    matches: Matches | None = None,
    *,
    status: int = 200,
    part: str = "operations/identifiers_form.html",
    extra: dict[str, Any] | None = None,
) -> HttpResponse:
    """The page, or the part of it that htmx asks for."""
    is_part = wants_partial(request)
    context = {
        "form": form,
        "matches": _shown(matches) if matches else None,
        # Browsers keep the file of a form that stays, but never give one to a new page.
        "file_is_lost": form.file is not None and not is_part,
        **(extra or {}),
    }
    template = part if is_part else "operations/identifiers.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _shown(matches: Matches) -> dict[str, Any]:
    problems = (row for row in matches.rows if row.outcome != Outcome.MATCHED)
    found = matches.counts.get(Outcome.MATCHED, 0)
    return {
        "counts": matches.counts,
        "total": len(matches.rows),
        "found": found,
        "problem_count": len(matches.rows) - found,
        "problems": list(islice(problems, SHOWN_PROBLEMS)),
    }
