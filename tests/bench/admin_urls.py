"""The peer of the SIM card list: the changelist of Django's admin with the same columns."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import path

from config import urls
from fleet.models import SimCard


class OpenSite(admin.AdminSite):
    """Lets in whoever is signed in: the model of people here has no staff."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person is signed in."""
        return request.user.is_authenticated


class SimCardAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The list as the admin offers it."""

    list_display = (
        "iccid",
        "msisdn",
        "status",
        "group",
        "tags",
        "voice_enabled",
        "consumed_mb",
        "remote_updated_at",
    )
    list_filter = ("status", "type", "voice_enabled")
    list_select_related = ("group",)
    list_per_page = 25
    search_fields = ("iccid", "imsi", "msisdn", "eid", "imei")
    ordering = ("iccid",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Everyone here may look."""
        return True

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Everyone here may look."""
        return True


site = OpenSite(name="admin")
site.register(SimCard, SimCardAdmin)
urlpatterns = [path("bench-admin/", site.urls), *urls.urlpatterns]
