"""What every signed-in request needs."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect


class PersonMiddleware:
    """Shows times in the person's zone; sends htmx to the sign-in page as a whole page.

    Without the second, an expired session would put a sign-in form inside a table cell.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        zone = ZoneInfo(user.time_zone) if user.is_authenticated else None
        with timezone.override(zone):
            response = self.get_response(request)
        htmx = getattr(request, "htmx", None)
        if htmx and response.status_code == 302 and not user.is_authenticated:
            page = htmx.current_url_abs_path or "/"
            return HttpResponseClientRedirect(redirect_to_login(page).url)
        return response
