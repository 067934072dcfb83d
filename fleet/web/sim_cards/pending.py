"""What operations are doing to the SIM cards of a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from fleet.models import OperationState, OperationTarget, SimCard, TargetState
from fleet.models.operations import OPEN
from fleet.operations.catalog import KINDS

# A failure stays beside the status this long.
SHOWN_FOR = timedelta(hours=24)


def add_pending(sim_cards: Sequence[SimCard]) -> None:
    """Give each SIM card `pending`: its open target, or its last one if that failed lately.

    One query for all.
    """
    latest: dict[int, OperationTarget] = {}
    targets = (
        OperationTarget.objects.filter(sim_card__in=[card.pk for card in sim_cards])
        .exclude(state=TargetState.SKIPPED)
        .exclude(operation__state=OperationState.PLANNED)
        .select_related("operation")
        .order_by("sim_card_id", "-pk")
        .distinct("sim_card_id")
    )
    oldest = timezone.now() - SHOWN_FOR
    for target in targets:
        failed = target.state in (TargetState.FAILED, TargetState.INTERRUPTED)
        recent = target.finished_at is not None and target.finished_at > oldest
        if target.state in OPEN or (failed and recent):
            latest[target.sim_card_id] = target
            target.is_open = target.state in OPEN  # type: ignore[attr-defined]
            target.kind = KINDS[target.operation.kind]  # type: ignore[attr-defined]
    for card in sim_cards:
        card.pending = latest.get(card.pk)  # type: ignore[attr-defined]
