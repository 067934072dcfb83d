"""The kinds of operation: each says what it is called, whom it suits, what it sends and expects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, TextField, Value, When
from django.db.models.functions import Concat, Replace

from accounts.models import Role
from fleet.models import OperationTarget, SimCardStatus
from fleet.models.operations import OPEN
from telnyx_api import Client


def _words(text: str) -> Value:
    return Value(text, output_field=TextField())


TRANSITIONAL = (
    SimCardStatus.REGISTERING,
    SimCardStatus.ENABLING,
    SimCardStatus.DISABLING,
    SimCardStatus.SETTING_STANDBY,
)


@dataclass(frozen=True)
class Kind:
    """A kind of operation on SIM cards.

    `from_statuses` are those the API allows the transition from (behaviour, section 1);
    `end_status` is read back at the end; `action_type` is what the API calls the action.
    """

    name: str
    label: str
    doing: str
    done: str
    icon: str
    role: Role
    action_type: str
    from_statuses: tuple[str, ...]
    end_status: str
    needs_group: bool
    send: Callable[[Client, str], Any]
    # Said in the plan where people should think twice; "" where not.
    caution: str = ""

    def ineligible(self) -> Case:
        """An expression over SIM cards: why this one cannot take part, or "" if it can.

        The one rule behind plans and disabled buttons. What may have changed since is looked at
        again when a target is claimed.
        """
        open_targets = OperationTarget.objects.filter(
            sim_card=OuterRef("pk"), state__in=OPEN
        ).exclude(operation__state="planned")
        whens = [
            When(~Q(removed_at=None), then=_words("is no longer at Telnyx")),
            When(Exists(open_targets), then=_words("an operation is under way")),
            When(
                Q(actions_in_progress=True) | Q(status__in=TRANSITIONAL),
                then=_words("an action is in progress"),
            ),
            When(status=self.end_status, then=_words(f"already {self.done}")),
            When(
                ~Q(status__in=self.from_statuses),
                then=Concat(
                    _words(f"cannot be {self.done} from status “"),
                    Replace(F("status"), _words("_"), _words(" ")),
                    _words("”"),
                    output_field=TextField(),
                ),
            ),
        ]
        if self.needs_group:
            whens.append(When(group_remote_id=None, then=_words("needs a group")))
        return Case(*whens, default=_words(""), output_field=TextField())


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="enable",
            label="Enable",
            doing="enabling",
            done="enabled",
            icon="enable",
            role=Role.OPERATOR,
            action_type="enable",
            from_statuses=("disabled", "standby", "registered"),
            end_status="enabled",
            needs_group=True,
            send=lambda client, sim_card_id: client.sim_cards.enable(sim_card_id),
        ),
        Kind(
            name="disable",
            label="Disable",
            doing="disabling",
            done="disabled",
            icon="disable",
            role=Role.OPERATOR,
            action_type="disable",
            from_statuses=("enabled",),
            end_status="disabled",
            needs_group=False,
            send=lambda client, sim_card_id: client.sim_cards.disable(sim_card_id),
            caution="Disabled SIM cards lose their connection at once.",
        ),
        Kind(
            name="set_standby",
            label="Set standby",
            doing="setting standby",
            done="in standby",
            icon="set_standby",
            role=Role.OPERATOR,
            action_type="set_standby",
            from_statuses=("enabled",),
            end_status="standby",
            needs_group=True,
            send=lambda client, sim_card_id: client.sim_cards.set_standby(sim_card_id),
            caution="SIM cards in standby may lose their connection until they are enabled again.",
        ),
    )
}
