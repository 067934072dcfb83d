"""The filters of the SIM card list. Everything that is filtered stands in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.core.cache import cache
from django.db.models import Count, QuerySet
from django.http import QueryDict

from accounts.models import TelnyxAccount
from fleet.models import Group, SimCard
from fleet.models.sim_cards import normalise_identifier, status_label

NO_GROUP = "none"
# Counts beside filters may be this old.
COUNTS_SECONDS = 10


@dataclass(frozen=True)
class Chip:
    """An active filter, and the query string without it."""

    label: str
    value: str
    without: str


class SimCardFilter(django_filters.FilterSet):
    """Search, status, type, group, tags, voice."""

    q = django_filters.CharFilter(label="Search", method="filter_search")
    status = django_filters.MultipleChoiceFilter(label="Status", method="filter_status")
    group = django_filters.ChoiceFilter(
        label="Group", method="filter_group", empty_label="Any group"
    )
    type = django_filters.ChoiceFilter(
        label="Type",
        empty_label="Any type",
        choices=[("physical", "Physical"), ("esim", "eSIM")],
    )
    voice = django_filters.ChoiceFilter(
        label="Voice",
        method="filter_voice",
        empty_label="Voice on or off",
        choices=[("on", "Voice on"), ("off", "Voice off")],
    )
    tag = django_filters.CharFilter(label="Tag", method="filter_tag")

    class Meta:
        model = SimCard
        fields: list[str] = []

    def __init__(self, data: QueryDict, account: TelnyxAccount) -> None:
        super().__init__(data, queryset=SimCard.objects.filter(account=account).present())
        self.account = account
        statuses = status_counts(account)
        known = [(s, f"{status_label(s)} ({n:,})") for s, n in statuses.items()]
        # A status in the URL that no SIM card has any more stays a choice, and a chip.
        known += [(s, status_label(s)) for s in data.getlist("status") if s not in statuses]
        self.form.fields["status"].choices = known
        self.form.fields["status"].widget = forms.CheckboxSelectMultiple(choices=known)
        self.groups = {str(g.remote_id): g for g in groups_of(account)}
        self.form.fields["group"].choices = [
            ("", "Any group"),
            *[(k, g.name) for k, g in self.groups.items()],
            (NO_GROUP, "Without a group"),
        ]

    def filter_search(self, rows: QuerySet[SimCard], name: str, value: str) -> Any:
        """Part of an ICCID, IMSI, MSISDN, EID or IMEI."""
        return rows.search(value)  # type: ignore[attr-defined]

    def filter_status(self, rows: QuerySet[SimCard], name: str, value: list[str]) -> Any:
        """One of the statuses."""
        return rows.filter(status__in=value) if value else rows

    def filter_group(self, rows: QuerySet[SimCard], name: str, value: str) -> Any:
        """In the group; also SIM cards whose group has not been synced yet."""
        if value == NO_GROUP:
            return rows.filter(group_remote_id=None)
        return rows.filter(group=self.groups[value].pk)

    def filter_voice(self, rows: QuerySet[SimCard], name: str, value: str) -> Any:
        """With or without voice."""
        return rows.filter(voice_enabled=value == "on")

    def filter_tag(self, rows: QuerySet[SimCard], name: str, value: str) -> Any:
        """With all of the tags, which are separated by commas."""
        tags = [tag.strip() for tag in value.split(",") if tag.strip()]
        return rows.filter(tags__contains=tags)

    @property
    def search_too_short(self) -> bool:
        """A search needs three characters: fewer would match nearly everything."""
        text = self.data.get("q", "").strip()
        return bool(text) and len(normalise_identifier(text)) < 3

    def chips(self) -> list[Chip]:
        """Every active filter, with the way to take it off."""
        chips = []
        for name, field in self.form.fields.items():
            for value in self.data.getlist(name):
                if not value.strip():
                    continue
                rest = self.data.copy()
                for paging in ("after", "before"):
                    rest.pop(paging, None)
                rest.setlist(name, [v for v in rest.getlist(name) if v != value])
                chips.append(
                    Chip(str(field.label), self._chip_text(name, value), "?" + rest.urlencode())
                )
        return chips

    def _chip_text(self, name: str, value: str) -> str:
        if name == "status":
            return status_label(value)
        if name in {"group", "type", "voice"}:
            return str(dict(self.form.fields[name].choices).get(value, value))
        return value


def groups_of(account: TelnyxAccount) -> QuerySet[Group]:
    """The groups to choose from."""
    return Group.objects.filter(account=account, removed_at=None).order_by("name")


def status_counts(account: TelnyxAccount) -> dict[str, int]:
    """SIM cards by status, most frequent first; at most COUNTS_SECONDS old."""
    key = f"status-counts-{account.pk}"
    counts = cache.get(key)
    if counts is None:
        rows = (
            SimCard.objects.filter(account=account)
            .present()
            .order_by()
            .values_list("status")
            .annotate(Count("pk"))
        )
        counts = dict(sorted(rows, key=lambda row: -row[1]))
        cache.set(key, counts, COUNTS_SECONDS)
    return counts
