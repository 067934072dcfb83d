"""Enable, disable, set standby: one call for each SIM card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Case, DecimalField, Expression, F, Q, TextField, When
from django.db.models.functions import Concat, Replace

from fleet.models import SimCardStatus
from fleet.operations.kinds.kind import IDLE, Inputs, Kind, Rates, price, words
from telnyx_api import Client


class ToStatus(Kind):
    """A status that the API is asked for.

    `from_statuses` are those the API allows the transition from (behaviour, section 1).
    """

    end_status: ClassVar[str]
    from_statuses: ClassVar[tuple[str, ...]]
    values: ClassVar[dict[str, Any]] = {
        "status": F("status"),
        "status_reason": F("status_reason"),
    }

    def reached(self, inputs: Inputs) -> Q:
        """With that status."""
        return Q(status=self.end_status)

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """There already, or in a status that the API does not lead there from."""
        reason = Concat(
            words(f"cannot be {self.done} from status “"),
            Replace(F("status"), words("_"), words(" ")),
            words("”"),
            output_field=TextField(),
        )
        return [
            *super().unsuitable(inputs),
            When(~Q(status__in=self.from_statuses), then=reason),
        ]

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """The kind that leads to the status before."""
        before = prior.get("status")
        for name, status in _LEADS_TO.items():
            if status == before:
                return name, {}
        return f"no request leads back to “{str(before).replace('_', ' ')}”"


class Enable(ToStatus):
    """Enabled SIM cards connect."""

    name = "enable"
    label = "Enable"
    doing = "enabling"
    done = "enabled"
    icon = "enable"
    action_type = "enable"
    needs_group = True
    end_status = SimCardStatus.ENABLED
    # After the IMEI lock was mended, the SIM card has to be enabled (behaviour, section 1).
    from_statuses = ("disabled", "standby", "registered", "unauthorized_imei")

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One POST."""
        return client.sim_cards.enable(remote_id)

    def cost_change(self, inputs: Inputs, rates: Rates) -> Expression:
        """From the rate at rest to that in use."""
        return _between(Q(status__in=IDLE), rates.active - rates.idle)


class Disable(ToStatus):
    """Disabled SIM cards do not connect."""

    name = "disable"
    label = "Disable"
    doing = "disabling"
    done = "disabled"
    icon = "disable"
    caution = "Disabled SIM cards lose their connection at once."
    action_type = "disable"
    end_status = SimCardStatus.DISABLED
    from_statuses = ("enabled",)

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One POST."""
        return client.sim_cards.disable(remote_id)

    def cost_change(self, inputs: Inputs, rates: Rates) -> Expression:
        """From the rate in use to that at rest."""
        return _between(~Q(status__in=IDLE), rates.idle - rates.active)


class SetStandby(ToStatus):
    """SIM cards in standby cost as little as disabled ones."""

    name = "set_standby"
    label = "Set standby"
    doing = "setting standby"
    done = "in standby"
    icon = "set_standby"
    caution = "SIM cards in standby may lose their connection until they are enabled again."
    action_type = "set_standby"
    needs_group = True
    end_status = SimCardStatus.STANDBY
    from_statuses = ("enabled",)

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One POST."""
        return client.sim_cards.set_standby(remote_id)

    def cost_change(self, inputs: Inputs, rates: Rates) -> Expression:
        """From the rate in use to that at rest."""
        return _between(~Q(status__in=IDLE), rates.idle - rates.active)


_LEADS_TO = {"enable": "enabled", "disable": "disabled", "set_standby": "standby"}


def _between(condition: Q, difference: Any) -> Expression:
    return Case(
        When(condition, then=price(difference)),
        default=price(difference * 0),
        output_field=DecimalField(max_digits=14, decimal_places=4),
    )
