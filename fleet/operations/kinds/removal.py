"""Deleting SIM cards, and reading them anew."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Case, DecimalField, Expression, F, Q, When

from fleet.operations.kinds.inputs import Input, Shape
from fleet.operations.kinds.kind import IDLE, Follow, Inputs, Kind, Rates, price, words
from fleet.operations.kinds.public_ips import HAS_PUBLIC_IP
from telnyx_api import Client


class DeleteSimCard(Kind):
    """The SIM card leaves the account; whether it can come back is told in two ways."""

    name = "delete_sim_card"
    label = "Delete"
    doing = "deleting"
    done = "deleted"
    icon = "trash"
    caution = (
        "Deleted SIM cards lose their connection and leave the account. Physical ones may be "
        "registered again; Telnyx’s documents disagree. An eSIM reported lost is gone for good."
    )
    follow = Follow.ANSWER
    # It is disabled first and vanishes "after a period of time" (specification).
    lag = 900
    expects_removal = True
    # A sweep asks by id for what it did not see.
    read_by_id = True
    asks = (
        Input(
            "report_lost",
            "Report eSIMs as lost",
            Shape.FLAG,
            required=False,
            help="Deletes disabled eSIMs that cannot be uninstalled. It cannot be taken back.",
        ),
    )
    values: ClassVar[dict[str, Any]] = {"status": F("status")}

    def reached(self, inputs: Inputs) -> Q:
        """No longer at the API."""
        return Q(removed_at__isnull=False)

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """What the specification rules out."""
        installed = Q(esim_installation_status="disabled")
        if not inputs.get("report_lost"):
            return [
                When(
                    Q(type="esim") & installed,
                    then=words("is an eSIM in a device: uninstall it, or report it lost"),
                )
            ]
        return [
            When(~Q(type="esim"), then=words("is no eSIM, so it cannot be reported lost")),
            When(~Q(status="disabled"), then=words("must be disabled to be reported lost")),
        ]

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One DELETE."""
        return client.sim_cards.delete(remote_id, report_lost=inputs.get("report_lost") or None)

    def cost_change(self, inputs: Inputs, rates: Rates) -> Expression:
        """What it cost until now, with its public IP, which goes back to Telnyx."""
        return Case(
            When(HAS_PUBLIC_IP & Q(status__in=IDLE), then=price(-rates.idle - rates.public_ip)),
            When(HAS_PUBLIC_IP, then=price(-rates.active - rates.public_ip)),
            When(status__in=IDLE, then=price(-rates.idle)),
            default=price(-rates.active),
            output_field=DecimalField(max_digits=14, decimal_places=4),
        )


class Refresh(Kind):
    """Reads SIM cards from the API; nothing is changed there."""

    name = "refresh"
    label = "Refresh"
    doing = "refreshing"
    done = "refreshed"
    icon = "refresh"
    follow = Follow.ANSWER
    values: ClassVar[dict[str, Any]] = {}

    def reached(self, inputs: Inputs) -> Q:
        """Whatever was read is right."""
        return Q(pk__isnull=False)

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """Suits every SIM card."""
        return []

    @property
    def is_moving(self) -> Q:
        """What moves can be read as well."""
        return Q()

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """Nothing: reading back is all of it."""
        return None
