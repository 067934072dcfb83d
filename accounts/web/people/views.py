"""A person's own page."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import Person


class PersonForm(forms.ModelForm):
    """Name and time zone."""

    time_zone = forms.ChoiceField(
        choices=[(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())],
        help_text="Times are shown in this zone; the exact UTC is shown on hover.",
    )

    class Meta:
        model = Person
        fields = ["name", "time_zone"]


@login_required
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest) -> HttpResponse:
    """Name, time zone, roles; the password has a page of its own."""
    stored = Person.objects.get(pk=request.user.pk)
    form = PersonForm(request.POST if request.method == "POST" else None, instance=stored)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("person")
    memberships = stored.memberships.select_related("account").order_by("account__name")
    context = {"form": form, "memberships": memberships}
    return render(request, "people/person.html", context, status=422 if form.is_bound else 200)
