"""Looks at targets again, just before they are claimed: perhaps they were planned long ago."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast

from fleet.operations.alike import alike
from fleet.operations.kinds.kind import TRANSITIONAL, Subject
from fleet.operations.targets import skip, touch

CHANGED = "changed since the plan: "


@dataclass(frozen=True)
class Waiting:
    """A queued target, locked, as it is looked at before it is claimed."""

    pk: int
    operation_id: int
    subject_id: int
    kind: str
    inputs: Mapping[str, Any]
    # JSON as the database writes it, so that it can be compared without being read.
    prior: str
    attempts: int
    maybe_sent: bool


@dataclass(frozen=True)
class Eligible:
    """A locked target that may be sent, with what its subject is called at the API."""

    row: Waiting
    remote_id: str
    group_remote_id: str | None
    # Something seems to be in progress on it.
    moves: bool


def drop_ineligible(rows: list[Waiting]) -> list[Eligible]:
    """Check again what was planned; those that may still be sent, with their prior state stored.

    Not where an earlier request may have been applied: the status may already be moving, and the
    API's own answer decides.
    """
    kept: list[Eligible] = []
    prior: dict[int, str] = {}
    for group in alike(rows):
        of_cards = group.kind.subject == Subject.SIM_CARDS
        column = "group_remote_id" if of_cards else "remote_id"
        subjects = {
            pk: (why, values, (str(remote_id), str(group_id) if group_id else None, moves))
            for pk, why, values, moves, remote_id, group_id in group.rows.annotate(
                why=group.changed(),
                values_now=Cast(group.kind.snapshot(), TextField()),
                moves=group.kind.moves(),
            ).values_list("pk", "why", "values_now", "moves", "remote_id", column)
        }
        reasons: dict[str, list[Waiting]] = {}
        for row in group.targets:
            why, values, known = subjects[row.subject_id]
            if why and not row.maybe_sent:
                reasons.setdefault(why, []).append(row)
                continue
            kept.append(Eligible(row, *known))
            if values != row.prior and not row.maybe_sent and not _is_between(values):
                prior[row.pk] = values
        for why, dropped in reasons.items():
            skip([row.pk for row in dropped], CHANGED + why)
            touch({row.operation_id for row in dropped})
    _store(prior)
    return kept


def _is_between(values: str) -> bool:
    """Whether their status is one on the way to another, which nothing leads back to."""
    return json.loads(values).get("status") in TRANSITIONAL


def _store(prior: Mapping[int, str]) -> None:
    """What an operation takes back is what was before it acted, not before it was planned."""
    if not prior:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE fleet_operationtarget t SET prior = v.prior::jsonb
            FROM unnest(%s::bigint[], %s::text[]) v (id, prior) WHERE t.id = v.id
            """,
            [list(prior), list(prior.values())],
        )
