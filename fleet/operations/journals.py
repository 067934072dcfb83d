"""The API's lists of actions, which tell how what was sent comes to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from fleet.models import OperationTarget
from fleet.operations.catalog import KINDS
from fleet.operations.kinds.kind import Follow, Subject
from telnyx_api import Client


@dataclass(frozen=True)
class Journal:
    """One of the API's lists of actions: how its records say whom they are about, and what."""

    follow: Follow
    subject: str
    subject_key: str
    type_key: str
    pages: Callable[[Client], Iterator[Any]]
    retrieve: Callable[[Client, str], Mapping[str, Any]]

    @property
    def targets(self) -> QuerySet[OperationTarget]:
        """The targets whose actions it lists."""
        names = [kind.name for kind in KINDS.values() if kind.follow == self.follow]
        return OperationTarget.objects.filter(
            Q(kind__in=names) | Q(kind="", operation__kind__in=names)
        )


JOURNALS = (
    Journal(
        Follow.SIM_CARD_ACTION,
        Subject.SIM_CARDS,
        "sim_card_id",
        "action_type",
        lambda client: client.sim_card_actions.pages(),
        lambda client, id: client.sim_card_actions.retrieve(id),
    ),
    Journal(
        Follow.GROUP_ACTION,
        Subject.GROUPS,
        "sim_card_group_id",
        "type",
        lambda client: client.sim_card_group_actions.pages(),
        lambda client, id: client.sim_card_group_actions.retrieve(id),
    ),
)
