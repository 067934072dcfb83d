"""The SQL that stages and merges a resource.

The merge writes only rows whose JSON differs and which are not older than what is stored; its
answer (old and new values) becomes events and daily consumption in the same statement. Where only
the digest differs it writes that alone, which is no change.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from fleet.models import Resource
from fleet.sync.resource import ResourceSync

# The API's counter of data starts over with the billing period. Falling to less than this share
# of what it was means a new period; a smaller step back is a correction (our choice, nothing is
# documented).
RESET_BELOW = 0.9

# Few rows of a stage against a table of millions: by its index, one by one.
BY_INDEX = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"


@dataclass(frozen=True)
class Statements:
    """Each is one statement; `merge` answers (new, changed, counted otherwise than before)."""

    create: str
    copy: str
    merge: str
    clear: str


@functools.cache
def statements(sync: type[ResourceSync], with_details: bool) -> Statements:
    """The statements of a resource, with or without the columns of the detail answer."""
    columns = sync.columns + (sync.detail_columns if with_details else ())
    stage = f"stage_{sync.table}{'_details' if with_details else ''}"
    staged = (("remote_id", sync.id_type), ("digest", "bytea"), ("raw", "jsonb"), *columns)
    names = [name for name, _ in staged]
    tracked = [name for name in sync.tracked if name in dict(columns)]
    parts = [f"written AS ({_merge(sync, stage, names, tracked, with_details)})"]
    parts.append("merged AS (SELECT * FROM written WHERE differed)")
    if tracked:
        parts.append(f"events AS ({_events(sync, dict(columns), tracked)})")
    if sync.counter:
        parts.append(f"usage AS ({_usage(sync)})")
    # The stage lives as long as the connection: creating one a merge would swell the catalog.
    return Statements(
        create=f"CREATE TEMPORARY TABLE IF NOT EXISTS {stage} ("
        + ", ".join(f"{name} {kind}" for name, kind in staged)
        + ") ON COMMIT DELETE ROWS",
        copy=f"COPY {stage} ({', '.join(names)}) FROM STDIN",
        # A list that only now shows what was read elsewhere before: since then nobody counted.
        merge=f"WITH {', '.join(parts)} SELECT count(*) FILTER (WHERE action = 'INSERT'), "
        "count(*) FILTER (WHERE action = 'UPDATE' AND differed), "
        f"count(*) FILTER (WHERE NOT differed OR {_counts_otherwise(sync)}) FROM written",
        clear=f"TRUNCATE {stage}",
    )


def _merge(
    sync: type[ResourceSync], stage: str, names: list[str], tracked: list[str], with_details: bool
) -> str:
    written = [name for name in names if name != "remote_id"]
    written += [reference.row_column for reference in sync.references]
    insert = ["account_id", "remote_id", *written, "first_seen_at", "read_at"]
    given = {name: f"s.{name}" for name in written}
    # An answer without the counter says nothing of what was consumed.
    inserted = given | ({sync.counter: f"COALESCE(s.{sync.counter}, 0)"} if sync.counter else {})
    if sync.counter:
        given[sync.counter] = f"COALESCE(s.{sync.counter}, t.{sync.counter})"
    values = ["%(account)s", "s.remote_id", *inserted.values()]
    values += ["%(read_at)s", "%(read_at)s"]
    if with_details:
        insert += ["detail_at", "details_since"]
        values += ["%(read_at)s"] * 2
    else:
        texts = [name for name, kind in sync.detail_columns if kind == "text"]
        insert += texts
        values += ["''"] * len(texts)
    source = f"SELECT s.*, t.id AS row_id FROM {stage} s"
    lookups = [("t", sync.table, "remote_id")]
    for number, reference in enumerate(sync.references):
        source = source.replace(" FROM", f", r{number}.id AS {reference.row_column} FROM", 1)
        lookups.append((f"r{number}", reference.table, reference.column))
    for name, table, column in lookups:
        # OFFSET 0: looked up by id, whatever the planner takes the tables for.
        source += (
            f" LEFT JOIN LATERAL (SELECT id FROM {table} WHERE account_id = %(account)s "
            f"AND remote_id = s.{column} OFFSET 0) {name} ON TRUE"
        )
    differs = "t.raw IS DISTINCT FROM s.raw OR t.removed_at IS NOT NULL"
    sets = ", ".join(f"{name} = {value}" for name, value in given.items() if name != "digest")
    # The digest of a list's record stays true as long as its JSON does.
    digest = "CASE WHEN s.digest = '' AND t.raw = s.raw THEN t.digest ELSE s.digest END"
    compared = ["raw", *(name for name, _ in sync.detail_columns)] if with_details else ["raw"]
    differed = " OR ".join(f"old.{name} IS DISTINCT FROM new.{name}" for name in compared)
    differed += " OR old.removed_at IS NOT NULL"
    returned = list(dict.fromkeys([*tracked, sync.counter, *sync.counted]))
    returned = [name for name in returned if name]
    old_new = "".join(f", old.{name} AS old_{name}, new.{name} AS new_{name}" for name in returned)
    sets_details = ""
    if with_details:
        sets_details = ", detail_at = %(read_at)s"
        sets_details += ", details_since = COALESCE(t.details_since, t.detail_at, %(read_at)s)"
    # Details that are read for the first time did not change.
    had_details = ", old.detail_at IS NOT NULL AS had_details" if with_details else ""
    return f"""
        MERGE INTO {sync.table} t
        USING ({source}) s ON t.id = s.row_id
        WHEN MATCHED AND ({"TRUE" if with_details else differs})
             AND GREATEST(t.read_at, t.removed_at) <= %(read_at)s
             AND (t.remote_updated_at <= s.remote_updated_at) IS NOT FALSE
            THEN UPDATE SET {sets}, digest = {digest}, read_at = %(read_at)s, removed_at = NULL
                 {sets_details}
        WHEN MATCHED AND t.raw = s.raw AND t.digest <> s.digest AND s.digest <> ''
            THEN UPDATE SET digest = s.digest
        WHEN NOT MATCHED THEN INSERT ({", ".join(insert)}) VALUES ({", ".join(values)})
        RETURNING merge_action() AS action, new.id AS id, new.{sync.subject} AS subject,
                  old.removed_at AS old_removed_at{old_new}{had_details},
                  {differed} AS differed
    """


def _counts_otherwise(sync: type[ResourceSync]) -> str:
    changed = " OR ".join(f"old_{name} IS DISTINCT FROM new_{name}" for name in sync.counted)
    return f"action = 'INSERT' OR old_removed_at IS NOT NULL OR {changed or 'FALSE'}"


def _events(sync: type[ResourceSync], kinds: dict[str, str], tracked: list[str]) -> str:
    details = {name for name, _ in sync.detail_columns}
    pairs = ", ".join(
        f"('{n}', {_as_text(f'm.old_{n}', kinds[n])}, {_as_text(f'm.new_{n}', kinds[n])}, "
        f"{'m.had_details' if n in details else 'TRUE'})"
        for n in tracked
    )
    return f"""
        INSERT INTO fleet_event (account_id, resource, sim_card_id, row_id, subject, at, what,
                                 old, new, cause, sync_run_id, operation_id, person_id)
        SELECT %(account)s, {event_of(sync, "m.id", "m.subject")}, %(read_at)s, e.what, e.old,
               e.new, %(cause)s, %(run)s, %(operation)s, %(person)s
        FROM (
            SELECT * FROM merged WHERE action = 'UPDATE' OR NOT %(silent)s OFFSET 0
        ) m CROSS JOIN LATERAL (VALUES
            {pairs},
            ('added', NULL,
             CASE WHEN m.action = 'INSERT' AND NOT %(silent)s THEN m.subject END, TRUE),
            ('returned', NULL, CASE WHEN m.old_removed_at IS NOT NULL THEN m.subject END, TRUE)
        ) e (what, old, new, known)
        WHERE e.old IS DISTINCT FROM e.new AND e.known
          AND (m.action = 'UPDATE' OR e.what = 'added')
    """


def event_of(sync: type[ResourceSync], row_id: str, subject: str) -> str:
    """The values of an event's columns resource, sim_card_id, row_id and subject."""
    if sync.name == Resource.SIM_CARDS:
        return f"'{sync.name.value}', {row_id}, NULL, ''"
    return f"'{sync.name.value}', NULL, {row_id}, {subject}"


def _usage(sync: type[ResourceSync]) -> str:
    old, new = f"m.old_{sync.counter}", f"m.new_{sync.counter}"
    return f"""
        INSERT INTO fleet_dailyusage (account_id, sim_card_id, day, used_mb)
        SELECT %(account)s, m.id, (%(read_at)s AT TIME ZONE 'UTC')::date, g.grown
        FROM merged m CROSS JOIN LATERAL (SELECT CASE
            WHEN m.action = 'INSERT' THEN CASE WHEN %(silent)s THEN 0 ELSE {new} END
            WHEN {new} < {old} * {RESET_BELOW} THEN {new}
            ELSE {new} - {old} END) g (grown)
        WHERE g.grown <> 0
        ON CONFLICT (sim_card_id, day)
            DO UPDATE SET used_mb = fleet_dailyusage.used_mb + excluded.used_mb
    """


def _as_text(column: str, kind: str) -> str:
    return f"array_to_string({column}, ', ')" if kind.endswith("[]") else f"{column}::text"
