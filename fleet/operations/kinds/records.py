"""Changes of a SIM card's own record: group, tags, data limit. One PATCH for each."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import F, Q, TextField, When
from django.db.models.functions import Cast

from fleet.operations.kinds.inputs import Input, Shape, megabytes
from fleet.operations.kinds.kind import Follow, Inputs, Kind, words
from telnyx_api import Client


class RecordKind(Kind):
    """The API's answer says that it is done."""

    follow = Follow.ANSWER


class MoveToGroup(RecordKind):
    """Another group."""

    name = "move_to_group"
    label = "Move to group"
    doing = "moving"
    done = "in that group"
    icon = "groups"
    caution = "Moving a SIM card to another group may interrupt its connection for a moment."
    asks = (Input("group", "Group", Shape.GROUP),)
    values: ClassVar[dict[str, Any]] = {
        "group": Cast("group_remote_id", TextField()),
        "group_name": F("group__name"),
    }

    def reached(self, inputs: Inputs) -> Q:
        """In the group."""
        return Q(group_remote_id=inputs["group"])

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One PATCH."""
        return client.sim_cards.update(remote_id, sim_card_group_id=inputs["group"])

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """Back to the group before."""
        if not prior.get("group"):
            return "it was in no group before, and the API cannot take it out of one"
        name = prior.get("group_name") or prior["group"]
        return self.name, {"group": prior["group"], "group_name": name}


class TagKind(RecordKind):
    """Tags, which the API only takes as a whole list."""

    icon = "tag"
    asks = (Input("tags", "Tags", Shape.TAGS, help="Separated by commas."),)
    values: ClassVar[dict[str, Any]] = {"tags": F("tags")}


class AddTags(TagKind):
    """More tags: reads those at the API, so that nobody's are lost."""

    name = "add_tags"
    label = "Add tags"
    doing = "adding tags"
    done = "tagged so"
    calls = 2

    def reached(self, inputs: Inputs) -> Q:
        """With all of them."""
        return Q(tags__contains=inputs["tags"])

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One GET, one PATCH."""
        tags = client.sim_cards.retrieve(remote_id).get("tags") or []
        return client.sim_cards.update(remote_id, tags=sorted({*tags, *inputs["tags"]}))

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """Without those that are new: what others tagged since stays."""
        new = sorted({*inputs["tags"]} - {*(prior.get("tags") or [])})
        return ("remove_tags", {"tags": new}) if new else "had these tags before"


class RemoveTags(TagKind):
    """Fewer tags."""

    name = "remove_tags"
    label = "Remove tags"
    doing = "removing tags"
    done = "without these tags"
    calls = 2

    def reached(self, inputs: Inputs) -> Q:
        """With none of them."""
        return ~Q(tags__overlap=inputs["tags"])

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One GET, one PATCH."""
        tags = client.sim_cards.retrieve(remote_id).get("tags") or []
        return client.sim_cards.update(remote_id, tags=sorted({*tags} - {*inputs["tags"]}))

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """With those that it had: what others tagged since stays."""
        had = sorted({*inputs["tags"]} & {*(prior.get("tags") or [])})
        return ("add_tags", {"tags": had}) if had else "had none of these tags before"


class ReplaceTags(TagKind):
    """These tags and no others."""

    name = "replace_tags"
    label = "Replace tags"
    doing = "replacing tags"
    done = "tagged so"
    caution = "All other tags of these SIM cards are removed."
    asks = (
        Input("tags", "Tags", Shape.TAGS, required=False, help="Separated by commas; none: empty."),
    )

    def reached(self, inputs: Inputs) -> Q:
        """With exactly these."""
        return Q(tags__contains=inputs["tags"], tags__contained_by=inputs["tags"])

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One PATCH."""
        return client.sim_cards.update(remote_id, tags=inputs["tags"])

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """The tags before."""
        return self.name, {"tags": sorted(prior.get("tags") or [])}


class LimitKind(RecordKind):
    """A SIM card's own data limit. What the group's limit means besides is not documented."""

    icon = "usage"
    values: ClassVar[dict[str, Any]] = {"limit_mb": Cast("data_limit_mb", TextField())}

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """The limit before, or none."""
        if prior.get("limit_mb") is None:
            return "clear_data_limit", {}
        amount = f"{Decimal(prior['limit_mb']).normalize():f}"
        return "set_data_limit", {"limit": {"amount": amount, "unit": "MB"}}


class SetDataLimit(LimitKind):
    """A limit."""

    name = "set_data_limit"
    label = "Set data limit"
    doing = "setting the data limit"
    done = "limited so"
    caution = "SIM cards that have used more than the limit lose their connection."
    asks = (Input("limit", "Data limit", Shape.AMOUNT),)

    def reached(self, inputs: Inputs) -> Q:
        """With that limit."""
        return Q(data_limit_mb=megabytes(inputs["limit"]))

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One PATCH."""
        return client.sim_cards.update(remote_id, data_limit=inputs["limit"])


class ClearDataLimit(LimitKind):
    """No limit of its own."""

    name = "clear_data_limit"
    label = "Clear data limit"
    doing = "clearing the data limit"
    done = "without a data limit"

    def reached(self, inputs: Inputs) -> Q:
        """Without one."""
        return Q(data_limit_mb=None)

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """Has none."""
        return [When(self.reached(inputs), then=words("has no data limit of its own"))]

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One PATCH with null, which is documented nowhere: the reading back decides."""
        return client.sim_cards.update(remote_id, data_limit=None)
