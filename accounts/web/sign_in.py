"""Signing in and out."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.views import LoginView, LogoutView
from django.conf import settings
from django.http import HttpRequest


class ClosedSignUp(DefaultAccountAdapter):
    """People are added by an administrator; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False


class SignIn(LoginView):
    """The sign-in page; in demo mode it shows who can sign in."""

    template_name = "account/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demo's people."""
        context = super().get_context_data(**kwargs)
        if settings.DEMO:
            context["demo_people"] = settings.DEMO_PEOPLE
            context["demo_password"] = settings.DEMO_PASSWORD
        return context


class SignOut(LogoutView):
    """Signs out by POST."""

    template_name = "account/logout.html"
