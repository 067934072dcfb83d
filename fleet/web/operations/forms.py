"""What a kind asks for, and on which terms a plan is carried out, as forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Blocklist, Gateway, Group, Operation, Region
from fleet.operations.claim import GROUP_KINDS
from fleet.operations.kinds.inputs import Input, Shape
from fleet.operations.kinds.kind import Kind
from fleet.operations.start import Terms

MOST_CHOICES = 200
_MODELS: dict[Shape, Any] = {
    Shape.GROUP: Group,
    Shape.GATEWAY: Gateway,
    Shape.BLOCKLIST: Blocklist,
}


@dataclass
class Asked:
    """A field of the form: what is asked for, what was typed, and what is wrong with it."""

    input: Input
    value: str = ""
    unit: str = "MB"
    problem: str = ""
    choices: list[tuple[str, str]] = field(default_factory=list)
    # Of more choices than a select can hold: what their names were searched for.
    more: int = 0
    find: str = ""
    # The cursor goes there.
    is_first: bool = False

    @property
    def described_by(self) -> str:
        """The ids of the hint and the error, for the control."""
        parts = (("hint", self.input.help), ("error", self.problem))
        return " ".join(f"input-{self.input.name}-{part}" for part, present in parts if present)


def asked(
    account: TelnyxAccount, kind: Kind, given: QueryDict, problems: Mapping[str, str]
) -> list[Asked]:
    """The fields of a kind, with what was typed kept."""
    fields = []
    for asks in kind.asks:
        entry = Asked(
            asks,
            given.get(asks.name, ""),
            given.get(f"{asks.name}_unit", "MB"),
            problems.get(asks.name, ""),
            find=given.get(f"{asks.name}_find", "").strip(),
        )
        if asks.shape == Shape.REGION:
            entry.choices = _regions(account)
        elif asks.shape in _MODELS:
            _choose_from(account, _MODELS[asks.shape], entry)
        fields.append(entry)
    wrong = [entry for entry in fields if entry.problem]
    for entry in (wrong or fields)[:1]:
        entry.is_first = True
    return fields


def _regions(account: TelnyxAccount) -> list[tuple[str, str]]:
    regions = Region.objects.filter(account=account, product="public_ips", removed_at=None)
    return [(region.code, str(region)) for region in regions.order_by("name", "code")]


def _choose_from(account: TelnyxAccount, model: Any, entry: Asked) -> None:
    rows = model.objects.filter(account=account, removed_at=None)
    found = rows.filter(name__icontains=entry.find.replace("\0", "")) if entry.find else rows
    listed = list(found.order_by("name").only("remote_id", "name")[: MOST_CHOICES + 1])
    if entry.find or len(listed) > MOST_CHOICES:
        entry.more = rows.count()
    entry.choices = [(str(row.remote_id), str(row)) for row in listed[:MOST_CHOICES]]


class TermsForm(forms.Form):
    """When a plan starts, who goes first, and what becomes of bystanders."""

    bystanders = forms.CharField(required=False)
    starts_at = forms.DateTimeField(label="Start at", required=False)
    ends_at = forms.DateTimeField(label="Send nothing after", required=False)
    canary_count = forms.IntegerField(label="Number that goes first", required=False)
    canary_percent = forms.IntegerField(label="Or percent", required=False)
    canary_failures_percent = forms.IntegerField(label="Pause above % failed", required=False)

    def clean_starts_at(self) -> datetime | None:
        """A time that is over is a slip: whoever wants to start now leaves it empty."""
        at: datetime | None = self.cleaned_data["starts_at"]
        if at and at < timezone.now() - timedelta(minutes=1):
            raise forms.ValidationError("This time is over: leave it empty to start now.")
        return at

    def terms(self) -> Terms:
        """What was given, once it is valid."""
        given = self.cleaned_data
        return Terms(
            bystanders=given["bystanders"],
            starts_at=given["starts_at"],
            ends_at=given["ends_at"],
            canary_count=given["canary_count"],
            canary_percent=given["canary_percent"],
            canary_failures_percent=given["canary_failures_percent"] or 0,
        )

    def add_problems(self, problems: Mapping[str, str]) -> None:
        """Put each problem at its field."""
        for name, problem in problems.items():
            self.add_error(name if name in self.fields else None, problem)

    @property
    def has_options(self) -> bool:
        """Whether anything of the further options was given or is wrong."""
        names = [name for name in self.fields if name != "bystanders"]
        return any(self[name].value() or self[name].errors for name in names)


def terms_of(operation: Operation) -> list[str]:
    """The terms that a confirmed operation has, in words, without its start."""
    said = []
    if operation.canary_count:
        most = operation.canary_failures_percent or 0
        what = "any fails" if most == 0 else f"more than {most} % of them fail"
        # The API switches whole groups, so that those of the first go as a whole.
        groups = ", with all of their groups" if operation.kind in GROUP_KINDS else ""
        said.append(f"{operation.canary_count:,} go first{groups}; it pauses if {what}")
    return said
