"""A fleet of any size, written by one statement, for tests and measurements of lists."""

from __future__ import annotations

import uuid

from django.db import connection
from django.utils import timezone

from accounts.models import TelnyxAccount
from fleet.models import Group, SimCard

GROUPS = 12
# The rare statuses and tags are what a list must find without walking over the others.
_STATUSES = """
    CASE WHEN i % 5000 = 7 THEN 'blocked' WHEN r < 0.62 THEN 'enabled' WHEN r < 0.80 THEN 'disabled'
         WHEN r < 0.92 THEN 'standby' WHEN r < 0.96 THEN 'data_limit_exceeded'
         WHEN r < 0.98 THEN 'unauthorized_imei' WHEN r < 0.99 THEN 'enabling' ELSE 'registering' END
"""
_TAGS = """
    ARRAY['site:' || (i % 400), 'model:' || chr(65 + (i * 7 % 5)::int)]
    || CASE WHEN i % 9973 = 11 THEN ARRAY['recall'] ELSE '{}' END
"""
_INSERT = f"""
INSERT INTO fleet_simcard (
    account_id, remote_id, iccid, imsi, msisdn, eid, type, status, status_reason,
    group_remote_id, group_id, tags, data_limit_mb, consumed_mb, voice_enabled,
    actions_in_progress, esim_installation_status, version, remote_created_at, remote_updated_at,
    imei, mcc, mnc, ipv4, ipv6, live_data_session, raw, digest, first_seen_at, read_at)
SELECT %(account)s, gen_random_uuid(), iccid,
    '20404' || lpad((i * 7919 %% 10000000000)::text, 10, '0'),
    '+3197' || lpad((i * 104729 %% 1000000000)::text, 9, '0'), '',
    CASE WHEN i %% 10 < 7 THEN 'physical' ELSE 'esim' END, status, '',
    groups.remote_id, groups.id, tags, 500, round((r * r * 400)::numeric, 3), i %% 11 = 0,
    false, '', '4.3', now() - make_interval(secs => (total - i) * 30),
    CASE WHEN i %% 97 > 0 THEN now() - make_interval(secs => (i * 7919 %% 2592000)::int) END,
    '', '', '', '', '', '',
    jsonb_build_object('id', i, 'iccid', iccid, 'status', jsonb_build_object('value', status),
        'tags', tags, 'filler', repeat(md5(i::text), 22)),
    decode(md5(i::text), 'hex'), now(), now()
FROM (
    SELECT i, %(last)s AS total, r, {_STATUSES.replace("%", "%%")} AS status,
        {_TAGS.replace("%", "%%")} AS tags,
        '8931048' || lpad((i * 7919 %% 1000000000000)::text, 12, '0') AS iccid
    FROM (SELECT i, (hashint8(i)::bigint + 2147483648) / 4294967296.0 AS r
          FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i) numbered
) cards
LEFT JOIN (
    SELECT id, remote_id, row_number() OVER (ORDER BY id) AS place
    FROM fleet_group WHERE account_id = %(account)s
) groups ON i %% 13 = groups.place
"""


def add_sim_cards(account: TelnyxAccount, last: int, first: int = 1) -> None:
    """Write the SIM cards numbered first to last of the account, and make the groups once.

    The table is vacuumed and analysed as a sweep leaves it; not inside a transaction.
    """
    if not Group.objects.filter(account=account).exists():
        now = timezone.now()
        Group.objects.bulk_create(
            Group(
                account=account,
                remote_id=uuid.uuid4(),
                name=f"Group {number}",
                raw={},
                digest=b"",
                first_seen_at=now,
                read_at=now,
            )
            for number in range(GROUPS)
        )
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, {"account": account.pk, "first": first, "last": last})
        cursor.execute(f"VACUUM ANALYZE {SimCard._meta.db_table}")
