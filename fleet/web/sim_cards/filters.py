"""The filters of the SIM card list. Everything that is filtered stands in the URL."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict

from accounts.models import TelnyxAccount
from fleet.models import Group, SimCard
from fleet.models.sim_cards import SimCardQuerySet, normalise_identifier, status_label
from fleet.sync.fleet_counts import KEPT
from fleet.web.sim_cards.facets import counts_of

NO_GROUP = "none"
TYPES = {"physical": "Physical", "esim": "eSIM"}
VOICE = {"on": "Voice on", "off": "Voice off"}


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
        choices=list(TYPES.items()),
    )
    voice = django_filters.ChoiceFilter(
        label="Voice",
        method="filter_voice",
        empty_label="Voice on or off",
        choices=list(VOICE.items()),
    )
    tag = django_filters.CharFilter(label="Tag", method="filter_tag")

    class Meta:
        model = SimCard
        fields: list[str] = []

    def __init__(self, data: QueryDict, account: TelnyxAccount) -> None:
        super().__init__(data, queryset=SimCard.objects.filter(account=account).present())
        self.account = account
        self.counts = counts_of(account)
        self.searching = SimCardQuerySet.search
        statuses = self.counts.by_status
        known = [_choice(s, status_label(s), n) for s, n in statuses.items()]
        # A status in the URL that no SIM card has any more stays a choice, and a chip.
        known += [
            (s, status_label(s))
            for s in dict.fromkeys(data.getlist("status"))
            if s not in statuses and "\0" not in s
        ]
        self.form.fields["status"].choices = known
        self.form.fields["status"].widget = forms.CheckboxSelectMultiple(choices=known)
        self.groups = {str(g.remote_id): g for g in self._groups(data.get("group", ""))}
        by_group = self.counts.by_group
        self.form.fields["group"].choices = [
            ("", "Any group"),
            *[_choice(k, g.name, by_group.get(str(g.pk))) for k, g in self.groups.items()],
            _choice(NO_GROUP, "Without a group", self.counts.without_group),
        ]
        for name, labels, numbers in (
            ("type", TYPES, self.counts.by_type),
            ("voice", VOICE, self.counts.by_voice),
        ):
            field = self.form.fields[name]
            empty = str(self.filters[name].extra["empty_label"])
            field.choices = [
                ("", empty),
                *[_choice(value, label, numbers.get(value, 0)) for value, label in labels.items()],
            ]

    def _groups(self, chosen: str) -> QuerySet[Group]:
        """The groups to choose from, by name: the most populous ones, and the chosen one."""
        rows = Group.objects.filter(account=self.account, removed_at=None).order_by("name", "pk")
        populous = self.counts.by_group
        wanted = Q(pk__in=[int(pk) for pk in populous])
        if len(populous) < KEPT:
            # There may be empty ones besides, which nobody counted.
            wanted |= Q(pk__in=list(rows.values_list("pk", flat=True)[: 2 * KEPT]))
        with contextlib.suppress(ValueError):
            wanted |= Q(remote_id=UUID(chosen))
        return rows.filter(wanted)

    @property
    def active(self) -> set[str]:
        """The names of the filters that are on; empty where the form is not valid."""
        if not self.is_valid():
            return set()
        return {name for name, value in self.form.cleaned_data.items() if value}

    @property
    def facet_count(self) -> int | None:
        """The counted number where one facet alone is chosen, or nothing; else None."""
        active, chosen, counts = self.active, self.form.cleaned_data, self.counts
        if not active:
            return int(counts.total)
        if active == {"status"}:
            return sum(counts.by_status.get(status, 0) for status in chosen["status"])
        if active == {"group"}:
            if chosen["group"] == NO_GROUP:
                return int(counts.without_group)
            group: int | None = counts.by_group.get(str(self.groups[chosen["group"]].pk))
            return group
        for name, numbers in (
            ("type", counts.by_type),
            ("voice", counts.by_voice),
            ("tag", counts.by_tag),
        ):
            if active == {name}:
                number: int | None = numbers.get(chosen[name])
                return number
        return None

    def walked(self) -> QuerySet[SimCard]:
        """The rows for a walk along a sort's index, on which matches are frequent."""
        return self._searched(SimCardQuerySet.search_walking)

    def rough(self) -> QuerySet[SimCard]:
        """The rows, and some more where a text is searched; to estimate their number."""
        return self._searched(SimCardQuerySet.search_roughly)

    def _searched(self, how: Any) -> QuerySet[SimCard]:
        self.searching = how
        rows: QuerySet[SimCard] = self.filter_queryset(self.queryset.all())
        self.searching = SimCardQuerySet.search
        return rows

    def filter_search(self, rows: QuerySet[SimCard], name: str, value: str) -> Any:
        """Part of an ICCID, IMSI, MSISDN, EID or IMEI."""
        return self.searching(rows, value)

    def filter_status(self, rows: QuerySet[SimCard], name: str, value: list[str]) -> Any:
        """One of the statuses."""
        return rows.filter(status__in=value) if value else rows

    def filter_group(self, rows: QuerySet[SimCard], name: str, value: str) -> Any:
        """In the group; also SIM cards whose group has not been synced yet."""
        if value == NO_GROUP:
            # The second follows from the first, and has an index.
            return rows.filter(group_remote_id=None, group=None)
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
        if name == "group":
            if value == NO_GROUP:
                return "Without a group"
            return self.groups[value].name if value in self.groups else value
        return {"type": TYPES, "voice": VOICE}.get(name, {}).get(value, value)


def _choice(value: str, label: str, number: int | None) -> tuple[str, str]:
    return value, label if number is None else f"{label} ({number:,})"
