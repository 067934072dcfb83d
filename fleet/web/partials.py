"""Whole page or partial from one address."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.http import trigger_client_event


def wants_partial(request: HttpRequest) -> bool:
    """True where htmx asks for a part; a boosted link or a restored history entry gets a page."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    partial: str,
    status: int = 200,
) -> HttpResponse:
    """Render the template, or its named partial where htmx asks for a part."""
    name = f"{template}#{partial}" if wants_partial(request) else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def toast(response: HttpResponse, text: str, level: str = "success") -> HttpResponse:
    """Have the page show a toast; works on answers to htmx."""
    return trigger_client_event(response, "toast", {"text": text, "level": level})


def look_again(response: HttpResponse) -> HttpResponse:
    """Have the page's poller ask at once; its answer has the lists show what changed."""
    return trigger_client_event(response, "activity-now", {})
