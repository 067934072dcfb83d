"""What is done to SIM card groups: gateway, blocklist, pooled limit, name."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import F, Q, TextField, When
from django.db.models.functions import Cast

from fleet.operations.kinds.inputs import Input, Shape, megabytes
from fleet.operations.kinds.kind import Follow, Inputs, Kind, Reading, Subject, words
from telnyx_api import Client


class GroupKind(Kind):
    """On groups."""

    subject = Subject.GROUPS
    reading = Reading.GROUP
    follow = Follow.GROUP_ACTION
    icon = "groups"


class _GatewayKind(GroupKind):
    caution = "SIM cards of the group may lose their connection for a moment."
    values: ClassVar[dict[str, Any]] = {
        "gateway": Cast("gateway_remote_id", TextField()),
        "gateway_name": F("gateway__name"),
    }

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """The gateway before, or none."""
        if not prior.get("gateway"):
            return "remove_gateway", {}
        name = prior.get("gateway_name") or prior["gateway"]
        return "set_gateway", {"gateway": prior["gateway"], "gateway_name": name}


class SetGateway(_GatewayKind):
    """A private wireless gateway."""

    name = "set_gateway"
    label = "Set gateway"
    doing = "setting the gateway"
    done = "behind that gateway"
    action_type = "set_private_wireless_gateway"
    asks = (Input("gateway", "Private wireless gateway", Shape.GATEWAY),)

    def reached(self, inputs: Inputs) -> Q:
        """Behind it."""
        return Q(gateway_remote_id=inputs["gateway"])

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One POST."""
        return client.sim_card_groups.set_private_wireless_gateway(remote_id, inputs["gateway"])


class RemoveGateway(_GatewayKind):
    """No private wireless gateway."""

    name = "remove_gateway"
    label = "Remove gateway"
    doing = "removing the gateway"
    done = "without a gateway"
    action_type = "remove_private_wireless_gateway"

    def reached(self, inputs: Inputs) -> Q:
        """Behind none."""
        return Q(gateway_remote_id=None)

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """Has none."""
        return [When(self.reached(inputs), then=words("has no gateway"))]

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One POST."""
        return client.sim_card_groups.remove_private_wireless_gateway(remote_id)


class _BlocklistKind(GroupKind):
    values: ClassVar[dict[str, Any]] = {
        "blocklist": Cast("blocklist_remote_id", TextField()),
        "blocklist_name": F("blocklist__name"),
    }

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """The blocklist before, or none."""
        if not prior.get("blocklist"):
            return "remove_blocklist", {}
        name = prior.get("blocklist_name") or prior["blocklist"]
        return "set_blocklist", {"blocklist": prior["blocklist"], "blocklist_name": name}


class SetBlocklist(_BlocklistKind):
    """A blocklist."""

    name = "set_blocklist"
    label = "Set blocklist"
    doing = "setting the blocklist"
    done = "under that blocklist"
    caution = "SIM cards of the group lose their connection in the networks of the blocklist."
    action_type = "set_wireless_blocklist"
    asks = (Input("blocklist", "Blocklist", Shape.BLOCKLIST),)

    def reached(self, inputs: Inputs) -> Q:
        """Under it."""
        return Q(blocklist_remote_id=inputs["blocklist"])

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One POST."""
        return client.sim_card_groups.set_wireless_blocklist(remote_id, inputs["blocklist"])


class RemoveBlocklist(_BlocklistKind):
    """No blocklist."""

    name = "remove_blocklist"
    label = "Remove blocklist"
    doing = "removing the blocklist"
    done = "without a blocklist"
    action_type = "remove_wireless_blocklist"

    def reached(self, inputs: Inputs) -> Q:
        """Under none."""
        return Q(blocklist_remote_id=None)

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """Has none."""
        return [When(self.reached(inputs), then=words("has no blocklist"))]

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One POST."""
        return client.sim_card_groups.remove_wireless_blocklist(remote_id)


class _GroupLimitKind(GroupKind):
    follow = Follow.ANSWER
    values: ClassVar[dict[str, Any]] = {"limit_mb": Cast("data_limit_mb", TextField())}

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """The limit before, or none."""
        if prior.get("limit_mb") is None:
            return "clear_group_limit", {}
        amount = f"{Decimal(prior['limit_mb']).normalize():f}"
        return "set_group_limit", {"limit": {"amount": amount, "unit": "MB"}}


class SetGroupLimit(_GroupLimitKind):
    """A limit that the group's SIM cards share."""

    name = "set_group_limit"
    label = "Set pooled data limit"
    doing = "setting the pooled limit"
    done = "limited so"
    caution = "If the group has used more than the limit, its SIM cards lose their connection."
    asks = (Input("limit", "Pooled data limit", Shape.AMOUNT),)

    def reached(self, inputs: Inputs) -> Q:
        """With that limit."""
        return Q(data_limit_mb=megabytes(inputs["limit"]))

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One PATCH."""
        return client.sim_card_groups.update(remote_id, data_limit=inputs["limit"])


class ClearGroupLimit(_GroupLimitKind):
    """No shared limit."""

    name = "clear_group_limit"
    label = "Clear pooled data limit"
    doing = "clearing the pooled limit"
    done = "without a pooled limit"

    def reached(self, inputs: Inputs) -> Q:
        """Without one."""
        return Q(data_limit_mb=None)

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """Has none."""
        return [When(self.reached(inputs), then=words("has no pooled data limit"))]

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One PATCH with null, which is documented nowhere: the reading back decides."""
        return client.sim_card_groups.update(remote_id, data_limit=None)


class RenameGroup(GroupKind):
    """Another name."""

    name = "rename_group"
    label = "Rename"
    doing = "renaming"
    done = "called so"
    follow = Follow.ANSWER
    asks = (Input("name", "Name", Shape.TEXT),)
    values: ClassVar[dict[str, Any]] = {"name": F("name")}

    def reached(self, inputs: Inputs) -> Q:
        """With that name."""
        return Q(name=inputs["name"])

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One PATCH."""
        return client.sim_card_groups.update(remote_id, name=inputs["name"])

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """The name before."""
        return self.name, {"name": prior["name"]}
