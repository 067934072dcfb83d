"""What SIM cards cost an account, and which operations a second person must approve."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import TelnyxAccount
from fleet.operations.catalog import KINDS
from fleet.operations.kinds.kind import Subject

_HEADINGS = {Subject.SIM_CARDS: "On SIM cards", Subject.GROUPS: "On groups"}


def _kinds() -> list[tuple[str, list[tuple[str, str]]]]:
    """The kinds by what they act on. One that is not chosen from a menu follows its namesake."""
    chosen = [k for k in KINDS.values() if k.is_offered or k.name.startswith("undo")]
    return [
        (heading, [(kind.name, kind.label) for kind in chosen if kind.subject == subject])
        for subject, heading in _HEADINGS.items()
    ]


class RulesForm(forms.ModelForm):
    """Rates a month, and the rules of approval."""

    approval_kinds = forms.MultipleChoiceField(
        label="Kinds that always need approval",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=_kinds,
    )

    class Meta:
        model = TelnyxAccount
        fields = [
            "currency",
            "monthly_active",
            "monthly_idle",
            "monthly_public_ip",
            "approval_above_sim_cards",
            "approval_above_cost",
            "approval_kinds",
        ]
        labels = {
            "monthly_active": "SIM card in use",
            "monthly_idle": "SIM card at rest",
            "monthly_public_ip": "Public IP",
            "approval_above_sim_cards": "Approval above so many SIM cards",
            "approval_above_cost": "Approval above so much a month",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Two forms of one page must not share the ids of their fields.
        super().__init__(*args, **{"auto_id": "id_rules_%s", **kwargs})
        for name in ("monthly_active", "monthly_idle", "monthly_public_ip"):
            # As people write prices: 2.00, and 0.0025 only where that is needed.
            self.initial[name] = max(
                (f"{self.initial[name]:.2f}", f"{self.initial[name].normalize():f}"), key=len
            )

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """All but the kinds, which are a list of checkboxes."""
        return [field for field in self if field.name != "approval_kinds"]

    @property
    def kinds_by_heading(self) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        """The checkboxes: value, label, whether it is ticked."""
        ticked = set(self["approval_kinds"].value() or [])
        return [
            (heading, [(value, label, value in ticked) for value, label in kinds])
            for heading, kinds in _kinds()
        ]
