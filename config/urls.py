"""Every address, by page."""

from django.urls import include, path

handler403 = "fleet.web.shell.permission_denied"
handler404 = "fleet.web.shell.page_not_found"
handler500 = "fleet.web.shell.server_error"

urlpatterns = [
    path("", include("accounts.web.urls")),
    path("", include("fleet.web.urls")),
]
