"""Public IPs: many in one request where no region is named, else one by one; removed singly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Case, Expression, F, Q, TextField, When

from fleet.operations.kinds.inputs import Input, Shape
from fleet.operations.kinds.kind import Inputs, Kind, Rates, Reading, price, words
from telnyx_api import Client

# The specification names no limit; more than so many lost answers at once are none we want.
IPS_IN_A_REQUEST = 100

HAS_PUBLIC_IP = Q(public_ip__isnull=False, public_ip__removed_at=None)


def _of_present(column: str) -> Case:
    return Case(When(HAS_PUBLIC_IP, then=F(column)), default=None, output_field=TextField())


class _PublicIpKind(Kind):
    reading = Reading.PUBLIC_IP
    values: ClassVar[dict[str, Any]] = {
        "public_ip": _of_present("public_ip__ip"),
        "region": _of_present("public_ip__region_code"),
    }
    # Another address that was set since is not ours.
    left_as = "public_ip"


class SetPublicIp(_PublicIpKind):
    """A public IP of its own for each SIM card."""

    name = "set_public_ip"
    label = "Set public IP"
    doing = "setting public IP"
    done = "given a public IP"
    icon = "public-ip"
    action_type = "set_public_ip"
    judged_without_inputs = True
    asks = (
        Input(
            "region",
            "Region",
            Shape.REGION,
            required=False,
            help="Where the address is. With a region, each SIM card takes one request.",
        ),
    )

    def reached(self, inputs: Inputs) -> Q:
        """With an address that has been provisioned."""
        return HAS_PUBLIC_IP & ~Q(public_ip__ip="")

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """Has one already, in whichever region."""
        return [When(HAS_PUBLIC_IP, then=words("already has a public IP"))]

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One POST."""
        return client.sim_cards.set_public_ip(remote_id, region_code=inputs.get("region") or None)

    def batch(self, inputs: Inputs) -> int:
        """The request for many has no region."""
        return 1 if inputs.get("region") else IPS_IN_A_REQUEST

    def send_batch(self, client: Client, remote_ids: Sequence[str], inputs: Inputs) -> Any:
        """One POST for all of them."""
        return client.sim_cards.bulk_set_public_ips(list(remote_ids))

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """Remove it."""
        return "remove_public_ip", {}

    def cost_change(self, inputs: Inputs, rates: Rates) -> Expression:
        """A public IP a month."""
        return price(rates.public_ip)


class RemovePublicIp(_PublicIpKind):
    """The address goes back to Telnyx."""

    name = "remove_public_ip"
    label = "Remove public IP"
    doing = "removing public IP"
    done = "without a public IP"
    icon = "public-ip-off"
    caution = "A removed address is gone: setting a public IP again gives another one."
    action_type = "remove_public_ip"

    def reached(self, inputs: Inputs) -> Q:
        """Without one."""
        return Q(public_ip__isnull=True) | Q(public_ip__removed_at__isnull=False)

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """Has none."""
        return [When(self.reached(inputs), then=words("has no public IP"))]

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One POST."""
        return client.sim_cards.remove_public_ip(remote_id)

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """Another address in the same region."""
        return "set_public_ip", {"region": prior.get("region") or ""}

    def cost_change(self, inputs: Inputs, rates: Rates) -> Expression:
        """A public IP less."""
        return price(-rates.public_ip)
