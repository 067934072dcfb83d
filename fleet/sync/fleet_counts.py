"""Counts the SIM cards of an account for the lists' filters."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models.fleet_counts import FleetCounts

# Of groups and of tags the most frequent are kept: a page that reads the row stays quick.
KEPT = 200

# A combination of facets is counted as if it were one more tag, so that all is read once.
_MARK, _BETWEEN = "\x02", "\x1f"
_ALL = r"""
SELECT what, count(*) FROM (
    SELECT unnest(tags || concat_ws(
        E'\x1f', E'\x02' || translate(type, E'\x1f', ''), voice_enabled,
        translate(status, E'\x1f', ''), coalesce(group_id, 0)
    )) AS what
    FROM fleet_simcard WHERE account_id = %s AND removed_at IS NULL
) t GROUP BY 1 ORDER BY starts_with(what, E'\x02') DESC, 2 DESC, 1 LIMIT %s
"""
# More combinations of type, voice, status and group, and more tags, than are kept of any fleet.
_ROWS = 200_000
# SIM cards whose group the sync has not seen yet are in a group all the same.
_GROUP_UNSEEN = """
SELECT count(*) FROM fleet_simcard
WHERE account_id = %s AND removed_at IS NULL AND group_id IS NULL AND group_remote_id IS NOT NULL
"""


def refresh_fleet_counts(account: TelnyxAccount) -> FleetCounts:
    """Count the account's present SIM cards and keep the result; answers it.

    Reads all of them, so it belongs after a sweep. Raises django.db.DatabaseError.
    """
    begin, at = time.perf_counter(), timezone.now()
    types: Counter[str] = Counter()
    voice: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    groups: Counter[Any] = Counter()
    tags: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ALL, [account.pk, _ROWS])
        for what, count in cursor.fetchall():
            facets = what[1:].split(_BETWEEN)
            if not what.startswith(_MARK) or len(facets) != 4:
                if len(tags) < KEPT:
                    tags[what] = count
                continue
            type_, voice_enabled, status, group = facets
            types[type_] += count
            voice["on" if voice_enabled == "t" else "off"] += count
            statuses[status] += count
            groups[int(group) or None] += count
        cursor.execute(_GROUP_UNSEEN, [account.pk])
        unseen = cursor.fetchone()[0]
    without_group = max(0, groups.pop(None, 0) - unseen)
    counts, _ = FleetCounts.objects.update_or_create(
        account=account,
        defaults={
            "total": statuses.total(),
            "by_status": dict(statuses.most_common()),
            "by_group": {str(group): count for group, count in groups.most_common(KEPT)},
            "by_type": dict(types),
            "by_voice": dict(voice),
            "by_tag": tags,
            "without_group": without_group,
            "counted_at": at,
            "duration": timedelta(seconds=time.perf_counter() - begin),
        },
    )
    return counts
