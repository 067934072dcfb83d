"""Data usage notifications of SIM cards, told apart by their threshold."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, When
from django.db.models.functions import Cast

from fleet.models import Notification
from fleet.operations.kinds.inputs import Input, Shape, megabytes
from fleet.operations.kinds.kind import Follow, Inputs, Kind, Reading, words
from fleet.sync.values import BadValue
from fleet.sync.values import megabytes as megabytes_of
from telnyx_api import Client


def _of_card() -> QuerySet[Notification]:
    return Notification.objects.filter(sim_card=OuterRef("pk"), removed_at=None)


def _has(threshold_mb: Decimal) -> Q:
    return Q(Exists(_of_card().filter(threshold_mb=threshold_mb)))


class NotificationKind(Kind):
    """Reads the SIM card's notifications at the API first, so that none is made twice."""

    follow = Follow.ANSWER
    reading = Reading.NOTIFICATIONS
    icon = "alert"
    calls = 2
    values: ClassVar[dict[str, Any]] = {
        "thresholds_mb": ArraySubquery(
            _of_card()
            .annotate(shown=Cast("threshold_mb", TextField()))
            .order_by("threshold_mb")
            .values("shown")
        )
    }

    def present(self, client: Client, remote_id: str) -> list[tuple[str, Decimal]]:
        """The ids and thresholds in MB of the SIM card's notifications at the API."""
        found = []
        for record in client.sim_card_data_usage_notifications.list(filter_sim_card_id=remote_id):
            try:
                threshold = megabytes_of(record, "threshold")
            except BadValue:
                continue
            if threshold is not None and record.get("id"):
                found.append((str(record["id"]), threshold))
        return found

    @staticmethod
    def _amount(threshold_mb: str) -> dict[str, str]:
        return {"amount": f"{Decimal(threshold_mb).normalize():f}", "unit": "MB"}


class AddNotification(NotificationKind):
    """A notification at a threshold."""

    name = "add_notification"
    label = "Add usage notification"
    doing = "adding a notification"
    done = "with a notification at that threshold"
    asks = (Input("threshold", "Threshold", Shape.AMOUNT),)

    def reached(self, inputs: Inputs) -> Q:
        """With one at that threshold."""
        return _has(megabytes(inputs["threshold"]))

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One GET, and a POST unless there is one."""
        wanted = megabytes(inputs["threshold"])
        if wanted in (threshold for _, threshold in self.present(client, remote_id)):
            return None
        create = client.sim_card_data_usage_notifications.create
        return create(sim_card_id=remote_id, threshold=inputs["threshold"])

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """Delete it."""
        return "delete_notification", {"threshold": inputs["threshold"]}


class ChangeNotification(NotificationKind):
    """Another threshold for one that is there."""

    name = "change_notification"
    label = "Change usage notification"
    doing = "changing a notification"
    done = "changed so"
    asks = (
        Input("threshold", "Present threshold", Shape.AMOUNT),
        Input("to", "New threshold", Shape.AMOUNT),
    )

    def reached(self, inputs: Inputs) -> Q:
        """With the new one, without the old one."""
        return _has(megabytes(inputs["to"])) & ~_has(megabytes(inputs["threshold"]))

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """Has none at that threshold."""
        return [
            *super().unsuitable(inputs),
            When(
                ~_has(megabytes(inputs["threshold"])),
                then=words("has no notification at that threshold"),
            ),
        ]

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One GET, and a PATCH."""
        wanted = megabytes(inputs["threshold"])
        for notification_id, threshold in self.present(client, remote_id):
            if threshold == wanted:
                update = client.sim_card_data_usage_notifications.update
                return update(notification_id, sim_card_id=remote_id, threshold=inputs["to"])
        return None

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """Change it back."""
        return self.name, {"threshold": inputs["to"], "to": inputs["threshold"]}


class DeleteNotification(NotificationKind):
    """No notification at a threshold."""

    name = "delete_notification"
    label = "Delete usage notification"
    doing = "deleting a notification"
    done = "without a notification at that threshold"
    asks = (Input("threshold", "Threshold", Shape.AMOUNT),)

    def reached(self, inputs: Inputs) -> Q:
        """Without one at that threshold."""
        return ~_has(megabytes(inputs["threshold"]))

    def unsuitable(self, inputs: Inputs) -> list[When]:
        """Has none."""
        return [When(self.reached(inputs), then=words("has no notification at that threshold"))]

    def send(self, client: Client, remote_id: str, inputs: Inputs) -> Any:
        """One GET, and a DELETE for each at that threshold."""
        wanted = megabytes(inputs["threshold"])
        answer = None
        for notification_id, threshold in self.present(client, remote_id):
            if threshold == wanted:
                answer = client.sim_card_data_usage_notifications.delete(notification_id)
        return answer

    def inverse(self, prior: Mapping[str, Any], inputs: Inputs) -> tuple[str, dict[str, Any]] | str:
        """Add it again."""
        return "add_notification", {"threshold": inputs["threshold"]}
