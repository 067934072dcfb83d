"""Forms of a Telnyx account."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.text import slugify

from accounts.models import Membership, Person, Role, TelnyxAccount
from accounts.models.telnyx_accounts import DEFAULT_BASE_URL


class TelnyxAccountForm(forms.ModelForm):
    """Name, base URL, API key, pace. The stored key is never shown; empty keeps it."""

    base_url = forms.URLField(
        label="API base URL", initial=DEFAULT_BASE_URL, assume_scheme="https", max_length=200
    )
    api_key = forms.CharField(
        label="API key",
        required=False,
        max_length=400,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    class Meta:
        model = TelnyxAccount
        fields = [
            "name",
            "requests_per_second",
            "sync_every_minutes",
            "calls_per_hour",
            "details_per_hour",
        ]
        labels = {
            "requests_per_second": "Requests per second",
            "sync_every_minutes": "Sync every … minutes",
            "calls_per_hour": "API calls an hour",
            "details_per_hour": "Detail readings an hour",
        }

    field_order = [
        "name",
        "api_key",
        "base_url",
        "requests_per_second",
        "sync_every_minutes",
        "calls_per_hour",
        "details_per_hour",
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = self.instance.pk is None
        self.fields["api_key"].required = self.is_new
        if not self.is_new:
            self.fields["base_url"].initial = self.instance.base_url
            self.fields[
                "api_key"
            ].help_text = (
                f"The stored key ends in …{self.instance.api_key_last4}. Leave empty to keep it."
            )

    def clean_api_key(self) -> str:
        """A key as the API's header can carry it."""
        key = self.cleaned_data["api_key"].strip()
        if key and (not key.isascii() or not key.isprintable() or " " in key):
            raise forms.ValidationError(
                "This is no API key: it holds spaces or special characters. Copy it again from "
                "the Telnyx portal."
            )
        return key

    def clean_base_url(self) -> str:
        """Without a slash at the end, user or query."""
        url = self.cleaned_data["base_url"].rstrip("/")
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or parts.query or parts.username:
            raise forms.ValidationError(
                f"“{url}” will not do: give an address such as {DEFAULT_BASE_URL}."
            )
        return url

    def clean(self) -> dict[str, Any]:
        """A stored key is never sent to another address than the one it was given for."""
        cleaned = super().clean() or {}
        moved = not self.is_new and cleaned.get("base_url") not in (None, self.instance.base_url)
        if moved and not cleaned.get("api_key"):
            self.add_error(
                "api_key", "The base URL changes: give the API key that belongs to the new one."
            )
        return cleaned

    def save(self, commit: bool = True) -> TelnyxAccount:
        """Save; a new key or URL makes the connection count as unchecked."""
        account = super().save(commit=False)
        account.set_connection(self.cleaned_data["base_url"], self.cleaned_data["api_key"] or None)
        if self.is_new:
            account.slug = free_slug(account.name)
        if commit:
            account.save()
        return account


def free_slug(name: str) -> str:
    """A slug for an account's addresses that no other account has."""
    base = slugify(name)[:50] or "account"
    slug, number = base, 2
    while TelnyxAccount.objects.filter(slug=slug).exists():
        slug, number = f"{base}-{number}", number + 1
    return slug


class MembershipForm(forms.Form):
    """Gives a person a role; creates the person where the e-mail is new."""

    email = forms.EmailField(label="E-mail", max_length=254)
    name = forms.CharField(label="Name", max_length=120, required=False)
    role = forms.TypedChoiceField(
        label="Role",
        choices=[(role.value, f"{role.label}: {role.meaning}") for role in Role],
        coerce=int,
    )

    def __init__(self, data: Any = None, *, account: TelnyxAccount) -> None:
        super().__init__(data)
        self.account = account

    def clean_email(self) -> str:
        """Lower case; nobody is a member twice."""
        email = self.cleaned_data["email"].lower()
        if Membership.objects.filter(account=self.account, person__email=email).exists():
            raise forms.ValidationError(
                f"{email} has a role on this account already: change it in the list."
            )
        return email

    def save(self, password: str) -> tuple[Membership, bool]:
        """The membership, and whether the person was created (with the password)."""
        person = Person.objects.filter(email=self.cleaned_data["email"]).first()
        created = person is None
        if person is None:
            person = Person.objects.create_user(
                self.cleaned_data["email"], password, name=self.cleaned_data["name"]
            )
        membership = Membership.objects.create(
            account=self.account, person=person, role=self.cleaned_data["role"]
        )
        return membership, created
