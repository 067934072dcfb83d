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

# The columns are those of the index sim_card_facets in its order, so that it is read alone.
_FACETS = """
SELECT type, voice_enabled, status, group_id, count(*)
FROM fleet_simcard WHERE account_id = %s AND removed_at IS NULL GROUP BY 1, 2, 3, 4
"""
# SIM cards whose group the sync has not seen yet are in a group all the same.
_GROUP_UNSEEN = """
SELECT count(*) FROM fleet_simcard
WHERE account_id = %s AND removed_at IS NULL AND group_id IS NULL AND group_remote_id IS NOT NULL
"""
_TAGS = """
SELECT tag, count(*) FROM (
    SELECT unnest(tags) AS tag FROM fleet_simcard WHERE account_id = %s AND removed_at IS NULL
) t GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s
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
    with connection.cursor() as cursor:
        cursor.execute(_FACETS, [account.pk])
        for type_, voice_enabled, status, group, count in cursor.fetchall():
            types[type_] += count
            voice["on" if voice_enabled else "off"] += count
            statuses[status] += count
            groups[group] += count
        cursor.execute(_GROUP_UNSEEN, [account.pk])
        unseen = cursor.fetchone()[0]
        cursor.execute(_TAGS, [account.pk, KEPT])
        tags = dict(cursor.fetchall())
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
