"""Signing in and out."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.views import LoginView, LogoutView, PasswordChangeView
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse_lazy

from accounts import demo

LOOPBACK = {"127.0.0.1", "::1"}


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
        if settings.DEMO and self.request.META.get("REMOTE_ADDR") in LOOPBACK:
            context["demo_people"] = demo.PEOPLE
            context["demo_password"] = demo.PASSWORD
        return context


class SignOut(LogoutView):
    """Signs out by POST."""

    template_name = "account/logout.html"


class ChangePassword(PasswordChangeView):
    """A person's own password."""

    template_name = "account/password_change.html"
    success_url = reverse_lazy("person")
